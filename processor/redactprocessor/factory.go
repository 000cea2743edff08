package redactprocessor

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processorhelper"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor/internal/metadata"
	"github.com/sealed-otel/otelcol-sealed/redact"
)

var capabilities = consumer.Capabilities{MutatesData: true}

// factory hands one engine to the processors of all pipelines that share a
// configuration.
type factory struct {
	mu sync.Mutex
	// mu guards everything declared below.
	shared map[*Config]*shared
}

// NewFactory returns the factory of the redact processor.
func NewFactory() processor.Factory {
	f := &factory{shared: map[*Config]*shared{}}
	return processor.NewFactory(
		metadata.Type,
		createDefaultConfig,
		processor.WithTraces(f.createTraces, metadata.TracesStability),
		processor.WithLogs(f.createLogs, metadata.LogsStability),
		processor.WithMetrics(f.createMetrics, metadata.MetricsStability),
	)
}

func (f *factory) createTraces(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Traces) (processor.Traces, error) {
	p, err := f.signal(set, cfg, redact.Traces)
	if err != nil {
		return nil, err
	}
	return processorhelper.NewTraces(ctx, set, cfg, next, p.processTraces,
		processorhelper.WithCapabilities(capabilities),
		processorhelper.WithStart(p.start), processorhelper.WithShutdown(p.shutdown))
}

func (f *factory) createLogs(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Logs) (processor.Logs, error) {
	p, err := f.signal(set, cfg, redact.Logs)
	if err != nil {
		return nil, err
	}
	return processorhelper.NewLogs(ctx, set, cfg, next, p.processLogs,
		processorhelper.WithCapabilities(capabilities),
		processorhelper.WithStart(p.start), processorhelper.WithShutdown(p.shutdown))
}

func (f *factory) createMetrics(ctx context.Context, set processor.Settings, cfg component.Config, next consumer.Metrics) (processor.Metrics, error) {
	p, err := f.signal(set, cfg, redact.Metrics)
	if err != nil {
		return nil, err
	}
	return processorhelper.NewMetrics(ctx, set, cfg, next, p.processMetrics,
		processorhelper.WithCapabilities(capabilities),
		processorhelper.WithStart(p.start), processorhelper.WithShutdown(p.shutdown))
}

func (f *factory) signal(set processor.Settings, cfg component.Config, s redact.Signal) (*signalProcessor, error) {
	c := cfg.(*Config)
	f.mu.Lock()
	sh := f.shared[c]
	if sh == nil {
		sh = newShared(c, func() {
			f.mu.Lock()
			delete(f.shared, c)
			f.mu.Unlock()
		})
		f.shared[c] = sh
	}
	f.mu.Unlock()
	return newSignalProcessor(set, c, s, sh)
}
