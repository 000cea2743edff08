package ssekmsexporter

import (
	"crypto/rand"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// Every fault that passes: it happens a few times, then the store works again.
// Nothing is lost, nothing stays in flight, and the class is counted.
func TestFaultsThatPass(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer s3stub.Answer
		class  faultClass
		// holds is set where the fault is nobody's body's fault: the breaker
		// opens until a canary passes, and the status says the code.
		holds bool
		code  string
	}{
		"access denied":        {s3stub.Fails(http.StatusForbidden, "AccessDenied"), faultHold, true, "AccessDenied"},
		"key disabled":         {s3stub.Fails(http.StatusBadRequest, "KMS.DisabledException"), faultHold, true, "KMS.DisabledException"},
		"key pending deletion": {s3stub.Fails(http.StatusBadRequest, "KMS.KMSInvalidStateException"), faultHold, true, "KMS.KMSInvalidStateException"},
		"key not found":        {s3stub.Fails(http.StatusBadRequest, "KMS.NotFoundException"), faultHold, true, "KMS.NotFoundException"},
		"key not found, minio": {s3stub.Fails(http.StatusNotFound, "kms:KeyNotFound"), faultHold, true, "kms:KeyNotFound"},
		"no kms, minio":        {s3stub.Fails(http.StatusNotImplemented, "NotImplemented"), faultHold, true, "NotImplemented"},
		"no such bucket":       {s3stub.Fails(http.StatusNotFound, "NoSuchBucket"), faultHold, true, "NoSuchBucket"},
		"clock skew":           {s3stub.Fails(http.StatusForbidden, "RequestTimeTooSkewed"), faultHold, true, "RequestTimeTooSkewed"},
		"expired credentials":  {s3stub.Fails(http.StatusBadRequest, "ExpiredToken"), faultHold, true, "ExpiredToken"},
		"redirect":             {s3stub.Fails(http.StatusMovedPermanently, "PermanentRedirect"), faultHold, true, "PermanentRedirect"},
		"bucket state":         {s3stub.Fails(http.StatusConflict, "InvalidBucketState"), faultHold, true, "InvalidBucketState"},
		"quota, minio":         {s3stub.Fails(http.StatusBadRequest, "XMinioAdminBucketQuotaExceeded"), faultHold, true, "XMinioAdminBucketQuotaExceeded"},
		"no encryption, minio": {s3stub.Fails(http.StatusBadRequest, "XMinioEncryptionError"), faultHold, true, "XMinioEncryptionError"},
		"region, minio":        {s3stub.Fails(http.StatusBadRequest, "InvalidRegion"), faultHold, true, "InvalidRegion"},
		"backend down, minio":  {s3stub.Fails(http.StatusBadRequest, "XMinioBackendDown"), faultTransient, false, ""},
		"throttled":            {s3stub.Fails(http.StatusServiceUnavailable, "SlowDown"), faultThrottle, false, ""},
		"kms throttled":        {s3stub.Fails(http.StatusBadRequest, "KMS.ThrottlingException"), faultThrottle, false, ""},
		"too many requests":    {s3stub.Fails(http.StatusTooManyRequests, ""), faultThrottle, false, ""},
		"internal error":       {s3stub.Fails(http.StatusInternalServerError, "InternalError"), faultTransient, false, ""},
		"bad gateway":          {s3stub.Fails(http.StatusBadGateway, ""), faultTransient, false, ""},
		"error after a 200":    {failsLate, faultTransient, false, ""},
		"conflict":             {s3stub.Fails(http.StatusConflict, "ConditionalRequestConflict"), faultTransient, false, ""},
		"reset":                {s3stub.Reset, faultTransient, false, ""},
		"checksum mismatch":    {s3stub.Fails(http.StatusBadRequest, "BadDigest"), faultChecksum, false, ""},
		"other 4xx":            {s3stub.Fails(http.StatusBadRequest, "InvalidArgument"), faultRejected, false, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stub := s3stub.New(t)
			cfg := stubConfig(stub)
			r := startRig(t, cfg)
			var left atomic.Int32
			left.Store(3)
			stub.Script(func(*s3stub.Put) s3stub.Answer {
				if left.Add(-1) >= 0 {
					return c.answer
				}
				return nil
			})
			require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(7, name)))
			eventually(t, "all is stored", func() bool { return r.sum(t, "s3_sse_kms_objects") == 1 })
			assert.Equal(t, map[string]int{name: 7}, storedSpans(t, stub))
			assert.Positive(t, r.faults(t, c.class), "class %s is counted", c.class)
			assert.Zero(t, r.sum(t, "s3_sse_kms_dropped_records"))
			if c.holds {
				eventually(t, "the status names the fault", func() bool { return strings.Contains(r.host.reasons(), c.code) })
				eventually(t, "the status is good again", func() bool {
					seen := r.host.seen()
					return seen[len(seen)-1] == componentstatus.StatusOK
				})
			}
			assert.Equal(t, c.holds, contains(r.host.seen(), componentstatus.StatusRecoverableError))
			assert.NotContains(t, r.host.seen(), componentstatus.StatusPermanentError)
			eventually(t, "nothing is held", func() bool { return r.sum(t, "s3_sse_kms_held_batches") == 0 })
			r.noPayload(t)
		})
	}
}

