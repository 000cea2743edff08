package ssekmsexporter

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// metricsBatch is a range of resources in metrics.
type metricsBatch struct {
	data   pmetric.Metrics
	lo, hi int
}

func newMetricsBatch(data pmetric.Metrics) metricsBatch {
	return metricsBatch{data: data, hi: data.ResourceMetrics().Len()}
}

func (metricsBatch) signal() string { return signalMetrics }

func (b metricsBatch) resources() int { return b.hi - b.lo }

func (b metricsBatch) resourceRecords(i int) int {
	n := 0
	scopes := b.data.ResourceMetrics().At(b.lo + i).ScopeMetrics()
	for s := range scopes.Len() {
		n += scopes.At(s).Metrics().Len()
	}
	return n
}

func (b metricsBatch) earliest(lo, hi int) pcommon.Timestamp {
	var first pcommon.Timestamp
	for i := b.lo + lo; i < b.lo+hi; i++ {
		scopes := b.data.ResourceMetrics().At(i).ScopeMetrics()
		for s := range scopes.Len() {
			items := scopes.At(s).Metrics()
			for r := range items.Len() {
				first = earlier(first, metricTime(items.At(r)))
			}
		}
	}
	return first
}

func (b metricsBatch) marshal(m marshaler, s *scratch, lo, hi int) ([]byte, error) {
	if b.lo+lo == 0 && b.lo+hi == b.data.ResourceMetrics().Len() {
		return m.marshalMetrics(b.data, s)
	}
	part := s.metricsOf(hi - lo)
	for i := lo; i < hi; i++ {
		b.data.ResourceMetrics().At(b.lo + i).MoveTo(part.ResourceMetrics().At(i - lo))
	}
	// Also after a panic in the marshaler: what is not moved back would be lost
	// with the next attempt.
	defer func() {
		for i := lo; i < hi; i++ {
			part.ResourceMetrics().At(i - lo).MoveTo(b.data.ResourceMetrics().At(b.lo + i))
		}
	}()
	return m.marshalMetrics(part, s)
}

func (b metricsBatch) halve() (batch, batch, bool) {
	if n := b.resources(); n > 1 {
		mid := b.lo + n/2
		return metricsBatch{data: b.data, lo: b.lo, hi: mid}, metricsBatch{data: b.data, lo: mid, hi: b.hi}, true
	}
	n := records(b)
	if n < 2 {
		return nil, nil, false
	}
	return newMetricsBatch(b.only(0, n/2)), newMetricsBatch(b.only(n/2, n)), true
}

// only copies the single resource of the range with its records [from, to).
func (b metricsBatch) only(from, to int) pmetric.Metrics {
	part := pmetric.NewMetrics()
	b.data.ResourceMetrics().At(b.lo).CopyTo(part.ResourceMetrics().AppendEmpty())
	at := 0
	scopes := part.ResourceMetrics().At(0).ScopeMetrics()
	for s := range scopes.Len() {
		scopes.At(s).Metrics().RemoveIf(func(pmetric.Metric) bool {
			at++
			return at <= from || at > to
		})
	}
	scopes.RemoveIf(func(s pmetric.ScopeMetrics) bool { return s.Metrics().Len() == 0 })
	return part
}
