package redactprocessor

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor/internal/metadatatest"
	"github.com/sealed-otel/otelcol-sealed/redact"
)

func observe(t *testing.T, c *Config, td ptrace.Traces) *componenttest.Telemetry {
	t.Helper()
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.Background())) })
	p, err := NewFactory().CreateTraces(context.Background(), metadatatest.NewSettings(tel), c, consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, p.Shutdown(context.Background())) })
	require.NoError(t, p.ConsumeTraces(context.Background(), td))
	return tel
}

func oneSpan(attributes map[string]any) ptrace.Traces {
	td := ptrace.NewTraces()
	s := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	if err := s.Attributes().FromRaw(attributes); err != nil {
		panic(err)
	}
	return td
}

func point(n int64, attrs ...attribute.KeyValue) []metricdata.DataPoint[int64] {
	return []metricdata.DataPoint[int64]{{Value: n, Attributes: attribute.NewSet(attrs...)}}
}

var tracesLabel = attribute.String("signal", "traces")

func TestMetricsCountWhatWasDone(t *testing.T) {
	t.Parallel()
	tel := observe(t, configOf(nil), oneSpan(map[string]any{"a": plantedMail, "b": "clean", "password": "hunter2"}))
	ignore := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualProcessorRedactValues(t, tel, point(3, tracesLabel), ignore)
	metadatatest.AssertEqualProcessorRedactBytes(t, tel, point(int64(len(plantedMail)+len("clean")+len("hunter2")), tracesLabel), ignore)
	metadatatest.AssertEqualProcessorRedactRedactions(t, tel, []metricdata.DataPoint[int64]{
		{Value: 1, Attributes: attribute.NewSet(tracesLabel, attribute.String("rule", "credentials"))},
		{Value: 1, Attributes: attribute.NewSet(tracesLabel, attribute.String("rule", "personal"))},
	}, ignore)
	metadatatest.AssertEqualProcessorRedactPolicyInfo(t, tel, point(1,
		attribute.String("policy", "standard"), attribute.String("version", configOf(nil).version()), attribute.String("mode", "enforce")), ignore)
	metadatatest.AssertEqualProcessorRedactDuration(t, tel, []metricdata.HistogramDataPoint[float64]{{Attributes: attribute.NewSet(tracesLabel)}},
		ignore, metricdatatest.IgnoreValue())
}

func TestDetailedMetricsNameDetectorAndLocation(t *testing.T) {
	t.Parallel()
	c := configOf(nil)
	c.MetricsLevel = LevelDetailed
	tel := observe(t, c, oneSpan(map[string]any{"a": plantedMail}))
	metadatatest.AssertEqualProcessorRedactRedactions(t, tel, point(1, tracesLabel,
		attribute.String("rule", "personal"), attribute.String("detector", "email"), attribute.String("location", "span.attributes")),
		metricdatatest.IgnoreTimestamp())
}

func TestReportCountsWhatItWouldDo(t *testing.T) {
	t.Parallel()
	tel := observe(t, configOf(map[string]any{"mode": "report", "extends": "standard"}), oneSpan(map[string]any{"a": plantedMail}))
	metadatatest.AssertEqualProcessorRedactWouldRedact(t, tel, point(1, tracesLabel, attribute.String("rule", "personal")), metricdatatest.IgnoreTimestamp())
	_, err := tel.GetMetric("otelcol_processor_redact_redactions")
	assert.Error(t, err, "nothing was redacted")
}

func TestLimitAndTenantMetrics(t *testing.T) {
	t.Parallel()
	policy := map[string]any{
		"extends": "standard", "limits": map[string]any{"value_bytes": 1024}, "keys": keyFile(t, keyOne),
		"rules": rules(map[string]any{"keys": []any{"user"}, "action": map[string]any{"pseudonym": map[string]any{"key": "k", "per": "resource.tenant"}}}),
	}
	td := oneSpan(map[string]any{"long": strings.Repeat("x ", 1000) + plantedMail, "user": "u"})
	tel := observe(t, configOf(policy), td)
	ignore := metricdatatest.IgnoreTimestamp()
	metadatatest.AssertEqualProcessorRedactLimitHits(t, tel, point(1, tracesLabel), ignore)
	metadatatest.AssertEqualProcessorRedactMissingTenant(t, tel, point(1, tracesLabel), ignore)
}

func TestCatalogListsFieldsWithoutValues(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "catalog.json")
	c := configOf(nil)
	c.Catalog = CatalogConfig{File: file, Interval: time.Second, MaxFields: 3}
	p, err := NewFactory().CreateTraces(context.Background(), metadatatest.NewSettings(componenttest.NewTelemetry()), c, consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	require.FileExists(t, file, "a path that can't be written fails the start")
	for range 2 {
		td := oneSpan(map[string]any{"a.mail": plantedMail, "b.clean": "x"})
		td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutStr(plantedMail, "hit in the key")
		require.NoError(t, p.ConsumeTraces(context.Background(), td))
	}
	td := oneSpan(map[string]any{"c": "1"})
	td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutStr("d", "2")
	require.NoError(t, p.ConsumeTraces(context.Background(), td))
	require.NoError(t, p.Shutdown(context.Background()))

	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "example.com")
	var got redact.CatalogFile
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, "standard", got.Policy)
	assert.EqualValues(t, 1, got.NotListed, "the catalogue is bounded")
	require.Len(t, got.Fields, 3)
	assert.Equal(t, "a.mail", got.Fields[0].Key)
	assert.EqualValues(t, 2, got.Fields[0].Seen)
	assert.Equal(t, map[string]int64{"personal": 2}, got.Fields[0].Redacted)
	assert.Equal(t, "span.attributes", got.Fields[0].Location)
	assert.Empty(t, got.Fields[1].Redacted)
	left, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	assert.Len(t, left, 1, "no temporary file is left")
}

func TestMissingKeyFileFailsTheStart(t *testing.T) {
	t.Parallel()
	policy := map[string]any{
		"keys":  map[string]any{"k": map[string]any{"file": filepath.Join(t.TempDir(), "missing")}},
		"rules": rules(map[string]any{"keys": []any{"user"}, "action": map[string]any{"pseudonym": map[string]any{"key": "k"}}}),
	}
	c := configOf(policy)
	require.NoError(t, c.Validate(), "the disk is not touched before the start")
	p, err := NewFactory().CreateTraces(context.Background(), metadatatest.NewSettings(componenttest.NewTelemetry()), c, consumertest.NewNop())
	require.NoError(t, err)
	err = p.Start(context.Background(), componenttest.NewNopHost())
	assert.ErrorContains(t, err, "policy::keys::k")
	assert.NoError(t, p.Shutdown(context.Background()))
}

func TestPanicsAreCounted(t *testing.T) {
	t.Parallel()
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.Background())) })
	c := configOf(nil)
	p, err := newSignalProcessor(metadatatest.NewSettings(tel), c, redact.Traces, newShared(c, func() {}))
	require.NoError(t, err)
	require.NoError(t, p.start(context.Background(), componenttest.NewNopHost()))
	p.count(context.Background(), redact.Tally{Values: 3, Panics: 2}, 0)
	metadatatest.AssertEqualProcessorRedactPanics(t, tel, point(2, tracesLabel), metricdatatest.IgnoreTimestamp())
	require.NoError(t, p.shutdown(context.Background()))
}
