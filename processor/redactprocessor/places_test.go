package redactprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// exempt are the text and bytes fields that hold no text, or hold it in a way
// that another entry covers. A field that is in neither list fails the test.
var exempt = map[string]string{
	"opentelemetry.proto.trace.v1.Span.trace_id":          "identifier of 16 bytes",
	"opentelemetry.proto.trace.v1.Span.span_id":           "identifier of 8 bytes",
	"opentelemetry.proto.trace.v1.Span.parent_span_id":    "identifier of 8 bytes",
	"opentelemetry.proto.trace.v1.Span.Link.trace_id":     "identifier of 16 bytes",
	"opentelemetry.proto.trace.v1.Span.Link.span_id":      "identifier of 8 bytes",
	"opentelemetry.proto.logs.v1.LogRecord.trace_id":      "identifier of 16 bytes",
	"opentelemetry.proto.logs.v1.LogRecord.span_id":       "identifier of 8 bytes",
	"opentelemetry.proto.metrics.v1.Exemplar.trace_id":    "identifier of 16 bytes",
	"opentelemetry.proto.metrics.v1.Exemplar.span_id":     "identifier of 8 bytes",
	"opentelemetry.proto.common.v1.KeyValue.key":          "judged by visit with its value",
	"opentelemetry.proto.common.v1.AnyValue.string_value": "judged by value",
	"opentelemetry.proto.common.v1.AnyValue.bytes_value":  "judged by value",
}

func visited() map[string]bool {
	out := map[string]bool{logBodyField: true}
	collect(out, &resourcePlace)
	collect(out, &entityPlace)
	collect(out, &scopePlace)
	collect(out, &resourceSpansPlace)
	collect(out, &scopeSpansPlace)
	collect(out, &spanPlace)
	collect(out, &spanEventPlace)
	collect(out, &spanLinkPlace)
	collect(out, &resourceLogsPlace)
	collect(out, &scopeLogsPlace)
	collect(out, &logPlace)
	collect(out, &resourceMetricsPlace)
	collect(out, &scopeMetricsPlace)
	collect(out, &metricPlace)
	collect(out, &numberPointPlace)
	collect(out, &histogramPointPlace)
	collect(out, &exponentialPointPlace)
	collect(out, &summaryPointPlace)
	collect(out, &exemplarPlace)
	for _, l := range entityLists {
		out[l.field] = true
	}
	return out
}

func collect[T any](out map[string]bool, p *place[T]) {
	for _, f := range p.texts {
		out[f.field] = true
	}
	for _, f := range p.maps {
		out[f.field] = true
	}
}

// TestEveryFieldOfTheProtocolIsVisited walks the descriptors of OTLP: a new
// version of the protocol with a new text field fails here.
func TestEveryFieldOfTheProtocolIsVisited(t *testing.T) {
	t.Parallel()
	fields := map[string]bool{}
	seen := map[protoreflect.FullName]bool{}
	var walk func(m protoreflect.MessageDescriptor)
	walk = func(m protoreflect.MessageDescriptor) {
		if seen[m.FullName()] {
			return
		}
		seen[m.FullName()] = true
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			switch f.Kind() {
			case protoreflect.StringKind, protoreflect.BytesKind:
				fields[string(f.FullName())] = true
			case protoreflect.MessageKind:
				name := f.Message().FullName()
				if name == "opentelemetry.proto.common.v1.KeyValue" && m.FullName() != "opentelemetry.proto.common.v1.KeyValueList" ||
					name == "opentelemetry.proto.common.v1.AnyValue" && m.ParentFile().Path() != f.Message().ParentFile().Path() {
					fields[string(f.FullName())] = true
				}
				walk(f.Message())
			}
		}
	}
	walk((*tracepb.TracesData)(nil).ProtoReflect().Descriptor())
	walk((*logspb.LogsData)(nil).ProtoReflect().Descriptor())
	walk((*metricspb.MetricsData)(nil).ProtoReflect().Descriptor())
	assert.Greater(t, len(fields), 30, "the walk saw the protocol")

	known := visited()
	for f := range fields {
		assert.True(t, known[f] || exempt[f] != "", "%s is neither visited nor exempt", f)
	}
	for f := range exempt {
		assert.True(t, fields[f], "%s is exempt but not in the protocol", f)
	}
	for f := range known {
		assert.True(t, fields[f], "%s is visited but not in the protocol", f)
	}
}