// failsLate is the error of a store that has sent the status of a success.
func failsLate(w http.ResponseWriter, _ *s3stub.Put) bool {
	w.WriteHeader(http.StatusOK)
	_, _ = io.WriteString(w, "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>")
	return false
}

func contains(list []componentstatus.Status, want componentstatus.Status) bool {
	for _, s := range list {
		if s == want {
			return true
		}
	}
	return false
}

// While a fault holds writes, nothing of telemetry is sent and the metrics say so.
func TestHeldBatchesAreReported(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusForbidden, "AccessDenied") })
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(1, "a")))
	eventually(t, "the breaker opens", r.open)
	eventually(t, "the batch counts as held", func() bool { return r.sum(t, "s3_sse_kms_held_batches") == 1 })
	assert.EqualValues(t, 1, r.sum(t, "s3_sse_kms_breaker_open"))
	assert.Len(t, stub.Telemetry(), 1)
	stub.Script(nil)
	eventually(t, "all is stored", func() bool { return r.sum(t, "s3_sse_kms_objects") == 1 })
	assert.Zero(t, r.sum(t, "s3_sse_kms_breaker_open"))
}

// An upload that hangs ends after `timeout` and is made again.
func TestSlowStoreTimesOut(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.Timeout = 300 * time.Millisecond
	r := startRig(t, cfg)
	gate := make(chan struct{})
	defer close(gate)
	var once atomic.Bool
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if p.Canary || once.Swap(true) {
			return nil
		}
		return s3stub.After(gate, s3stub.Reset)
	})
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(2, "a")))
	eventually(t, "all is stored", func() bool { return r.sum(t, "s3_sse_kms_objects") == 1 })
	assert.Positive(t, r.faults(t, faultTransient))
}

// The answer to a PUT is lost, the object is there. It was never verified, so
// the batch is stored once more under another name and that one is verified.
func TestAmbiguousAttemptIsStoredOnceMore(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	var once atomic.Bool
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if p.Canary || once.Swap(true) {
			return nil
		}
		return s3stub.ResetAfterBody
	})
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(2, "a")))
	eventually(t, "a verified object is stored", func() bool { return r.sum(t, "s3_sse_kms_objects") == 1 })
	assert.EqualValues(t, 1, r.sum(t, "s3_sse_kms_unverified_duplicates"))
	var first, second string
	for key := range stub.Objects() {
		if strings.Contains(key, "-2.") {
			second = key
		} else {
			first = key
		}
	}
	require.NotEmpty(t, first)
	assert.Equal(t, strings.Replace(first, ".binpb.zst", "-2.binpb.zst", 1), second)
}

