package ssekmsexporter

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// sumOf adds up every data point of an int64 metric; 0 if nothing was recorded.
func sumOf(t testing.TB, tel *componenttest.Telemetry, name string) int64 {
	t.Helper()
	m, err := tel.GetMetric("otelcol_" + name)
	if err != nil {
		return 0
	}
	var total int64
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		for _, p := range data.DataPoints {
			total += p.Value
		}
	case metricdata.Gauge[int64]:
		for _, p := range data.DataPoints {
			total += p.Value
		}
	default:
		require.Failf(t, "metric is neither a sum nor a gauge of integers", "%s is %T", name, m.Data)
	}
	return total
}
