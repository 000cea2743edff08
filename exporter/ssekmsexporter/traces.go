package ssekmsexporter

import (
	"context"

	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// tracesExporter splits by tenant, then hands over to the queue.
type tracesExporter struct {
	shared
	queue exporter.Traces
}

func newTraces(set exporter.Settings, e *engine) (exporter.Traces, error) {
	push := func(ctx context.Context, data ptrace.Traces, done settled, again func() ptrace.Traces) error {
		return e.push(ctx, newTracesBatch(data), e.tenantOf(ctx), done, func() batch { return newTracesBatch(again()) })
	}
	queue, err := xexporterhelper.NewTracesRequest(context.Background(), set, queuedTraces.convert, queuedTraces.consume(push, e.damaged(signalTraces)),
		e.options(queuedTraces.settings())...)
	if err != nil {
		return nil, err
	}
	return &tracesExporter{shared: shared{engine: e, signal: signalTraces, helper: queue}, queue: queue}, nil
}

// ConsumeTraces queues one request for each tenant in the data.
func (x *tracesExporter) ConsumeTraces(ctx context.Context, data ptrace.Traces) error {
	if x.engine.tenants == nil {
		return x.queue.ConsumeTraces(ctx, data)
	}
	parts := make(map[string]ptrace.Traces)
	var order []string
	data.ResourceSpans().RemoveIf(func(r ptrace.ResourceSpans) bool {
		name := x.engine.tenants.of(r.Resource())
		part, ok := parts[name]
		if !ok {
			part = ptrace.NewTraces()
			parts[name] = part
			order = append(order, name)
		}
		r.MoveTo(part.ResourceSpans().AppendEmpty())
		return true
	})
	var refused refusals
	for _, name := range order {
		if name == tenantOverflow {
			x.engine.telemetry.S3SseKmsTenantOverflow.Add(ctx, 1)
		}
		if err := x.queue.ConsumeTraces(withTenant(ctx, name), parts[name]); refused.add(err) {
			// A caller that retries in this process sends the same value: it
			// must hold what was not queued, and only that.
			parts[name].ResourceSpans().MoveAndAppendTo(data.ResourceSpans())
		}
	}
	return refused.err()
}
