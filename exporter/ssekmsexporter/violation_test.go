package ssekmsexporter

import (
	"encoding/base64"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap/zapcore"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

const (
	sseHeader     = "X-Amz-Server-Side-Encryption"
	keyHeader     = sseHeader + "-Aws-Kms-Key-Id"
	contextHeader = sseHeader + "-Context"
	bucketHeader  = sseHeader + "-Bucket-Key-Enabled"
)

// lies are answers with 200 that do not confirm the configured encryption.
var lies = map[string]s3stub.Answer{
	"no header":          s3stub.NoHeaders,
	"AES256":             s3stub.AES256,
	"other key":          s3stub.With(keyHeader, otherKey),
	"bare key id":        s3stub.With(keyHeader, "11111111-2222-3333-4444-555555555555"),
	"longer key":         s3stub.With(keyHeader, testKey+"0"),
	"no key":             s3stub.With(keyHeader, ""),
	"other algorithm":    s3stub.With(sseHeader, "aws:kms:dsse"),
	"changed context":    s3stub.With(contextHeader, base64.StdEncoding.EncodeToString([]byte(`{"app":"else"}`))),
	"more context":       s3stub.With(contextHeader, base64.StdEncoding.EncodeToString([]byte(`{"app":"otel","x":"y"}`))),
	"no context":         s3stub.With(contextHeader, ""),
	"broken context":     s3stub.With(contextHeader, "{"),
	"no bucket key":      s3stub.With(bucketHeader, "false"),
	"other checksum":     s3stub.With("X-Amz-Checksum-Sha256", base64.StdEncoding.EncodeToString(make([]byte, 32))),
	"unreadable answer":  s3stub.With(bucketHeader, "perhaps"),
	"two algorithms":     s3stub.Besides(sseHeader, "AES256"),
	"two keys":           s3stub.Besides(keyHeader, otherKey),
	"the key twice":      s3stub.Besides(keyHeader, testKey),
	"no document":        s3stub.Says("<"),
	"accepted for later": s3stub.Status(http.StatusAccepted),
	"no content":         s3stub.Status(http.StatusNoContent),
	"partial":            s3stub.Status(http.StatusPartialContent),
	"log line injection": s3stub.With(keyHeader, "arn:aws:kms:\tfake line"),
}

func violationConfig(stub *s3stub.Server) *Config {
	cfg := stubConfig(stub)
	cfg.Encryption.Context = map[string]string{"app": "otel"}
	cfg.Encryption.BucketKey = bucketKeyRequire
	return cfg
}

func TestLyingCanaryRefusesStart(t *testing.T) {
	t.Parallel()
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stub := s3stub.New(t)
			stub.Script(func(*s3stub.Put) s3stub.Answer { return lie })
			r := newRig(t, violationConfig(stub))
			err := r.traces.Start(t.Context(), r.host)
			require.ErrorContains(t, err, "s3_sse_kms: posture check canary failed")
			var v *violationError
			require.ErrorAs(t, err, &v)
			assert.Empty(t, stub.Telemetry())
			assert.True(t, r.open())
			assert.EqualValues(t, 1, r.sum(t, "s3_sse_kms_violations"))
			require.NotZero(t, r.log.FilterLevelExact(zapcore.ErrorLevel).Len())
			for _, entry := range r.log.All() {
				assert.Empty(t, entry.Stack, "a finding is one line")
			}
			r.stopped = true
			require.NoError(t, r.traces.Shutdown(t.Context()))
		})
	}
}

// The store tells the truth at start and lies later. After the first lie no PUT
// of telemetry begins until a canary passes; then everything is stored.
func TestLaterLieHoldsUntilACanaryPasses(t *testing.T) {
	t.Parallel()
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stub := s3stub.New(t)
			r := startRig(t, violationConfig(stub))
			require.False(t, r.open())

			var honest atomic.Bool
			stub.Script(func(*s3stub.Put) s3stub.Answer {
				if honest.Load() {
					return nil
				}
				return lie
			})
			require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(3, "a")))
			eventually(t, "the breaker opens", r.open)
			require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(4, "b")))
			require.NoError(t, r.logs.ConsumeLogs(t.Context(), testLogs(5, "c")))

			// Two canaries fail meanwhile: enough time for a PUT to slip through.
			canaries := func() (n int) {
				for _, p := range stub.Puts() {
					if p.Canary {
						n++
					}
				}
				return n
			}
			before := canaries()
			eventually(t, "canaries are tried", func() bool { return canaries() >= before+2 })
			assert.Len(t, stub.Telemetry(), 1, "telemetry was sent after a violation")

			honest.Store(true)
			eventually(t, "all is stored", func() bool {
				return r.sum(t, "s3_sse_kms_objects") >= 3
			})
			for _, p := range afterFirstLie(stub.Puts()) {
				if p.Canary {
					continue
				}
				assert.True(t, honestCanaryBefore(stub.Puts(), p), "PUT %d of telemetry before a passing canary", p.Number)
			}
			assert.Contains(t, r.host.seen(), componentstatus.StatusRecoverableError)
			assert.NotContains(t, r.host.seen(), componentstatus.StatusPermanentError)
			eventually(t, "status is ok again", func() bool {
				seen := r.host.seen()
				return seen[len(seen)-1] == componentstatus.StatusOK
			})
			r.noPayload(t)
		})
	}
}