// The store says that an object is too large: the batch is split until it fits.
func TestTooLargeIsSplit(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.Compression = compressionNone
	r := startRig(t, cfg)
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if len(p.Body) > 2000 {
			return s3stub.Fails(http.StatusBadRequest, "EntityTooLarge")
		}
		return nil
	})
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(200, "a")))
	eventually(t, "all is stored", func() bool { return storedSpans(t, stub)["a"] == 200 })
	assert.GreaterOrEqual(t, len(stub.Objects()), 4)
	assert.Zero(t, r.sum(t, "s3_sse_kms_unverified_duplicates"))
}

// A split batch whose second part fails is retried without storing the first
// part again.
func TestSplitPartsAreStoredOnce(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.Compression = compressionNone
	r := startRig(t, cfg)
	var small, failures atomic.Int32
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if len(p.Body) > 5000 {
			return s3stub.Fails(http.StatusBadRequest, "EntityTooLarge")
		}
		if small.Add(1) == 2 && failures.Add(1) == 1 {
			return s3stub.Fails(http.StatusBadRequest, "BadDigest")
		}
		return nil
	})
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(160, "a")))
	eventually(t, "all is stored", func() bool { return storedSpans(t, stub)["a"] >= 160 })
	// Or the first part twice could be mistaken for both.
	eventually(t, "nothing is held", func() bool { return r.sum(t, "s3_sse_kms_held_batches") == 0 })
	assert.Equal(t, 160, storedSpans(t, stub)["a"], "a part was stored twice")
}

// Batches beyond max_object_bytes are split before they are sent, whatever
// buffers the compressor has.
func TestMaxObjectBytesSplits(t *testing.T) {
	t.Parallel()
	for _, compression := range []Compression{compressionNone, compressionGzip, compressionZstd} {
		t.Run(string(compression), func(t *testing.T) {
			t.Parallel()
			stub := s3stub.New(t)
			cfg := stubConfig(stub)
			cfg.Compression = compression
			cfg.Upload.MaxObjectBytes = minObjectBytes
			r := startRig(t, cfg)
			td := testTraces(2000, "a")
			for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
				span.Attributes().PutStr("random", rand.Text()+rand.Text()+rand.Text()+rand.Text())
			}
			require.NoError(t, r.traces.ConsumeTraces(t.Context(), td))
			eventually(t, "all is stored", func() bool { return storedSpans(t, stub)["a"] == 2000 })
			assert.Greater(t, len(stub.Objects()), 1)
			for key, o := range stub.Objects() {
				assert.LessOrEqual(t, len(o.Body), minObjectBytes, key)
			}
		})
	}
}

// One record beyond the bound is stored whole: the bound is ours, the record is
// data.
func TestOneLargeRecordIsStoredWhole(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.Compression = compressionNone
	cfg.Upload.MaxObjectBytes = minObjectBytes
	r := startRig(t, cfg)
	td := testTraces(1, "a")
	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutStr("large", strings.Repeat("x", 2*minObjectBytes))
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), td))
	eventually(t, "stored", func() bool { return storedSpans(t, stub)["a"] == 1 })
}

// A hole in the queue is a success without a PUT.
func TestEmptyRequestIsNotStored(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	td := testTraces(0, "empty")
	require.NoError(t, r.engine.push(t.Context(), newTracesBatch(td), "", settled{}, func() batch { return newTracesBatch(td) }))
	assert.Empty(t, stub.Telemetry())
}

