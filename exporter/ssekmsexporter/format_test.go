package ssekmsexporter

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// Every signal, format and compression is stored as the pdata that came in,
// whatever the number of groups it was marshalled in.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, format := range []string{formatProto, formatJSON} {
		for _, compression := range []Compression{compressionZstd, compressionGzip, compressionNone} {
			t.Run(format+" "+string(compression), func(t *testing.T) {
				t.Parallel()
				stub := s3stub.New(t)
				cfg := stubConfig(stub)
				cfg.Format.Name, cfg.Compression = format, compression
				r := startRig(t, cfg)

				traces := testTraces(groupRecords, "first")
				testTraces(3, "second").ResourceSpans().MoveAndAppendTo(traces.ResourceSpans())
				testTraces(1, "third").ResourceSpans().MoveAndAppendTo(traces.ResourceSpans())
				before := ptrace.NewTraces()
				traces.CopyTo(before)
				require.NoError(t, r.engine.push(t.Context(), newTracesBatch(traces), "", settled{}, func() batch { return newTracesBatch(traces) }))
				assert.Equal(t, before, traces, "the batch is whole after a put")
				logs, metrics := testLogs(5, "l"), testMetrics(6, "m")
				require.NoError(t, r.engine.push(t.Context(), newLogsBatch(logs), "", settled{}, func() batch { return newLogsBatch(logs) }))
				require.NoError(t, r.engine.push(t.Context(), newMetricsBatch(metrics), "", settled{}, func() batch { return newMetricsBatch(metrics) }))

				require.Len(t, stub.Objects(), 3)
				for key, o := range stub.Objects() {
					assert.Contains(t, key, cfg.Format.suffix()+compressionSuffix[compression])
					doc := unpack(t, key, o.Body)
					switch {
					case keyHas(key, signalTraces):
						got, err := unmarshalTraces(format, doc)
						require.NoError(t, err)
						assert.Equal(t, before, got)
					case keyHas(key, signalLogs):
						got, err := unmarshalLogs(format, doc)
						require.NoError(t, err)
						assert.Equal(t, logs, got)
					default:
						got, err := unmarshalMetrics(format, doc)
						require.NoError(t, err)
						assert.Equal(t, metrics, got)
					}
				}
			})
		}
	}
}

