package archive

import (
	"bytes"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

// Decoded is what one object holds.
type Decoded struct {
	// Items are spans, log records or data points.
	Items int
	// IDs of the ledger's items, in stored order.
	IDs []string
	// Services counts the items by their resource's service.name.
	Services map[string]int
}

// Decode reads OTLP, protobuf or JSON.
func Decode(signal sender.Signal, content []byte) (Decoded, error) {
	d := Decoded{Services: map[string]int{}}
	json := bytes.HasPrefix(content, []byte("{"))
	var err error
	switch signal {
	case sender.Traces:
		err = d.traces(json, content)
	case sender.Logs:
		err = d.logs(json, content)
	default:
		err = d.metrics(json, content)
	}
	return d, err
}

func (d *Decoded) item(resource pcommon.Resource, attributes pcommon.Map) {
	d.Items++
	if id, ok := attributes.Get(sender.IDAttribute); ok {
		d.IDs = append(d.IDs, id.AsString())
	}
	if service, ok := resource.Attributes().Get("service.name"); ok {
		d.Services[service.AsString()]++
	}
}

func (d *Decoded) traces(json bool, content []byte) error {
	var decoder ptrace.Unmarshaler = &ptrace.ProtoUnmarshaler{}
	if json {
		decoder = &ptrace.JSONUnmarshaler{}
	}
	traces, err := decoder.UnmarshalTraces(content)
	if err != nil {
		return err
	}
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				d.item(resource.Resource(), span.Attributes())
			}
		}
	}
	return nil
}

func (d *Decoded) logs(json bool, content []byte) error {
	var decoder plog.Unmarshaler = &plog.ProtoUnmarshaler{}
	if json {
		decoder = &plog.JSONUnmarshaler{}
	}
	logs, err := decoder.UnmarshalLogs(content)
	if err != nil {
		return err
	}
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				d.item(resource.Resource(), record.Attributes())
			}
		}
	}
	return nil
}

func (d *Decoded) metrics(json bool, content []byte) error {
	var decoder pmetric.Unmarshaler = &pmetric.ProtoUnmarshaler{}
	if json {
		decoder = &pmetric.JSONUnmarshaler{}
	}
	metrics, err := decoder.UnmarshalMetrics(content)
	if err != nil {
		return err
	}
	for _, resource := range metrics.ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() {
			for _, metric := range scope.Metrics().All() {
				d.points(resource.Resource(), metric)
			}
		}
	}
	return nil
}

func (d *Decoded) points(resource pcommon.Resource, metric pmetric.Metric) {
	switch metric.Type() {
	case pmetric.MetricTypeGauge:
		for _, point := range metric.Gauge().DataPoints().All() {
			d.item(resource, point.Attributes())
		}
	case pmetric.MetricTypeSum:
		for _, point := range metric.Sum().DataPoints().All() {
			d.item(resource, point.Attributes())
		}
	case pmetric.MetricTypeHistogram:
		for _, point := range metric.Histogram().DataPoints().All() {
			d.item(resource, point.Attributes())
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, point := range metric.ExponentialHistogram().DataPoints().All() {
			d.item(resource, point.Attributes())
		}
	case pmetric.MetricTypeSummary:
		for _, point := range metric.Summary().DataPoints().All() {
			d.item(resource, point.Attributes())
		}
	case pmetric.MetricTypeEmpty:
	}
}
