package ssekmsexporter

import (
	"context"

	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// metricsExporter splits by tenant, then hands over to the queue.
type metricsExporter struct {
	shared
	queue exporter.Metrics
}

func newMetrics(set exporter.Settings, e *engine) (exporter.Metrics, error) {
	push := func(ctx context.Context, data pmetric.Metrics, done settled, again func() pmetric.Metrics) error {
		return e.push(ctx, newMetricsBatch(data), e.tenantOf(ctx), done, func() batch { return newMetricsBatch(again()) })
	}
	queue, err := xexporterhelper.NewMetricsRequest(context.Background(), set, queuedMetrics.convert, queuedMetrics.consume(push, e.damaged(signalMetrics)),
		e.options(queuedMetrics.settings())...)
	if err != nil {
		return nil, err
	}
	return &metricsExporter{shared: shared{engine: e, signal: signalMetrics, helper: queue}, queue: queue}, nil
}

// ConsumeMetrics queues one request for each tenant in the data.
func (x *metricsExporter) ConsumeMetrics(ctx context.Context, data pmetric.Metrics) error {
	if x.engine.tenants == nil {
		return x.queue.ConsumeMetrics(ctx, data)
	}
	parts := make(map[string]pmetric.Metrics)
	var order []string
	data.ResourceMetrics().RemoveIf(func(r pmetric.ResourceMetrics) bool {
		name := x.engine.tenants.of(r.Resource())
		part, ok := parts[name]
		if !ok {
			part = pmetric.NewMetrics()
			parts[name] = part
			order = append(order, name)
		}
		r.MoveTo(part.ResourceMetrics().AppendEmpty())
		return true
	})
	var refused refusals
	for _, name := range order {
		if name == tenantOverflow {
			x.engine.telemetry.S3SseKmsTenantOverflow.Add(ctx, 1)
		}
		if err := x.queue.ConsumeMetrics(withTenant(ctx, name), parts[name]); refused.add(err) {
			// A caller that retries in this process sends the same value: it
			// must hold what was not queued, and only that.
			parts[name].ResourceMetrics().MoveAndAppendTo(data.ResourceMetrics())
		}
	}
	return refused.err()
}
