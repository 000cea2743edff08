package redactprocessor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor/internal/metadata"
)

const (
	plantedCard = "4111111111111111"
	plantedMail = "bob@example.com"
)

func configOf(policy map[string]any) *Config {
	c := createDefaultConfig().(*Config)
	c.Policy = policy
	return c
}

func redactTraces(t *testing.T, c *Config, td ptrace.Traces) ptrace.Traces {
	t.Helper()
	sink := new(consumertest.TracesSink)
	p, err := NewFactory().CreateTraces(context.Background(), processortest.NewNopSettings(metadata.Type), c, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	require.NoError(t, p.ConsumeTraces(context.Background(), td))
	require.NoError(t, p.Shutdown(context.Background()))
	return sink.AllTraces()[0]
}

func redactLogs(t *testing.T, c *Config, ld plog.Logs) plog.Logs {
	t.Helper()
	sink := new(consumertest.LogsSink)
	p, err := NewFactory().CreateLogs(context.Background(), processortest.NewNopSettings(metadata.Type), c, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	require.NoError(t, p.ConsumeLogs(context.Background(), ld))
	require.NoError(t, p.Shutdown(context.Background()))
	return sink.AllLogs()[0]
}

func redactMetrics(t *testing.T, c *Config, md pmetric.Metrics) pmetric.Metrics {
	t.Helper()
	sink := new(consumertest.MetricsSink)
	p, err := NewFactory().CreateMetrics(context.Background(), processortest.NewNopSettings(metadata.Type), c, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	require.NoError(t, p.ConsumeMetrics(context.Background(), md))
	require.NoError(t, p.Shutdown(context.Background()))
	return sink.AllMetrics()[0]
}

func plant(m pcommon.Map) {
	m.PutStr("note", "card "+plantedCard)
	m.PutInt("number", 4111111111111111)
	m.PutDouble("double", 4111111111111111)
	m.PutEmptyBytes("bytes").FromRaw([]byte(plantedMail))
	nested := m.PutEmptyMap("nested")
	nested.PutStr("password", "hunter2")
	nested.PutEmptyMap("deep").PutStr("to", plantedMail)
	s := m.PutEmptySlice("process.command_args")
	s.AppendEmpty().SetStr("--password")
	s.AppendEmpty().SetStr("hunter2")
	s.AppendEmpty().SetStr(plantedMail)
	m.PutStr(plantedMail, "key")
	m.PutInt("count", 17)
	m.PutStr("clean", "hello")
}

// What follows --password is a secret whatever its type is.
func TestArgumentsThatAreNoText(t *testing.T) {
	t.Parallel()
	_, out := attributes(t, nil, func(_, span pcommon.Map) {
		require.NoError(t, span.PutEmptySlice("process.command_args").FromRaw([]any{
			"--password", 87654321, "--password", []byte("hunter3hunter3"), "--password", []any{"hunter4hunter4"}, "--port", 8080, "x",
		}))
	})
	assert.Equal(t, []any{"--password", "****", "--password", []byte("****"), "--password", []any{"****"}, "--port", int64(8080), "x"}, out["process.command_args"])
}

// A list of settings names its values beside them: the environment of a pod, the
// tags of an instance, the headers of a request.
func TestPairsOfNameAndValue(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]map[string]any{
		"standard":  nil,
		"detectors": {"rules": []any{map[string]any{"name": "all", "detect": []any{"all"}, "action": "mask"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, out := attributes(t, policy, func(_, span pcommon.Map) {
				require.NoError(t, span.PutEmptySlice("env").FromRaw([]any{
					map[string]any{"name": "DB_PASSWORD", "value": "correct horse"},
					map[string]any{"value": "correct horse", "name": "clientSecret"},
					map[string]any{"Key": "password", "Value": 87654321, "PropagateAtLaunch": true},
					map[string]any{"field": "passwd", "value": []any{"correct horse"}},
					map[string]any{"name": "LOG_LEVEL", "value": "debug"},
					map[string]any{"name": "password.length", "value": 12},
					map[string]any{"title": "DB_PASSWORD", "value": "debug"},
					map[string]any{"name": 17, "value": "debug"},
				}))
			})
			assert.Equal(t, []any{
				map[string]any{"name": "DB_PASSWORD", "value": "****"},
				map[string]any{"value": "****", "name": "clientSecret"},
				map[string]any{"Key": "password", "Value": "****", "PropagateAtLaunch": true},
				map[string]any{"field": "passwd", "value": []any{"****"}},
				map[string]any{"name": "LOG_LEVEL", "value": "debug"},
				map[string]any{"name": "password.length", "value": int64(12)},
				map[string]any{"title": "DB_PASSWORD", "value": "debug"},
				map[string]any{"name": int64(17), "value": "debug"},
			}, out["env"])
		})
	}
}

func assertPlantRedacted(t *testing.T, m pcommon.Map) {
	t.Helper()
	assert.Equal(t, map[string]any{
		"note": "card ****", "number": "****", "double": "****", "bytes": []byte("****"),
		"nested":               map[string]any{"password": "****", "deep": map[string]any{"to": "****"}},
		"process.command_args": []any{"--password", "****", "****"},
		"count":                int64(17), "clean": "hello",
	}, m.AsRaw())
}

func TestTracesAreRedactedEverywhere(t *testing.T) {
	t.Parallel()
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	plant(rs.Resource().Attributes())
	rs.SetSchemaUrl("https://example.com/?to=" + plantedMail)
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName("lib " + plantedMail)
	ss.Scope().SetVersion("v " + plantedMail)
	plant(ss.Scope().Attributes())
	s := ss.Spans().AppendEmpty()
	s.SetName("GET /" + plantedCard)
	s.TraceState().FromRaw("a=1,b=" + plantedMail)
	s.Status().SetMessage("failed for " + plantedMail)
	plant(s.Attributes())
	e := s.Events().AppendEmpty()
	e.SetName("sent to " + plantedMail)
	plant(e.Attributes())
	l := s.Links().AppendEmpty()
	l.TraceState().FromRaw("c=" + plantedMail)
	plant(l.Attributes())

	out := redactTraces(t, configOf(nil), td).ResourceSpans().At(0)
	assertPlantRedacted(t, out.Resource().Attributes())
	assert.Empty(t, out.SchemaUrl())
	oss := out.ScopeSpans().At(0)
	assert.Equal(t, "lib ****", oss.Scope().Name())
	assert.Equal(t, "v ****", oss.Scope().Version())
	assertPlantRedacted(t, oss.Scope().Attributes())
	os := oss.Spans().At(0)
	assert.Equal(t, "GET /****", os.Name())
	assert.Equal(t, "a=1", os.TraceState().AsRaw())
	assert.Equal(t, "failed for ****", os.Status().Message())
	assertPlantRedacted(t, os.Attributes())
	assert.Equal(t, "sent to ****", os.Events().At(0).Name())
	assertPlantRedacted(t, os.Events().At(0).Attributes())
	assert.Empty(t, os.Links().At(0).TraceState().AsRaw())
	assertPlantRedacted(t, os.Links().At(0).Attributes())
}

func TestLogsAreRedactedEverywhere(t *testing.T) {
	t.Parallel()
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	r := records.AppendEmpty()
	r.Body().SetStr("mail " + plantedMail)
	r.SetSeverityText("INFO " + plantedMail)
	r.SetEventName("event " + plantedMail)
	plant(r.Attributes())
	plant(records.AppendEmpty().Body().SetEmptyMap())
	list := records.AppendEmpty().Body().SetEmptySlice()
	list.AppendEmpty().SetStr(plantedMail)
	records.AppendEmpty().Body().SetEmptyBytes().FromRaw([]byte(plantedMail))

	out := redactLogs(t, configOf(nil), ld).ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
	assert.Equal(t, "mail ****", out.At(0).Body().Str())
	assert.Equal(t, "INFO ****", out.At(0).SeverityText())
	assert.Equal(t, "event ****", out.At(0).EventName())
	assertPlantRedacted(t, out.At(0).Attributes())
	assertPlantRedacted(t, out.At(1).Body().Map())
	assert.Equal(t, []any{"****"}, out.At(2).Body().Slice().AsRaw())
	assert.Equal(t, []byte("****"), out.At(3).Body().Bytes().AsRaw())
}

func TestMetricsAreRedactedEverywhere(t *testing.T) {
	t.Parallel()
	md := pmetric.NewMetrics()
	metrics := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
	add := func() pmetric.Metric {
		m := metrics.AppendEmpty()
		m.SetName("sent." + plantedCard)
		m.SetDescription("to " + plantedMail)
		m.SetUnit(plantedMail)
		plant(m.Metadata())
		return m
	}
	gauge := add().SetEmptyGauge().DataPoints().AppendEmpty()
	plant(gauge.Attributes())
	plant(gauge.Exemplars().AppendEmpty().FilteredAttributes())
	plant(add().SetEmptySum().DataPoints().AppendEmpty().Attributes())
	plant(add().SetEmptyHistogram().DataPoints().AppendEmpty().Attributes())
	plant(add().SetEmptyExponentialHistogram().DataPoints().AppendEmpty().Attributes())
	plant(add().SetEmptySummary().DataPoints().AppendEmpty().Attributes())

	out := redactMetrics(t, configOf(nil), md).ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	require.Equal(t, 5, out.Len())
	for i := range out.Len() {
		m := out.At(i)
		assert.Equal(t, "sent.****", m.Name())
		assert.Equal(t, "to ****", m.Description())
		assert.Empty(t, m.Unit())
		assertPlantRedacted(t, m.Metadata())
	}
	p := out.At(0).Gauge().DataPoints().At(0)
	assertPlantRedacted(t, p.Attributes())
	assertPlantRedacted(t, p.Exemplars().At(0).FilteredAttributes())
	assertPlantRedacted(t, out.At(1).Sum().DataPoints().At(0).Attributes())
	assertPlantRedacted(t, out.At(2).Histogram().DataPoints().At(0).Attributes())
	assertPlantRedacted(t, out.At(3).ExponentialHistogram().DataPoints().At(0).Attributes())
	assertPlantRedacted(t, out.At(4).Summary().DataPoints().At(0).Attributes())
}

// A rule that removes or drops by the key does so for values that hold nothing, too.
func TestEmptyValuesUnderKeyRules(t *testing.T) {
	t.Parallel()
	fill := func(m pcommon.Map) {
		m.PutEmpty("secret.nothing")
		m.PutStr("secret.text", "")
		m.PutEmptyMap("secret.map")
		m.PutEmptySlice("secret.list")
		m.PutEmptySlice("list").AppendEmpty()
		m.PutEmpty("nothing")
	}
	_, out := attributes(t, map[string]any{"rules": rules(map[string]any{"keys": []any{"secret"}, "action": "remove"})}, func(_, span pcommon.Map) { fill(span) })
	assert.Equal(t, map[string]any{"list": []any{nil}, "nothing": nil}, out)
	for i := range 4 {
		ld := plog.NewLogs()
		record := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
		fill(record.AppendEmpty().Attributes())
		kept := 0
		record.At(0).Attributes().RemoveIf(func(key string, _ pcommon.Value) bool {
			kept++
			return kept-1 != i
		})
		out := redactLogs(t, configOf(map[string]any{"rules": rules(map[string]any{"keys": []any{"secret"}, "action": "drop"})}), ld)
		assert.Zero(t, out.LogRecordCount(), "value %d", i)
	}
}

// An allow-list names no empty key, wherever it stands.
func TestEmptyKeyIsUnknown(t *testing.T) {
	t.Parallel()
	ld := plog.NewLogs()
	record := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	require.NoError(t, record.Body().SetEmptySlice().FromRaw([]any{map[string]any{"": "x", "a": map[string]any{"": "kept under its path"}}}))
	out := redactLogs(t, configOf(map[string]any{"unknown_keys": "remove", "allow_keys": []any{"a"}, "rules": rules(map[string]any{"detect": []any{"email"}, "action": "mask"})}), ld)
	assert.Equal(t, []any{map[string]any{"a": map[string]any{"": "kept under its path"}}}, out.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().Slice().AsRaw())
}
