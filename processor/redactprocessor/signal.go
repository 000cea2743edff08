package redactprocessor

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor/internal/metadata"
	"github.com/sealed-otel/otelcol-sealed/redact"
)

// signalProcessor redacts one signal with an engine that it shares.
type signalProcessor struct {
	config    *Config
	signal    redact.Signal
	shared    *shared
	log       *zap.Logger
	telemetry *metadata.TelemetryBuilder
	// added and recorded are the signal's attribute as the lists that instruments take: a list
	// made for each call would be allocated for each batch.
	added    []metric.AddOption
	recorded []metric.RecordOption

	// engine is set by start, before any batch arrives.
	engine    *redact.Engine
	detectors []string
	// byRule are the attributes of a count at the level basic, by Count.Rule.
	byRule  [][]metric.AddOption
	walkers sync.Pool
}

func newSignalProcessor(set processor.Settings, c *Config, s redact.Signal, sh *shared) (*signalProcessor, error) {
	tb, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	attrs := metric.WithAttributeSet(attribute.NewSet(attribute.String("signal", s.String())))
	return &signalProcessor{
		config: c, signal: s, shared: sh, log: set.Logger, telemetry: tb,
		added: []metric.AddOption{attrs}, recorded: []metric.RecordOption{attrs},
	}, nil
}

func (p *signalProcessor) start(ctx context.Context, _ component.Host) error {
	engine, err := p.shared.start(p.log)
	if err != nil {
		return err
	}
	p.engine, p.detectors = engine, engine.Detectors()
	p.walkers.New = func() any { return newWalker(engine) }
	policy := engine.Policy()
	for rule := range len(policy.Rules()) + redact.RuleFailClosed + 1 {
		p.byRule = append(p.byRule, []metric.AddOption{metric.WithAttributeSet(attribute.NewSet(
			attribute.String("signal", p.signal.String()), attribute.String("rule", policy.RuleName(rule))))})
	}
	p.telemetry.ProcessorRedactPolicyInfo.Record(ctx, 1, metric.WithAttributes(
		attribute.String("policy", policy.Name()),
		attribute.String("version", p.config.version()),
		attribute.String("mode", policy.Mode().String()),
	))
	return nil
}

func (p *signalProcessor) shutdown(ctx context.Context) error {
	p.telemetry.Shutdown()
	if p.engine == nil { // start failed, or was never called
		return nil
	}
	return p.shared.stop(ctx)
}

// begin lends a walker for one batch, end takes it back and counts.
func (p *signalProcessor) begin() (*walker, time.Time) {
	w := p.walkers.Get().(*walker)
	w.begin(p.engine.Begin(p.signal))
	return w, time.Now()
}

func (p *signalProcessor) end(ctx context.Context, w *walker, began time.Time) {
	tally, merged := w.run.End(), w.merged
	w.end()
	p.walkers.Put(w)
	p.telemetry.ProcessorRedactDuration.Record(ctx, time.Since(began).Seconds(), p.recorded...)
	p.count(ctx, tally, merged)
}

// count tells what was done to a batch.
func (p *signalProcessor) count(ctx context.Context, tally redact.Tally, merged int64) {
	t := p.telemetry
	t.ProcessorRedactValues.Add(ctx, tally.Values, p.added...)
	t.ProcessorRedactBytes.Add(ctx, tally.Bytes, p.added...)
	if tally.Limits > 0 {
		t.ProcessorRedactLimitHits.Add(ctx, tally.Limits, p.added...)
	}
	if tally.Panics > 0 {
		t.ProcessorRedactPanics.Add(ctx, tally.Panics, p.added...)
	}
	if tally.NoTenant > 0 {
		t.ProcessorRedactMissingTenant.Add(ctx, tally.NoTenant, p.added...)
	}
	if merged > 0 {
		t.ProcessorRedactMergedSeries.Add(ctx, merged)
	}
	counter := t.ProcessorRedactRedactions
	if p.engine.Policy().Mode() == redact.Report {
		counter = t.ProcessorRedactWouldRedact
	}
	for _, c := range tally.Redactions {
		if p.config.MetricsLevel == LevelDetailed {
			counter.Add(ctx, c.N, metric.WithAttributeSet(p.detailed(c)))
		} else {
			counter.Add(ctx, c.N, p.byRule[c.Rule]...)
		}
	}
}

// detailed returns the attributes of a count at the level detailed.
func (p *signalProcessor) detailed(c redact.Count) attribute.Set {
	detector := "key"
	if c.Detector >= 0 {
		detector = p.detectors[c.Detector]
	}
	return attribute.NewSet(
		attribute.String("signal", p.signal.String()),
		attribute.String("rule", p.engine.Policy().RuleName(c.Rule)),
		attribute.String("detector", detector),
		attribute.String("location", c.Location.String()))
}