func unmarshalTraces(format string, doc []byte) (ptrace.Traces, error) {
	if format == formatJSON {
		return (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(doc)
	}
	return (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(doc)
}

func unmarshalLogs(format string, doc []byte) (plog.Logs, error) {
	if format == formatJSON {
		return (&plog.JSONUnmarshaler{}).UnmarshalLogs(doc)
	}
	return (&plog.ProtoUnmarshaler{}).UnmarshalLogs(doc)
}

func unmarshalMetrics(format string, doc []byte) (pmetric.Metrics, error) {
	if format == formatJSON {
		return (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics(doc)
	}
	return (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(doc)
}

// The same batch has the same key, so a retry cannot store it twice.
func TestKeysAreDeterministic(t *testing.T) {
	t.Parallel()
	for _, compression := range []Compression{compressionZstd, compressionGzip, compressionNone} {
		stub := s3stub.New(t)
		cfg := stubConfig(stub)
		cfg.Compression = compression
		r := startRig(t, cfg)
		var keys []string
		for range 3 {
			o, err := r.engine.build(newTracesBatch(testTraces(9000, "a")), "", testTime.Add(time.Hour), 1<<30)
			require.NoError(t, err)
			keys = append(keys, o.name.key(""))
			o.body.release()
		}
		assert.Equal(t, keys[0], keys[1], compression)
		assert.Equal(t, keys[0], keys[2], compression)
	}
}

// A forged time does not choose the partition.
func TestImplausibleTimesAreIgnored(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	now := time.Date(2026, 11, 20, 1, 2, 3, 0, time.UTC)
	for name, at := range map[string]pcommon.Timestamp{
		"unset": 0, "1970": 1, "far future": pcommon.NewTimestampFromTime(now.AddDate(40, 0, 0)), "overflow": pcommon.Timestamp(1<<64 - 1),
	} {
		td := testTraces(1, "a")
		td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetStartTimestamp(at)
		assert.Equal(t, now, r.engine.partitionTime(newTracesBatch(td).earliest(0, 1), now), name)
	}
}

// A resource without records says nothing of a batch.
func TestBatchBeginsWithItsRecords(t *testing.T) {
	t.Parallel()
	td := ptrace.NewTraces()
	td.ResourceSpans().AppendEmpty()
	testTraces(2, "a").ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	assert.Equal(t, testTime, begins(newTracesBatch(td)).AsTime())
	assert.Zero(t, begins(newTracesBatch(ptrace.NewTraces())))
}

// One record with a clock that was never set does not move the others.
func TestImplausibleTimeIsIgnoredAmongOthers(t *testing.T) {
	t.Parallel()
	td := testTraces(3, "a")
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	spans.At(0).SetStartTimestamp(1)
	spans.At(1).SetStartTimestamp(pcommon.NewTimestampFromTime(testTime.AddDate(40, 0, 0)))
	assert.Equal(t, testTime, newTracesBatch(td).earliest(0, 1).AsTime())
	ld := testLogs(2, "a")
	ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).SetObservedTimestamp(pcommon.NewTimestampFromTime(earliestPlausible))
	assert.Equal(t, testTime, newLogsBatch(ld).earliest(0, 1).AsTime())
	md := testMetrics(2, "a")
	md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(1).Gauge().DataPoints().At(0).SetTimestamp(1)
	assert.Equal(t, testTime, newMetricsBatch(md).earliest(0, 1).AsTime())
}

// encoding is an extension that marshals traces its own way.
type encoding struct {
	component.StartFunc
	component.ShutdownFunc
	fail  error
	panic bool
	// failFor is the tenant whose telemetry it can't marshal.
	failFor string
}

func (e encoding) MarshalTraces(td ptrace.Traces) ([]byte, error) {
	if e.panic {
		panic("hunter2")
	}
	if e.fail != nil {
		return nil, e.fail
	}
	for _, rs := range td.ResourceSpans().All() {
		if name, ok := rs.Resource().Attributes().Get("tenant.id"); ok && name.Str() == e.failFor {
			return nil, errors.New("not this one")
		}
	}
	out := make([]byte, td.SpanCount())
	for i := range out {
		out[i] = 's'
	}
	return out, nil
}

func encodingRig(t *testing.T, stub *s3stub.Server, ext encoding) *rig {
	t.Helper()
	return encodingRigWith(t, stubConfig(stub), ext)
}

func encodingRigWith(t *testing.T, cfg *Config, ext encoding) *rig {
	t.Helper()
	id := component.MustNewID("count_encoding")
	cfg.Format = FormatConfig{Encoding: &id, FileExtension: "txt"}
	cfg.Compression = compressionNone
	r := newRig(t, cfg)
	r.host.extensions = map[component.ID]component.Component{id: ext}
	r.stopped = true
	t.Cleanup(func() { assert.NoError(t, r.traces.Shutdown(t.Context())) })
	return r
}

func TestEncodingExtension(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := encodingRig(t, stub, encoding{})
	require.NoError(t, r.traces.Start(t.Context(), r.host))
	require.NoError(t, r.engine.push(t.Context(), newTracesBatch(testTraces(groupRecords+5, "a")), "", settled{}, func() batch { return newTracesBatch(testTraces(groupRecords+5, "a")) }))
	require.Len(t, stub.Objects(), 1)
	for key, o := range stub.Objects() {
		assert.Contains(t, key, ".txt")
		assert.Len(t, o.Body, groupRecords+5)
	}
	err := r.logs.Start(t.Context(), r.host)
	require.ErrorContains(t, err, "does not marshal logs")
	require.NoError(t, r.logs.Shutdown(t.Context()))
}

func TestMissingEncodingExtensionRefusesStart(t *testing.T) {
	t.Parallel()
	r := encodingRig(t, s3stub.New(t), encoding{})
	r.host.extensions = nil
	require.ErrorContains(t, r.traces.Start(t.Context(), r.host), "format::encoding")
}

// What cannot be marshalled is the only drop: permanent, counted, and without a
// word of the telemetry in the error. A panic of the marshaler is one, too.
func TestMarshalErrorIsPermanent(t *testing.T) {
	t.Parallel()
	for name, ext := range map[string]encoding{"error": {fail: errors.New("hunter2")}, "panic": {panic: true}} {
		stub := s3stub.New(t)
		r := encodingRig(t, stub, ext)
		require.NoError(t, r.traces.Start(t.Context(), r.host))
		err := r.engine.push(t.Context(), newTracesBatch(testTraces(3, "a")), "", settled{}, func() batch { return newTracesBatch(testTraces(3, "a")) })
		require.True(t, consumererror.IsPermanent(err), name)
		assert.NotContains(t, err.Error(), "hunter2", name)
		assert.EqualValues(t, 3, r.sum(t, "s3_sse_kms_dropped_records"), name)
		r.noPayload(t)
	}
}

// What cannot be marshalled is dropped alone. A retry for the sake of the rest
// does not count it again.
func TestMarshalErrorLeavesTheRest(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := encodingRig(t, stub, encoding{failFor: "broken"})
	require.NoError(t, r.traces.Start(t.Context(), r.host))
	td := func() batch { return newTracesBatch(tenantTraces("a", "b", "broken", "c", "broken", "d", "e")) }
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if len(p.Body) == 2 && !p.Canary { // "d" and "e"
			return s3stub.Fails(http.StatusServiceUnavailable, "SlowDown")
		}
		return s3stub.Honest
	})
	done := settled{}
	err := r.engine.push(t.Context(), td(), "", done, td)
	require.Error(t, err)
	require.False(t, consumererror.IsPermanent(err), "%v", err)
	assert.EqualValues(t, 2, r.sum(t, "s3_sse_kms_dropped_records"))

	stub.Script(nil)
	require.NoError(t, r.engine.push(t.Context(), td(), "", done, td))
	assert.EqualValues(t, 2, r.sum(t, "s3_sse_kms_dropped_records"))
	stored := 0
	for _, o := range stub.Objects() {
		stored += len(o.Body)
	}
	assert.Equal(t, 5, stored)

	err = r.engine.push(t.Context(), td(), "", settled{}, td)
	require.ErrorContains(t, err, "2 of 7 records are dropped, the others are stored")
	assert.True(t, consumererror.IsPermanent(err))
}
