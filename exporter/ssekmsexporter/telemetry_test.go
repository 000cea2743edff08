package ssekmsexporter

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
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

// An alert on the increase of a counter sees its first count only if the counter
// was there before.
func TestCountersOfTroubleBeginAtZero(t *testing.T) {
	t.Parallel()
	r := startRig(t, stubConfig(s3stub.New(t)))
	for name, series := range map[string]int{
		"violations": len(violationKinds), "dropped_records": 3, "quarantined": 3, "unverified_duplicates": 1, "cancelled_puts": 1,
	} {
		m, err := r.tel.GetMetric("otelcol_s3_sse_kms_" + name)
		require.NoError(t, err, name)
		points := m.Data.(metricdata.Sum[int64]).DataPoints
		assert.Len(t, points, series, name)
		for _, p := range points {
			assert.Zero(t, p.Value, name)
		}
	}
}

// What the metrics say about bytes, requests and sizes is what the store saw.
func TestMetricsCountWhatIsStored(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(200, "a")))
	require.NoError(t, r.logs.ConsumeLogs(t.Context(), testLogs(100, "b")))
	eventually(t, "both are counted", func() bool { return r.sum(t, "s3_sse_kms_objects") == 2 })
	r.stop(t)

	var raw, stored int64
	for key, object := range stub.Objects() {
		raw += int64(len(unpack(t, key, object.Body)))
		stored += int64(len(object.Body))
	}
	require.Greater(t, raw, stored, "compression worked")
	assert.Equal(t, raw, r.sum(t, "s3_sse_kms_raw_bytes"))
	assert.Equal(t, stored, r.sum(t, "s3_sse_kms_stored_bytes"))
	// No KMS here, so every request that bears on one is a PUT.
	puts := len(stub.Puts())
	assert.EqualValues(t, puts, r.sum(t, "s3_sse_kms_kms_requests"))

	m, err := r.tel.GetMetric("otelcol_s3_sse_kms_object_size")
	require.NoError(t, err)
	var objects uint64
	var sizes int64
	for _, p := range m.Data.(metricdata.Histogram[int64]).DataPoints {
		objects += p.Count
		sizes += p.Sum
		assert.Equal(t, p.Count, p.BucketCounts[0], "small objects belong into the first bucket")
	}
	assert.EqualValues(t, 2, objects)
	assert.Equal(t, stored, sizes)

	m, err = r.tel.GetMetric("otelcol_s3_sse_kms_put_duration")
	require.NoError(t, err)
	points := m.Data.(metricdata.Histogram[float64]).DataPoints
	require.Len(t, points, 1)
	assert.EqualValues(t, puts, points[0].Count)
	assert.Positive(t, points[0].Sum)
	assert.Less(t, points[0].Sum, float64(puts)*patience.Seconds(), "seconds, as the unit says")
}

// The age of the oldest held batch grows while the store refuses and is 0 again
// once everything is stored.
func TestMetricsShowAgeOfHeldBatch(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	age := func() float64 {
		m, err := r.tel.GetMetric("otelcol_s3_sse_kms_oldest_held_age")
		require.NoError(t, err)
		return m.Data.(metricdata.Gauge[float64]).DataPoints[0].Value
	}
	assert.Zero(t, age())
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusForbidden, "AccessDenied") })
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(1, "a")))
	eventually(t, "the batch is held", func() bool { return r.sum(t, "s3_sse_kms_held_batches") == 1 })
	before := age()
	eventually(t, "it grows older", func() bool { return age() > before })
	assert.Less(t, age(), (2 * time.Minute).Seconds(), "seconds, as the unit says")
	stub.Script(nil)
	eventually(t, "nothing is held", func() bool { return r.sum(t, "s3_sse_kms_held_batches") == 0 })
	assert.Zero(t, age())
}
