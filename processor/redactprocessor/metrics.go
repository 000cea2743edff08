package redactprocessor

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

func (p *signalProcessor) processMetrics(ctx context.Context, md pmetric.Metrics) (pmetric.Metrics, error) {
	w, began := p.begin()
	md.ResourceMetrics().RemoveIf(w.resourceMetrics)
	p.end(ctx, w, began)
	return md, nil
}

func (w *walker) resourceMetrics(rm pmetric.ResourceMetrics) bool {
	if w.resource(rm.Resource()) {
		return true
	}
	visitPlace(w, &resourceMetricsPlace, rm)
	if w.drop {
		return true
	}
	empty := rm.ScopeMetrics().Len() == 0
	rm.ScopeMetrics().RemoveIf(w.scopeMetrics)
	return !empty && rm.ScopeMetrics().Len() == 0
}

func (w *walker) scopeMetrics(sm pmetric.ScopeMetrics) bool {
	if w.scope(sm.Scope()) {
		return true
	}
	visitPlace(w, &scopeMetricsPlace, sm)
	if w.drop {
		return true
	}
	empty := sm.Metrics().Len() == 0
	sm.Metrics().RemoveIf(w.metric)
	return !empty && sm.Metrics().Len() == 0
}

// metric redacts a metric and its points. A metric that lost all its points
// goes too: an empty one is no valid data.
func (w *walker) metric(m pmetric.Metric) bool {
	w.item()
	name := m.Name()
	visitPlace(w, &metricPlace, m)
	if w.drop {
		return true
	}
	renamed := m.Name() != name
	before, after := 0, 0
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		before, after = w.numberPoints(m.Gauge().DataPoints())
	case pmetric.MetricTypeSum:
		before, after = w.numberPoints(m.Sum().DataPoints())
	case pmetric.MetricTypeHistogram:
		points := m.Histogram().DataPoints()
		before = points.Len()
		points.RemoveIf(w.histogramPoint)
		after = points.Len()
	case pmetric.MetricTypeExponentialHistogram:
		points := m.ExponentialHistogram().DataPoints()
		before = points.Len()
		points.RemoveIf(w.exponentialPoint)
		after = points.Len()
	case pmetric.MetricTypeSummary:
		points := m.Summary().DataPoints()
		before = points.Len()
		points.RemoveIf(w.summaryPoint)
		after = points.Len()
	}
	if renamed {
		w.merged += int64(after)
	}
	return before > 0 && after == 0
}

func (w *walker) numberPoints(points pmetric.NumberDataPointSlice) (before, after int) {
	before = points.Len()
	points.RemoveIf(w.numberPoint)
	return before, points.Len()
}

func (w *walker) numberPoint(p pmetric.NumberDataPoint) bool {
	w.item()
	visitPlace(w, &numberPointPlace, p)
	return w.point(p.Exemplars())
}

func (w *walker) histogramPoint(p pmetric.HistogramDataPoint) bool {
	w.item()
	visitPlace(w, &histogramPointPlace, p)
	return w.point(p.Exemplars())
}

func (w *walker) exponentialPoint(p pmetric.ExponentialHistogramDataPoint) bool {
	w.item()
	visitPlace(w, &exponentialPointPlace, p)
	return w.point(p.Exemplars())
}

func (w *walker) summaryPoint(p pmetric.SummaryDataPoint) bool {
	w.item()
	visitPlace(w, &summaryPointPlace, p)
	return w.pointDone()
}

func (w *walker) point(exemplars pmetric.ExemplarSlice) bool {
	if w.pointDone() {
		return true
	}
	for i := range exemplars.Len() {
		visitPlace(w, &exemplarPlace, exemplars.At(i))
	}
	return w.drop
}

// pointDone counts a point whose identity changed and reports a drop.
func (w *walker) pointDone() bool {
	if w.changed {
		w.merged++
	}
	return w.drop
}
