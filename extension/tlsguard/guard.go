package tlsguard

import (
	"context"
	"crypto/fips140"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/collector/featuregate"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/classify"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/internal/metadata"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/probe"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// resolveTimeout bounds the lookup of one name at start: a dead resolver must
// not hold the collector back for long.
const resolveTimeout = time.Second

// guard judges the configuration when the collector hands it over, and
// watches the sockets afterwards.
type guard struct {
	policy    rules.Policy
	logger    *zap.Logger
	settings  component.TelemetrySettings
	telemetry *metadata.TelemetryBuilder
	host      component.Host

	// sockets and now are seams for tests.
	sockets func() ([]probe.Socket, error)
	now     func() time.Time

	// input and surfaces are set by NotifyConfigSnapshot and read-only after
	// Ready.
	input    rules.Input
	surfaces []rules.Surface

	// mu guards everything declared below.
	mu    sync.Mutex
	watch *watch
	// fatal is what stopped the collector; Shutdown returns it.
	fatal error
}

var (
	_ extension.Extension                         = (*guard)(nil)
	_ extensioncapabilities.ConfigSnapshotWatcher = (*guard)(nil)
	_ extensioncapabilities.PipelineWatcher       = (*guard)(nil)
)

func newGuard(settings extension.Settings, config *Config) *guard {
	return &guard{
		policy: config.Policy,
		// A finding is one line; the collector's default adds a stack to errors.
		logger:   settings.Logger.WithOptions(zap.AddStacktrace(zap.DPanicLevel)),
		settings: settings.TelemetrySettings,
		sockets:  probe.Sockets, now: time.Now,
	}
}

// Start keeps the host: its factories tell what each component's settings are.
func (g *guard) Start(_ context.Context, host component.Host) error {
	telemetry, err := metadata.NewTelemetryBuilder(g.settings)
	if err != nil {
		return fmt.Errorf("tls_guard: cannot make its metrics: %w", err)
	}
	g.telemetry, g.host = telemetry, host
	return nil
}

// Shutdown returns what stopped the collector, if the watch did: after a fatal
// status alone the process would exit 0.
func (g *guard) Shutdown(context.Context) error {
	g.stopWatch()
	if g.telemetry != nil {
		g.telemetry.Shutdown()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fatal
}

// NotifyConfigSnapshot refuses the start with all findings. No receiver
// listens yet, and the error makes the process exit 1.
func (g *guard) NotifyConfigSnapshot(ctx context.Context, snapshot extensioncapabilities.ConfigSnapshot) error {
	effective := snapshot.Effective()
	if effective == nil {
		return errors.New("tls_guard: the collector gave no effective configuration: refusing to start unchecked")
	}
	host, ok := g.host.(classify.Host)
	if !ok {
		return errors.New("tls_guard: the host does not give access to its factories: refusing to start unchecked")
	}
	classifier := newCache(classify.HostClassifier{Host: host})
	g.input = rules.Input{
		Config:     effective.ToStringMap(),
		Classifier: classifier,
		Environment: rules.Environment{
			FIPS:             fips140.Enabled(),
			FeatureGates:     enabledGates(),
			EncryptedStorage: hasFactory(classifier, rules.Extension, "encrypted_storage"),
			Files:            rules.OSFiles{},
			Getenv:           os.Getenv,
			LookupHost:       lookupHost(ctx),
		},
	}
	g.surfaces = rules.Surfaces(g.input, g.policy)
	report := rules.Evaluate(g.input, g.policy)
	g.countFindings(ctx, report.Findings)
	for _, exempted := range report.Exempted {
		g.count(ctx, exempted.Finding.ID, "exempted")
	}
	g.recordExpiry(ctx)
	return g.verdict(report)
}

func (g *guard) countFindings(ctx context.Context, findings []rules.Finding) {
	for _, f := range findings {
		g.count(ctx, f.ID, string(f.Severity))
	}
}

func (g *guard) count(ctx context.Context, rule, severity string) {
	g.telemetry.TLSGuardFindings.Add(ctx, 1, metric.WithAttributes(attribute.String("rule", rule), attribute.String("severity", severity)))
}

// recordExpiry reads the certificates again: a renewed file shows at the next
// look.
func (g *guard) recordExpiry(ctx context.Context) {
	for _, expiry := range rules.Expiries(g.input) {
		g.recordEnd(ctx, expiry.Path, expiry.NotAfter)
	}
}

func (g *guard) recordEnd(ctx context.Context, path string, end time.Time) {
	g.telemetry.TLSGuardCertificateExpiry.Record(ctx, end.Sub(g.now()).Seconds(), metric.WithAttributes(attribute.String("path", path)))
}

// verdict prints every finding and turns errors into a refusal.
func (g *guard) verdict(report rules.Report) error {
	for _, exempted := range report.Exempted {
		g.logger.Info("exempted: "+exempted.Finding.String(), zap.String("reason", exempted.Reason), zap.String("expires", exempted.Expires))
	}
	var refused []string
	for _, f := range report.Findings {
		if f.Severity == rules.Warn {
			g.logger.Warn(f.String())
			continue
		}
		g.logger.Error(f.String())
		refused = append(refused, f.String())
	}
	if len(refused) > 0 {
		count := "1 finding"
		if len(refused) > 1 {
			count = fmt.Sprintf("%d findings", len(refused))
		}
		return fmt.Errorf("tls_guard: refusing to start, %s:\n%s", count, strings.Join(refused, "\n"))
	}
	return nil
}

func hasFactory(classifier rules.Classifier, kind rules.Kind, typ string) bool {
	_, ok := classifier.Classify(kind, typ)
	return ok
}

func enabledGates() map[string]bool {
	gates := make(map[string]bool)
	featuregate.GlobalRegistry().VisitAll(func(gate *featuregate.Gate) {
		gates[gate.ID()] = gate.IsEnabled()
	})
	return gates
}

func lookupHost(ctx context.Context) func(string) ([]netip.Addr, error) {
	return func(host string) ([]netip.Addr, error) {
		ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
		defer cancel()
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
}

// cache classifies each type once: making a default configuration of a large
// receiver for every rule would cost the start dearly.
type cache struct {
	inner rules.Classifier
	known map[rules.Kind]map[string]cached
}

type cached struct {
	component rules.Component
	ok        bool
}

func newCache(inner rules.Classifier) cache {
	return cache{inner: inner, known: make(map[rules.Kind]map[string]cached)}
}

// Classify implements [rules.Classifier].
func (c cache) Classify(kind rules.Kind, componentType string) (rules.Component, bool) {
	if found, ok := c.known[kind][componentType]; ok {
		return found.component, found.ok
	}
	component, ok := c.inner.Classify(kind, componentType)
	if c.known[kind] == nil {
		c.known[kind] = make(map[string]cached)
	}
	c.known[kind][componentType] = cached{component, ok}
	return component, ok
}
