package ssekmsexporter

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
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
