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

// faults returns how many failed attempts of a class were counted.
func (r *rig) faults(t testing.TB, class faultClass) int64 {
	t.Helper()
	m, err := r.tel.GetMetric("otelcol_s3_sse_kms_faults")
	if err != nil {
		return 0
	}
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		if v, ok := p.Attributes.Value("reason"); ok && v.AsString() == string(class) {
			return p.Value
		}
	}
	return 0
}
