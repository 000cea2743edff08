package ssekmsexporter

import (
	"context"
	"errors"
	"sync/atomic"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
)

// shared ties the exporterhelper of one signal to the engine of the component.
type shared struct {
	engine *engine
	signal string
	helper component.Component
	joined atomic.Bool
}

// Start starts the engine before the queue: no batch may arrive at an engine
// that does not know yet whether it may write.
func (s *shared) Start(ctx context.Context, host component.Host) error {
	s.joined.Store(true)
	if err := s.engine.start(ctx, host); err != nil {
		return err
	}
	if err := s.engine.marshaler.supports(s.signal); err != nil {
		return s.engine.refused(err)
	}
	return s.helper.Start(ctx, host)
}

// Shutdown first ends the waiting batches, then the queue (which keeps them if
// it is persistent), then the engine.
func (s *shared) Shutdown(ctx context.Context) error {
	if !s.joined.Swap(false) {
		s.engine.discard()
		return s.helper.Shutdown(ctx)
	}
	s.engine.leave(s.signal)
	return errors.Join(s.helper.Shutdown(ctx), s.engine.stop(ctx))
}

// Capabilities: marshalling moves resources out of the batch and back.
func (s *shared) Capabilities() consumer.Capabilities {
	return consumer.Capabilities{MutatesData: true}
}

// options are the exporterhelper options of every signal. The timeout is the
// engine's own, for each PUT: exporterhelper's would also count the time that a
// batch is compressed or held.
func (e *engine) options(settings xexporterhelper.QueueBatchSettings) []exporterhelper.Option {
	if e.tenants != nil {
		settings.Partitioner = tenantPartitioner{}
		settings.MergeCtx = mergeTenant
	}
	return []exporterhelper.Option{
		exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: true}),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{Timeout: 0}),
		exporterhelper.WithRetry(e.cfg.Retry),
		xexporterhelper.WithQueueBatch(e.cfg.Queue, settings),
	}
}

// tenantPartitioner keeps the batches of tenants apart.
type tenantPartitioner struct{}

// GetKey reads the tenant that the split put into the context.
func (tenantPartitioner) GetKey(ctx context.Context, _ xexporterhelper.Request) string {
	return tenantFrom(ctx)
}

// mergeTenant is the context of two merged requests of one tenant.
func mergeTenant(a, _ context.Context) context.Context {
	md := client.NewMetadata(map[string][]string{tenantMetadata: {tenantFrom(a)}})
	return client.NewContext(context.Background(), client.Info{Metadata: md})
}

// tenantOf is the sub-prefix of a batch; empty without tenant settings.
func (e *engine) tenantOf(ctx context.Context) string {
	if e.tenants == nil {
		return ""
	}
	return tenantFrom(ctx)
}
