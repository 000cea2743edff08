package ssekmsexporter

import (
	"context"

	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
)

// logsExporter splits by tenant, then hands over to the queue.
type logsExporter struct {
	shared
	queue exporter.Logs
}

func newLogs(set exporter.Settings, e *engine) (exporter.Logs, error) {
	push := func(ctx context.Context, data plog.Logs, done settled, again func() plog.Logs) error {
		return e.push(ctx, newLogsBatch(data), e.tenantOf(ctx), done, func() batch { return newLogsBatch(again()) })
	}
	queue, err := xexporterhelper.NewLogsRequest(context.Background(), set, queuedLogs.convert, queuedLogs.consume(push, e.damaged(signalLogs)),
		e.options(queuedLogs.settings())...)
	if err != nil {
		return nil, err
	}
	return &logsExporter{shared: shared{engine: e, signal: signalLogs, helper: queue}, queue: queue}, nil
}

// ConsumeLogs queues one request for each tenant in the data.
func (x *logsExporter) ConsumeLogs(ctx context.Context, data plog.Logs) error {
	if x.engine.tenants == nil {
		return x.queue.ConsumeLogs(ctx, data)
	}
	parts := make(map[string]plog.Logs)
	var order []string
	data.ResourceLogs().RemoveIf(func(r plog.ResourceLogs) bool {
		name := x.engine.tenants.of(r.Resource())
		part, ok := parts[name]
		if !ok {
			part = plog.NewLogs()
			parts[name] = part
			order = append(order, name)
		}
		r.MoveTo(part.ResourceLogs().AppendEmpty())
		return true
	})
	var refused refusals
	for _, name := range order {
		if name == tenantOverflow {
			x.engine.telemetry.S3SseKmsTenantOverflow.Add(ctx, 1)
		}
		if err := x.queue.ConsumeLogs(withTenant(ctx, name), parts[name]); refused.add(err) {
			// A caller that retries in this process sends the same value: it
			// must hold what was not queued, and only that.
			parts[name].ResourceLogs().MoveAndAppendTo(data.ResourceLogs())
		}
	}
	return refused.err()
}
