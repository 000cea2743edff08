package ssekmsexporter

import (
	"bytes"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
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

// An answer that comes before the object was sent speaks of something else: a
// gateway that answers for the store has nothing of it, whatever it confirms.
func TestAnswerBeforeTheBodyConfirmsNothing(t *testing.T) {
	t.Parallel()
	var early atomic.Bool
	early.Store(true)
	var whole atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut {
			s3stub.Fail(w, http.StatusForbidden, "AccessDenied")
			return
		}
		canary := strings.Contains(r.URL.Path, "_canary/")
		if canary || !early.Load() {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
		}
		if !canary && !early.Load() {
			whole.Add(1)
		}
		for _, name := range []string{sseHeader, keyHeader} {
			w.Header().Set(name, r.Header.Get(name))
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	cfg := stubConfig(&s3stub.Server{URL: server.URL, CAFile: ca})
	cfg.Compression = compressionNone
	r := startRig(t, cfg)

	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(100_000, "a"))) // 6 MB
	eventually(t, "a violation", func() bool { return r.sum(t, "s3_sse_kms_violations") > 0 })
	assert.Zero(t, r.sum(t, "s3_sse_kms_objects"))
	early.Store(false)
	eventually(t, "all is stored", func() bool { return r.sum(t, "s3_sse_kms_objects") == 1 })
	assert.Positive(t, whole.Load())
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
