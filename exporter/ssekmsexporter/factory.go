package ssekmsexporter

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/metadata"
)

// NewFactory returns the factory of the s3_sse_kms exporter. The signals of one
// component share one engine, and with it one breaker, through the factory.
func NewFactory() exporter.Factory {
	r := &registry{engines: make(map[registryKey]*engine)}
	return exporter.NewFactory(
		metadata.Type,
		createDefaultConfig,
		exporter.WithTraces(func(_ context.Context, set exporter.Settings, cfg component.Config) (exporter.Traces, error) {
			e, err := r.engine(set, cfg.(*Config))
			if err != nil {
				return nil, err
			}
			return newTraces(set, e)
		}, metadata.TracesStability),
		exporter.WithMetrics(func(_ context.Context, set exporter.Settings, cfg component.Config) (exporter.Metrics, error) {
			e, err := r.engine(set, cfg.(*Config))
			if err != nil {
				return nil, err
			}
			return newMetrics(set, e)
		}, metadata.MetricsStability),
		exporter.WithLogs(func(_ context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
			e, err := r.engine(set, cfg.(*Config))
			if err != nil {
				return nil, err
			}
			return newLogs(set, e)
		}, metadata.LogsStability),
	)
}

// registryKey is a component of one configuration: after a reload in the same
// process the same id has another Config and gets an engine of its own.
type registryKey struct {
	id  component.ID
	cfg *Config
}

// registry finds the engine that the signals of one component share.
type registry struct {
	// mu guards everything declared below.
	mu      sync.Mutex
	engines map[registryKey]*engine
}

func (r *registry) engine(set exporter.Settings, cfg *Config) (*engine, error) {
	key := registryKey{id: set.ID, cfg: cfg}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, ok := r.engines[key]; ok {
		return e, nil
	}
	var e *engine
	e, err := newEngine(set, cfg, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.engines[key] == e {
			delete(r.engines, key)
		}
	})
	if err != nil {
		return nil, err
	}
	r.engines[key] = e
	return e, nil
}