// SlowDown halves the uploads in flight, and successes bring them back.
func TestSlowDownLowersConcurrency(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]s3stub.Answer{
		"throttled":      s3stub.Fails(http.StatusServiceUnavailable, "SlowDown"),
		"internal error": s3stub.Fails(http.StatusInternalServerError, "InternalError"),
		"conflict":       s3stub.Fails(http.StatusConflict, "ConditionalRequestConflict"),
		"reset":          s3stub.Reset,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stub := s3stub.New(t)
			r := startRig(t, stubConfig(stub))
			assert.EqualValues(t, 4, r.sum(t, "s3_sse_kms_upload_limit"))
			var left atomic.Int32
			left.Store(2)
			stub.Script(func(*s3stub.Put) s3stub.Answer {
				if left.Add(-1) >= 0 {
					return answer
				}
				return nil
			})
			require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(1, "a")))
			eventually(t, "stored", func() bool { return r.sum(t, "s3_sse_kms_objects") == 1 })
			assert.EqualValues(t, 2, r.sum(t, "s3_sse_kms_upload_limit"))
			for range 10 {
				before := r.sum(t, "s3_sse_kms_objects")
				require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(1, "b")))
				eventually(t, "stored", func() bool { return r.sum(t, "s3_sse_kms_objects") > before })
			}
			assert.EqualValues(t, 4, r.sum(t, "s3_sse_kms_upload_limit"))
		})
	}
}

// Batches that are equal byte for byte are all stored: 412 does not mean that
// this batch is safe.
func TestEqualBatchesAreAllStored(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	const n = 9
	for range n {
		require.NoError(t, r.engine.push(t.Context(), newTracesBatch(testTraces(1, "a")), "", settled{}, func() batch { return newTracesBatch(testTraces(1, "a")) }))
	}
	assert.Equal(t, n, storedSpans(t, stub)["a"])
}

// Two batches that cannot be told apart are split, and tried again side by side
// after one of them stored a half: each stores halves of its own.
func TestEqualBatchesThatAreSplit(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.Compression = compressionNone
	r := startRig(t, cfg)
	const spans = 160
	var first, waiting atomic.Int32
	var retried atomic.Bool
	both := make(chan struct{})
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		switch {
		case p.Canary:
		case len(p.Body) > 5000:
			return s3stub.Fails(http.StatusBadRequest, "EntityTooLarge")
		case !retried.Load():
			if first.Add(1) == 2 {
				return s3stub.Fails(http.StatusBadRequest, "BadDigest")
			}
		default:
			if waiting.Add(1) == 2 {
				close(both)
			}
			select {
			case <-both:
			case <-time.After(10 * time.Second): // the other was not sent
			}
		}
		return nil
	})
	batch := func() batch { return newTracesBatch(testTraces(spans, "a")) }
	done := settled{}
	require.Error(t, r.engine.push(t.Context(), batch(), "", done, batch))
	retried.Store(true)
	var pushes sync.WaitGroup
	for _, done := range []settled{done, {}} {
		pushes.Go(func() { assert.NoError(t, r.engine.push(t.Context(), batch(), "", done, batch)) })
	}
	pushes.Wait()
	assert.Equal(t, 2*spans, storedSpans(t, stub)["a"])
}

// The owner goes with every request, canaries included, and an answer that the
// bucket is someone else's holds the data until it is ours again.
func TestWrongOwnerHolds(t *testing.T) {
	t.Parallel()
	const ours = "123456789012"
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.ExpectedBucketOwner = ours
	var owner atomic.Value
	owner.Store(ours)
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if p.Header.Get("X-Amz-Expected-Bucket-Owner") != owner.Load() {
			return s3stub.Fails(http.StatusForbidden, "AccessDenied")
		}
		return nil
	})
	r := startRig(t, cfg)
	owner.Store("999999999999")
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(2, "a")))
	eventually(t, "the breaker opens", r.open)
	assert.Empty(t, stub.Objects())
	eventually(t, "the status names the fault", func() bool { return strings.Contains(r.host.reasons(), "AccessDenied") })
	owner.Store(ours)
	eventually(t, "all is stored", func() bool { return storedSpans(t, stub)["a"] == 2 })
	for _, p := range stub.Puts() {
		assert.Equal(t, ours, p.Header.Get("X-Amz-Expected-Bucket-Owner"), p.Key)
	}
}
