package ssekmsexporter

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// denyEvil is a policy that denies the prefixes of some tenants.
func denyEvil(p *s3stub.Put) s3stub.Answer {
	if strings.Contains(p.Key, "evil") {
		return s3stub.Fails(http.StatusForbidden, "AccessDenied")
	}
	return nil
}

// A sender names tenants that the policy denies. Nobody else is held for that, and the
// denied batches leave the queue; once the policy is repaired a start stores them.
func TestDeniedTenantHoldsNobodyElse(t *testing.T) {
	t.Parallel()
	stub, d := s3stub.New(t), newDisk()
	// A batch for each call: the denied one is in flight beside the others.
	configured := func() *Config {
		cfg := tenantConfig(stub, 32)
		cfg.Queue.Get().Batch.Get().MinSize = 1
		cfg.Queue.Get().Batch.Get().FlushTimeout = time.Millisecond
		return cfg
	}
	r := diskRig(t, configured(), d)
	r.start(t)
	stub.Script(denyEvil)
	for _, tenant := range []string{"evil1", "evil2", "evil3"} {
		require.NoError(t, r.traces.ConsumeTraces(t.Context(), tenantTraces(tenant)))
	}
	for range 20 {
		require.NoError(t, r.traces.ConsumeTraces(t.Context(), tenantTraces("acme")))
	}
	eventually(t, "the others are stored", func() bool { return tenantsByFolder(t, stub)["acme"]["acme"] == 20 })
	eventually(t, "the denied ones are quarantined", func() bool { return r.engine.quarantine.len() == 3 })
	assert.False(t, r.open())
	assert.Zero(t, r.sum(t, "s3_sse_kms_cancelled_puts"))
	assert.NotContains(t, r.host.reasons(), "AccessDenied", "nothing was held")
	r.stop(t)

	again := diskRig(t, configured(), d)
	again.start(t)
	eventually(t, "each was tried again", func() bool { return again.log.FilterMessageSnippet("stays in the quarantine").Len() == 3 })
	assert.Equal(t, 3, again.engine.quarantine.len())
	again.stop(t)

	stub.Script(nil)
	repaired := diskRig(t, configured(), d)
	repaired.start(t)
	eventually(t, "the quarantine is empty", func() bool { return repaired.engine.quarantine.len() == 0 })
	for _, tenant := range []string{"evil1", "evil2", "evil3"} {
		assert.Equal(t, map[string]int{tenant: 1}, tenantsByFolder(t, stub)[tenant])
	}
	for _, key := range d.keys() {
		assert.NotContains(t, key, "/quarantine/traces_")
	}
}

// Where the store denies everything the first denial holds, as before.
func TestDenialOfEverythingHolds(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := diskRig(t, stubConfig(stub), newDisk())
	r.start(t)
	var denied atomic.Int32
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if !p.Canary {
			denied.Add(1)
		}
		return s3stub.Fails(http.StatusForbidden, "AccessDenied")
	})
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(1, "a")))
	eventually(t, "the breaker opens", r.open)
	assert.EqualValues(t, 1, denied.Load())
	stub.Script(nil)
	eventually(t, "all is stored", func() bool { return storedSpans(t, stub)["a"] == 1 })
	assert.Zero(t, r.engine.quarantine.len())
}

// A code that says whose fault it is holds, whatever canaries do.
func TestOnlySomeDenialsMayBeAlone(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"AccessDenied": true, "": true, "Forbidden": true,
		"ExpiredToken": false, "NoSuchBucket": false, "KMS.DisabledException": false, "kms:KeyNotFound": false, "QuotaExceeded": false,
	} {
		for status, may := range map[int]bool{http.StatusForbidden: true, http.StatusNotFound: true, http.StatusUnauthorized: true, http.StatusNotImplemented: false} {
			err := &attemptError{class: faultHold, status: status, code: code, cause: assert.AnError}
			assert.Equal(t, want && may, mayBeAlone(err), "%d %s", status, code)
		}
	}
	assert.False(t, mayBeAlone(&attemptError{class: faultHold, status: http.StatusForbidden, cause: errCredentials}), "an answer of STS")
	assert.False(t, mayBeAlone(errPlain))
	assert.Equal(t, faultRejected, classify(&deniedAloneError{assert.AnError}))
}
