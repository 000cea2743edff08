package ssekmsexporter

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// A report that comes late, after the breaker has changed again, does not leave
// the status at what no longer holds.
func TestLateReportEndsInWhatHolds(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	r.engine.reportAll(componentstatus.NewRecoverableErrorEvent(errors.New("held before")))
	seen := r.host.seen()
	assert.Contains(t, r.host.reasons(), "held before")
	assert.Equal(t, componentstatus.StatusOK, seen[len(seen)-1])

	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.NoHeaders })
	r.engine.breaker.trip(errors.New("held again"))
	r.engine.reportAll(componentstatus.NewEvent(componentstatus.StatusOK))
	seen = r.host.seen()
	assert.Equal(t, componentstatus.StatusRecoverableError, seen[len(seen)-1])
}

// turnHost counts the reports that come out of turn.
type turnHost struct {
	host
	engine *engine
	stray  atomic.Int32
}

func (h *turnHost) Report(e *componentstatus.Event) {
	if h.engine.hostsMu.TryLock() {
		h.engine.hostsMu.Unlock()
		h.stray.Add(1)
	}
	h.host.Report(e)
}

// The report of a start takes its turn: the breaker can close while it is made,
// and "held" must not come behind "ok".
func TestStartReportsInTurn(t *testing.T) {
	t.Parallel()
	r := newRig(t, stubConfig(s3stub.New(t)))
	h := &turnHost{engine: r.engine}
	for _, c := range r.components() {
		require.NoError(t, c.Start(t.Context(), h))
	}
	assert.Zero(t, h.stray.Load())
	assert.Contains(t, h.seen(), componentstatus.StatusOK)
}

// The status and the log name what holds now, not what held first.
func TestStatusFollowsTheReason(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusServiceUnavailable, "SlowDown") })
	r := startRig(t, stubConfig(stub))
	for _, code := range []string{"KMS.DisabledException", "AccessDenied"} {
		stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusBadRequest, code) })
		eventually(t, code, func() bool { return strings.Contains(r.host.reasons(), code) })
		said := 0
		for _, line := range r.log.FilterMessageSnippet("writes are held").All() {
			if strings.Contains(fmt.Sprint(line.ContextMap()["error"]), code) {
				said++
			}
		}
		assert.Equal(t, 1, said, code)
	}
}

// A canary that began before another one let telemetry through, and fails after
// it, holds again and says so.
func TestLateCanaryHoldsAloud(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	gate := make(chan struct{})
	stub.Script(func(*s3stub.Put) s3stub.Answer {
		return s3stub.After(gate, s3stub.Fails(http.StatusInternalServerError, "InternalError"))
	})
	before := len(stub.Puts())
	r.engine.hold(t.Context(), errors.New("a fault"))
	eventually(t, "a canary is under way", func() bool { return len(stub.Puts()) > before })
	require.True(t, r.engine.resume(r.engine.breaker.begin()))
	close(gate)
	eventually(t, "the status says that writes are held", func() bool {
		seen := r.host.seen()
		return seen[len(seen)-1] == componentstatus.StatusRecoverableError
	})
	assert.True(t, r.open())
}
