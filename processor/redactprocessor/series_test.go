package redactprocessor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor/internal/metadatatest"
)

func TestRewrittenSeriesAreCounted(t *testing.T) {
	t.Parallel()
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.Background())) })
	p, err := NewFactory().CreateMetrics(context.Background(), metadatatest.NewSettings(tel), configOf(nil), consumertest.NewNop())
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, p.Shutdown(context.Background())) })

	md := pmetric.NewMetrics()
	metrics := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
	points := metrics.AppendEmpty().SetEmptyGauge().DataPoints()
	points.AppendEmpty().Attributes().PutStr("user", plantedMail)
	points.AppendEmpty().Attributes().PutStr("user", "clean")
	renamed := metrics.AppendEmpty()
	renamed.SetName("sent." + plantedCard)
	renamed.SetEmptySum().DataPoints().AppendEmpty()
	renamed.Sum().DataPoints().AppendEmpty()
	require.NoError(t, p.ConsumeMetrics(context.Background(), md))
	metadatatest.AssertEqualProcessorRedactMergedSeries(t, tel, []metricdata.DataPoint[int64]{{Value: 3}}, metricdatatest.IgnoreTimestamp())
}
