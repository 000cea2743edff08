package ssekmsexporter

import (
	"bytes"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// A store that never ends its error document costs a megabyte and an attempt,
// not the memory of the process.
func TestEndlessAnswerIsCut(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	var once atomic.Bool
	sent := make(chan int, 1)
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if p.Canary || once.Swap(true) {
			return nil
		}
		return func(w http.ResponseWriter, _ *s3stub.Put) bool {
			w.WriteHeader(http.StatusInternalServerError)
			part, n := bytes.Repeat([]byte("<"), 64<<10), 0
			for n < 1<<30 {
				m, err := w.Write(part)
				n += m
				if err != nil {
					break
				}
			}
			sent <- n
			return false
		}
	})
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(2, "a")))
	eventually(t, "all is stored", func() bool { return r.sum(t, "s3_sse_kms_objects") == 1 })
	// What lies in the buffers of both sides' sockets comes on top.
	assert.Less(t, <-sent, maxAnswerBytes+64<<20)
	assert.Positive(t, r.faults(t, faultTransient))
}

// The bound is an error: a cut answer must not look like a whole one.
func TestLongAnswerIsAnError(t *testing.T) {
	t.Parallel()
	body := &boundedBody{ReadCloser: io.NopCloser(bytes.NewReader(make([]byte, maxAnswerBytes))), left: maxAnswerBytes}
	n, err := io.Copy(io.Discard, body)
	assert.EqualValues(t, maxAnswerBytes, n)
	require.ErrorIs(t, err, errLongAnswer)
}

// Canaries that pass do not shorten the wait while no telemetry is verified.
func TestProbesBackOffUntilTelemetryIsVerified(t *testing.T) {
	t.Parallel()
	b := probeBackoff{min: time.Second, max: 5 * time.Second}
	var waits []time.Duration
	for _, verified := range []uint64{7, 7, 7, 7, 7, 8, 8, 8} {
		waits = append(waits, b.wait(verified)/time.Second)
	}
	assert.Equal(t, []time.Duration{1, 2, 4, 5, 5, 1, 2, 4}, waits)
}
