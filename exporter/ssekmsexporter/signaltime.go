package ssekmsexporter

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// earlier returns the smaller of two times; 0 is a time that is not set. One
// from before earliestPlausible is not, either.
func earlier(a, b pcommon.Timestamp) pcommon.Timestamp {
	if b > tooEarly && (a == 0 || b < a) {
		return b
	}
	return a
}

func spanTime(s ptrace.Span) pcommon.Timestamp { return s.StartTimestamp() }

// recordTime falls back to the observed time, as the log data model says.
func recordTime(r plog.LogRecord) pcommon.Timestamp {
	if t := r.Timestamp(); t != 0 {
		return t
	}
	return r.ObservedTimestamp()
}

func metricTime(m pmetric.Metric) pcommon.Timestamp {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		return pointsTime(m.Gauge().DataPoints())
	case pmetric.MetricTypeSum:
		return pointsTime(m.Sum().DataPoints())
	case pmetric.MetricTypeHistogram:
		return pointsTime(m.Histogram().DataPoints())
	case pmetric.MetricTypeExponentialHistogram:
		return pointsTime(m.ExponentialHistogram().DataPoints())
	case pmetric.MetricTypeSummary:
		return pointsTime(m.Summary().DataPoints())
	default:
		return 0
	}
}

// points is a slice of data points of any kind.
type points[P timed] interface {
	Len() int
	At(int) P
}

type timed interface{ Timestamp() pcommon.Timestamp }

// The list is a type parameter and not an interface: boxing it would cost an
// allocation for each metric.
func pointsTime[L points[P], P timed](list L) pcommon.Timestamp {
	var first pcommon.Timestamp
	for i := range list.Len() {
		first = earlier(first, list.At(i).Timestamp())
	}
	return first
}
