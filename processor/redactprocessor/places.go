package redactprocessor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata/entity"

	"github.com/sealed-otel/otelcol-sealed/redact"
)

// textPlace is a text field of a message. field is its full name in the
// protocol; a test compares the fields with the protocol's descriptors.
type textPlace[T any] struct {
	location redact.Location
	field    string
	get      func(T) string
	set      func(T, string)
}

// mapPlace is an attribute map of a message.
type mapPlace[T any] struct {
	location redact.Location
	field    string
	get      func(T) pcommon.Map
}

// place lists everything of one message that is scanned.
type place[T any] struct {
	texts []textPlace[T]
	maps  []mapPlace[T]
}

func visitPlace[T any](w *walker, p *place[T], t T) {
	for i := range p.texts {
		f := &p.texts[i]
		if s, changed := w.text(f.location, f.get(t)); changed {
			f.set(t, s)
		}
	}
	for i := range p.maps {
		w.attributes(p.maps[i].location, p.maps[i].get(t))
	}
}

const (
	protoCommon   = "opentelemetry.proto.common.v1."
	protoResource = "opentelemetry.proto.resource.v1."
	protoTrace    = "opentelemetry.proto.trace.v1."
	protoLogs     = "opentelemetry.proto.logs.v1."
	protoMetrics  = "opentelemetry.proto.metrics.v1."
)

var resourcePlace = place[pcommon.Resource]{
	maps: []mapPlace[pcommon.Resource]{
		{redact.ResourceAttributes, protoResource + "Resource.attributes", pcommon.Resource.Attributes},
	},
}

var entityPlace = place[entity.EntityRef]{
	texts: []textPlace[entity.EntityRef]{
		{redact.ResourceEntity, protoCommon + "EntityRef.schema_url", entity.EntityRef.SchemaUrl, entity.EntityRef.SetSchemaUrl},
		{redact.ResourceEntity, protoCommon + "EntityRef.type", entity.EntityRef.Type, entity.EntityRef.SetType},
	},
}

// entityLists are the lists of attribute keys in an entity reference.
var entityLists = []struct {
	field string
	get   func(entity.EntityRef) pcommon.StringSlice
}{
	{protoCommon + "EntityRef.id_keys", entity.EntityRef.IdKeys},
	{protoCommon + "EntityRef.description_keys", entity.EntityRef.DescriptionKeys},
}

var scopePlace = place[pcommon.InstrumentationScope]{
	texts: []textPlace[pcommon.InstrumentationScope]{
		{redact.ScopeName, protoCommon + "InstrumentationScope.name", pcommon.InstrumentationScope.Name, pcommon.InstrumentationScope.SetName},
		{redact.ScopeVersion, protoCommon + "InstrumentationScope.version", pcommon.InstrumentationScope.Version, pcommon.InstrumentationScope.SetVersion},
	},
	maps: []mapPlace[pcommon.InstrumentationScope]{
		{redact.ScopeAttributes, protoCommon + "InstrumentationScope.attributes", pcommon.InstrumentationScope.Attributes},
	},
}

var (
	resourceSpansPlace = place[ptrace.ResourceSpans]{texts: []textPlace[ptrace.ResourceSpans]{
		{redact.ResourceSchemaURL, protoTrace + "ResourceSpans.schema_url", ptrace.ResourceSpans.SchemaUrl, ptrace.ResourceSpans.SetSchemaUrl},
	}}
	scopeSpansPlace = place[ptrace.ScopeSpans]{texts: []textPlace[ptrace.ScopeSpans]{
		{redact.ScopeSchemaURL, protoTrace + "ScopeSpans.schema_url", ptrace.ScopeSpans.SchemaUrl, ptrace.ScopeSpans.SetSchemaUrl},
	}}
	spanPlace = place[ptrace.Span]{
		texts: []textPlace[ptrace.Span]{
			{redact.SpanName, protoTrace + "Span.name", ptrace.Span.Name, ptrace.Span.SetName},
			{
				redact.SpanTraceState, protoTrace + "Span.trace_state",
				func(s ptrace.Span) string { return s.TraceState().AsRaw() },
				func(s ptrace.Span, v string) { s.TraceState().FromRaw(v) },
			},
			{
				redact.SpanStatus, protoTrace + "Status.message",
				func(s ptrace.Span) string { return s.Status().Message() },
				func(s ptrace.Span, v string) { s.Status().SetMessage(v) },
			},
		},
		maps: []mapPlace[ptrace.Span]{
			{redact.SpanAttributes, protoTrace + "Span.attributes", ptrace.Span.Attributes},
		},
	}
	spanEventPlace = place[ptrace.SpanEvent]{
		texts: []textPlace[ptrace.SpanEvent]{
			{redact.SpanEventName, protoTrace + "Span.Event.name", ptrace.SpanEvent.Name, ptrace.SpanEvent.SetName},
		},
		maps: []mapPlace[ptrace.SpanEvent]{
			{redact.SpanEventAttributes, protoTrace + "Span.Event.attributes", ptrace.SpanEvent.Attributes},
		},
	}
	spanLinkPlace = place[ptrace.SpanLink]{
		texts: []textPlace[ptrace.SpanLink]{
			{
				redact.SpanLinkTraceState, protoTrace + "Span.Link.trace_state",
				func(l ptrace.SpanLink) string { return l.TraceState().AsRaw() },
				func(l ptrace.SpanLink, v string) { l.TraceState().FromRaw(v) },
			},
		},
		maps: []mapPlace[ptrace.SpanLink]{
			{redact.SpanLinkAttributes, protoTrace + "Span.Link.attributes", ptrace.SpanLink.Attributes},
		},
	}
)