// afterFirstLie cuts the PUTs to those behind the first one of telemetry, which
// is the one that was lied about.
func afterFirstLie(puts []*s3stub.Put) []*s3stub.Put {
	for i, p := range puts {
		if !p.Canary {
			return puts[i+1:]
		}
	}
	return nil
}

// honestCanaryBefore reports whether a canary came between the lie and p.
func honestCanaryBefore(puts []*s3stub.Put, p *s3stub.Put) bool {
	for _, q := range afterFirstLie(puts) {
		if q.Number < p.Number && q.Canary {
			return true
		}
	}
	return false
}

// A violation cancels the uploads that run at that moment.
func TestViolationCancelsRunningPuts(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.Timeout = patience * 2
	r := startRig(t, cfg)

	gate := make(chan struct{})
	defer close(gate)
	var seen atomic.Int32
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if p.Canary {
			return nil
		}
		switch seen.Add(1) {
		case 1:
			return s3stub.After(gate, s3stub.Honest)
		case 2:
			return s3stub.NoHeaders
		default:
			return nil
		}
	})
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(1, "slow")))
	eventually(t, "the slow PUT runs", func() bool { return len(stub.Telemetry()) == 1 })
	require.NoError(t, r.logs.ConsumeLogs(t.Context(), testLogs(1, "lied about")))
	eventually(t, "the slow PUT is cancelled", func() bool { return r.sum(t, "s3_sse_kms_cancelled_puts") == 1 })
	eventually(t, "both are stored in the end", func() bool { return r.sum(t, "s3_sse_kms_objects") == 2 })
}

// The version that was stored under the wrong key is deleted, where allowed.
func TestViolatingVersionIsDeleted(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	stub.Other(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodDelete {
			s3stub.Fail(w, http.StatusForbidden, "AccessDenied")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	r := startRig(t, stubConfig(stub))
	var lied atomic.Bool
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if p.Canary || lied.Swap(true) {
			return nil
		}
		return func(w http.ResponseWriter, p *s3stub.Put) bool {
			w.Header().Set("X-Amz-Version-Id", "v-1")
			return s3stub.AES256(w, p)
		}
	})
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(1, "a")))
	eventually(t, "all is stored", func() bool { return r.sum(t, "s3_sse_kms_objects") == 1 })
	requests := stub.Requests()
	require.NotEmpty(t, requests)
	assert.Contains(t, requests[len(requests)-1], "DELETE /archive/traces/")
	assert.Contains(t, requests[len(requests)-1], "versionId=v-1")
}

// Each kind of violation is counted under its name; the others stand at zero.
func TestViolationsAreCountedByKind(t *testing.T) {
	t.Parallel()
	for lie, kind := range map[string]violationKind{
		"no header": violationAlgorithm, "AES256": violationAlgorithm, "other key": violationKey, "no key": violationKey,
		"changed context": violationContext, "no context": violationContext, "no bucket key": violationBucketKey,
		"other checksum": violationChecksum,
	} {
		t.Run(lie, func(t *testing.T) {
			t.Parallel()
			stub := s3stub.New(t)
			stub.Script(func(*s3stub.Put) s3stub.Answer { return lies[lie] })
			r := newRig(t, violationConfig(stub))
			require.Error(t, r.traces.Start(t.Context(), r.host))
			m, err := r.tel.GetMetric("otelcol_s3_sse_kms_violations")
			require.NoError(t, err)
			counts, want := map[string]int64{}, map[string]int64{string(kind): 1}
			for _, point := range m.Data.(metricdata.Sum[int64]).DataPoints {
				got, _ := point.Attributes.Value("kind")
				counts[got.AsString()] = point.Value
			}
			for _, other := range violationKinds {
				want[string(other)] += 0
			}
			assert.Equal(t, want, counts)
			r.stopped = true
			require.NoError(t, r.traces.Shutdown(t.Context()))
		})
	}
}

// A PUT that is cancelled because another one was a violation is none itself.
func TestHeldIsNoViolation(t *testing.T) {
	t.Parallel()
	assert.Equal(t, faultCancelled, classify(&heldError{reason: &violationError{}}))
}
