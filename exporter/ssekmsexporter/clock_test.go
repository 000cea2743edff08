package ssekmsexporter

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// The offset is the store's clock against the middle of the exchange, once it
// is far enough off.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	at := func(d time.Duration) string { return testTime.Add(d).Format(http.TimeFormat) }
	for name, c := range map[string]struct {
		header http.Header
		trip   time.Duration
		want   time.Duration
	}{
		"ahead":             {http.Header{"Date": {at(time.Hour)}}, 0, time.Hour},
		"behind":            {http.Header{"Date": {at(-time.Hour)}}, 0, -time.Hour},
		"middle of a trip":  {http.Header{"Date": {at(time.Hour)}}, time.Minute, time.Hour - 30*time.Second},
		"near":              {http.Header{"Date": {at(3 * time.Minute)}}, 0, 0},
		"no date":           {http.Header{}, 0, 7},
		"no time":           {http.Header{"Date": {"soon"}}, 0, 7},
		"from a cache":      {http.Header{"Date": {at(time.Hour)}, "Age": {"3600"}}, 0, 7},
		"after a long trip": {http.Header{"Date": {at(time.Hour)}}, 16 * time.Minute, 7},
	} {
		var clock clockSkew
		clock.nanoseconds.Store(7)
		clock.learn(c.header, testTime, testTime.Add(c.trip))
		assert.Equal(t, c.want, clock.offset(), name)
	}
}

// Retention is counted by the store's clock, which is the one that ends it.
func TestRetentionFollowsTheStoresClock(t *testing.T) {
	t.Parallel()
	const ahead = 48 * time.Hour
	stub := s3stub.New(t)
	stub.Script(func(*s3stub.Put) s3stub.Answer {
		return func(w http.ResponseWriter, p *s3stub.Put) bool {
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			return s3stub.Honest(w, p)
		}
	})
	cfg := stubConfig(stub)
	cfg.Upload.ObjectLock = ObjectLockConfig{Mode: "COMPLIANCE", Retention: time.Hour}
	r := startRig(t, cfg)
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(1, "a")))
	eventually(t, "stored", func() bool { return r.sum(t, "s3_sse_kms_objects") == 1 })
	until, err := time.Parse(time.RFC3339, stub.Telemetry()[0].Header.Get(headerRetain))
	require.NoError(t, err)
	assert.Greater(t, time.Until(until), ahead)
}

// A wrong clock holds once: the next signature is made by the store's clock,
// unless the SDK's setting forbids that.
//
//nolint:paralleltest // it sets the environment
func TestSignatureFollowsTheStoresClock(t *testing.T) {
	for _, disabled := range []string{"", "true"} {
		t.Setenv("AWS_DISABLE_CLOCK_SKEW_CORRECTION", disabled)
		stub := s3stub.New(t)
		clients, err := newClients(t.Context(), stubConfig(stub))
		require.NoError(t, err)
		stub.Script(func(*s3stub.Put) s3stub.Answer {
			return func(w http.ResponseWriter, _ *s3stub.Put) bool {
				w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
				s3stub.Fail(w, http.StatusForbidden, "RequestTimeTooSkewed")
				return false
			}
		})
		for range 2 {
			_, err = clients.put.send(t.Context(), smallPut("k"))
			assert.Equal(t, faultHold, classify(err))
		}
		clients.close()
		var ahead []bool
		for _, put := range stub.Puts() {
			at, err := time.Parse(signingTime, put.Header.Get(headerDate))
			require.NoError(t, err)
			ahead = append(ahead, time.Until(at) > 30*time.Minute)
		}
		assert.Equal(t, []bool{false, disabled == ""}, ahead)
	}
}