var (
	resourceLogsPlace = place[plog.ResourceLogs]{texts: []textPlace[plog.ResourceLogs]{
		{redact.ResourceSchemaURL, protoLogs + "ResourceLogs.schema_url", plog.ResourceLogs.SchemaUrl, plog.ResourceLogs.SetSchemaUrl},
	}}
	scopeLogsPlace = place[plog.ScopeLogs]{texts: []textPlace[plog.ScopeLogs]{
		{redact.ScopeSchemaURL, protoLogs + "ScopeLogs.schema_url", plog.ScopeLogs.SchemaUrl, plog.ScopeLogs.SetSchemaUrl},
	}}
	logPlace = place[plog.LogRecord]{
		texts: []textPlace[plog.LogRecord]{
			{redact.LogSeverityText, protoLogs + "LogRecord.severity_text", plog.LogRecord.SeverityText, plog.LogRecord.SetSeverityText},
			{redact.LogEventName, protoLogs + "LogRecord.event_name", plog.LogRecord.EventName, plog.LogRecord.SetEventName},
		},
		maps: []mapPlace[plog.LogRecord]{
			{redact.LogAttributes, protoLogs + "LogRecord.attributes", plog.LogRecord.Attributes},
		},
	}
)

// logBodyField is the one value that stands in no map.
const logBodyField = protoLogs + "LogRecord.body"

var (
	resourceMetricsPlace = place[pmetric.ResourceMetrics]{texts: []textPlace[pmetric.ResourceMetrics]{
		{redact.ResourceSchemaURL, protoMetrics + "ResourceMetrics.schema_url", pmetric.ResourceMetrics.SchemaUrl, pmetric.ResourceMetrics.SetSchemaUrl},
	}}
	scopeMetricsPlace = place[pmetric.ScopeMetrics]{texts: []textPlace[pmetric.ScopeMetrics]{
		{redact.ScopeSchemaURL, protoMetrics + "ScopeMetrics.schema_url", pmetric.ScopeMetrics.SchemaUrl, pmetric.ScopeMetrics.SetSchemaUrl},
	}}
	metricPlace = place[pmetric.Metric]{
		texts: []textPlace[pmetric.Metric]{
			{redact.MetricName, protoMetrics + "Metric.name", pmetric.Metric.Name, pmetric.Metric.SetName},
			{redact.MetricDescription, protoMetrics + "Metric.description", pmetric.Metric.Description, pmetric.Metric.SetDescription},
			{redact.MetricUnit, protoMetrics + "Metric.unit", pmetric.Metric.Unit, pmetric.Metric.SetUnit},
		},
		maps: []mapPlace[pmetric.Metric]{
			{redact.MetricMetadata, protoMetrics + "Metric.metadata", pmetric.Metric.Metadata},
		},
	}
	numberPointPlace = place[pmetric.NumberDataPoint]{maps: []mapPlace[pmetric.NumberDataPoint]{
		{redact.PointAttributes, protoMetrics + "NumberDataPoint.attributes", pmetric.NumberDataPoint.Attributes},
	}}
	histogramPointPlace = place[pmetric.HistogramDataPoint]{maps: []mapPlace[pmetric.HistogramDataPoint]{
		{redact.PointAttributes, protoMetrics + "HistogramDataPoint.attributes", pmetric.HistogramDataPoint.Attributes},
	}}
	exponentialPointPlace = place[pmetric.ExponentialHistogramDataPoint]{maps: []mapPlace[pmetric.ExponentialHistogramDataPoint]{
		{redact.PointAttributes, protoMetrics + "ExponentialHistogramDataPoint.attributes", pmetric.ExponentialHistogramDataPoint.Attributes},
	}}
	summaryPointPlace = place[pmetric.SummaryDataPoint]{maps: []mapPlace[pmetric.SummaryDataPoint]{
		{redact.PointAttributes, protoMetrics + "SummaryDataPoint.attributes", pmetric.SummaryDataPoint.Attributes},
	}}
	exemplarPlace = place[pmetric.Exemplar]{maps: []mapPlace[pmetric.Exemplar]{
		{redact.ExemplarAttributes, protoMetrics + "Exemplar.filtered_attributes", pmetric.Exemplar.FilteredAttributes},
	}}
)
