package tlsguard

import (
	"context"
	"crypto/fips140"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/collector/featuregate"
	"go.uber.org/zap"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/classify"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// resolveTimeout bounds the lookup of one name at start: a dead resolver must
// not hold the collector back for long.
const resolveTimeout = time.Second

// guard judges the configuration when the collector hands it over.
type guard struct {
	policy rules.Policy
	logger *zap.Logger
	host   component.Host
}

var (
	_ extension.Extension                         = (*guard)(nil)
	_ extensioncapabilities.ConfigSnapshotWatcher = (*guard)(nil)
)

func newGuard(settings extension.Settings, config *Config) *guard {
	return &guard{policy: config.Policy, logger: settings.Logger}
}

// Start keeps the host: its factories tell what each component's settings are.
func (g *guard) Start(_ context.Context, host component.Host) error {
	g.host = host
	return nil
}

// Shutdown implements [component.Component].
func (g *guard) Shutdown(context.Context) error { return nil }

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
	classifier := classify.HostClassifier{Host: host}
	report := rules.Evaluate(rules.Input{
		Config:     effective.ToStringMap(),
		Classifier: classifier,
		Environment: rules.Environment{
			FIPS:             fips140.Enabled(),
			FeatureGates:     enabledGates(),
			EncryptedStorage: hasFactory(classifier, rules.Extension, "encrypted_storage"),
			LookupHost:       lookupHost(ctx),
		},
	}, g.policy)
	return g.verdict(report)
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
		return fmt.Errorf("tls_guard: refusing to start, %d findings:\n%s", len(refused), strings.Join(refused, "\n"))
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
