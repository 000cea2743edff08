//go:build unix

package guard

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/child"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
)

// A reload builds every component anew: the guard judges the new
// configuration before the new receivers listen.
func TestHangUpToABadConfigurationExits1(t *testing.T) {
	needCollector(t)
	t.Parallel()
	rule, _ := rules.Lookup("TG001")
	s, address := newSite(t), freePort(t)
	options := s.options(t, s.fill(rule.Good, address))
	binary, err := collector.Find()
	require.NoError(t, err)
	process, err := child.Start(child.Spec{Path: binary, Args: []string{"--config", options.Configs[0]}, Output: options.Log})
	require.NoError(t, err)
	defer process.Kill() // it has ended when the test passes
	require.Eventually(t, func() bool {
		log, err := os.ReadFile(options.Log)
		return err == nil && strings.Contains(string(log), "Everything is ready")
	}, 2*time.Minute, 10*time.Millisecond)

	next := freePort(t)
	require.NoError(t, os.WriteFile(options.Configs[0], []byte(s.fill(rule.Bad, next)), 0o600))
	everOpen := knock(t, next)
	require.NoError(t, syscall.Kill(process.Pid(), syscall.SIGHUP))
	code, output := ends(t, process, options.Log)
	assert.Contains(t, output, "tls_guard: TG001 receivers::otlp::protocols::http: ")
	assert.False(t, everOpen(), "the port of the bad configuration was open")
	assert.Equal(t, 1, code)
}

func TestUnguardedConfigurationIsGuarded(t *testing.T) {
	needCollector(t)
	t.Parallel()
	rule, _ := rules.Lookup("TG001")
	unguarded := strings.NewReplacer("extensions:\n  tls_guard: {}\n", "", "  extensions: [tls_guard]\n", "").Replace(rule.Bad)
	require.NotContains(t, unguarded, "tls_guard")
	s, address := newSite(t), freePort(t)
	refuses(t, s.options(t, s.fill(unguarded, address)), address, "tls_guard: TG001 receivers::otlp::protocols::http: ")

	opted := newSite(t)
	options := opted.options(t, opted.fill(unguarded, freePort(t)))
	options.Env = []string{"OTELCOL_SEALED_UNGUARDED=1"}
	starts(t, options, "OTELCOL_SEALED_UNGUARDED=1: this collector starts without a guard")
}

func TestPartialReloadIsRefused(t *testing.T) {
	needCollector(t)
	t.Parallel()
	rule, _ := rules.Lookup("TG001")
	s, address := newSite(t), freePort(t)
	options := s.options(t, s.fill(rule.Good, address))
	options.Args = []string{"--feature-gates=service.partialReload"}
	refuses(t, options, address, "tls_guard: TG060 feature_gates::service.partialReload: ")
}

// The SDK would send the collector's own traces in clear to an https endpoint.
func TestInsecureVariableIsRefused(t *testing.T) {
	needCollector(t)
	t.Parallel()
	s, address := newSite(t), freePort(t)
	options := s.options(t, s.fill(parts{
		telemetry: "{metrics: {level: none}, traces: {processors: [{batch: {exporter: {otlp: {protocol: grpc, endpoint: \"https://store.example:4317\"}}}}]}}",
	}.yaml(), address))
	options.Env = []string{"OTEL_EXPORTER_OTLP_TRACES_INSECURE=true"}
	refuses(t, options, address, "tls_guard: TG030 service::telemetry::traces::processors::0::batch::exporter::otlp::endpoint: ")
}
