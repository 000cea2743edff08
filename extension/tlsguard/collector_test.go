package tlsguard

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/nopexporter"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

// newCollector makes a collector of the few core components that this module
// can import; tests/guard runs the whole distribution.
func newCollector(t *testing.T, config string, more ...func(*otelcol.Factories)) *otelcol.Collector {
	t.Helper()
	collector, err := otelcol.NewCollector(otelcol.CollectorSettings{
		BuildInfo: component.NewDefaultBuildInfo(),
		Factories: func() (otelcol.Factories, error) {
			receivers, err := otelcol.MakeFactoryMap[receiver.Factory](otlpreceiver.NewFactory())
			if err != nil {
				return otelcol.Factories{}, err
			}
			exporters, err := otelcol.MakeFactoryMap[exporter.Factory](nopexporter.NewFactory(), otlpexporter.NewFactory())
			if err != nil {
				return otelcol.Factories{}, err
			}
			extensions, err := otelcol.MakeFactoryMap[extension.Factory](NewFactory())
			if err != nil {
				return otelcol.Factories{}, err
			}
			factories := otelcol.Factories{
				Receivers: receivers, Exporters: exporters, Extensions: extensions,
				Telemetry: otelconftelemetry.NewFactory(),
			}
			for _, change := range more {
				change(&factories)
			}
			return factories, nil
		},
		DisableGracefulShutdown: true,
		SkipSettingGRPCLogger:   true,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			URIs:              []string{"yaml:" + config},
			ProviderFactories: []confmap.ProviderFactory{yamlprovider.NewFactory()},
		}},
	})
	require.NoError(t, err)
	return collector
}

// run starts a collector, waits until it runs or gives up, and returns the
// error of Run. A collector that runs is shut down.
func run(t *testing.T, collector *otelcol.Collector) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- collector.Run(context.Background()) }()
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-deadline:
			t.Fatal("the collector neither runs nor stops")
		case <-tick.C:
			if collector.GetState() == otelcol.StateRunning {
				collector.Shutdown()
				return <-done
			}
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

const quiet = `
  telemetry:
    metrics: {level: none}
`

func TestPlaintextReceiverIsRefused(t *testing.T) {
	t.Parallel()
	address := freePort(t)
	config := fmt.Sprintf(`
receivers:
  otlp: {protocols: {http: {endpoint: %s}, grpc: {endpoint: 127.0.0.1:0, tls: null}}}
  otlp/unused: {protocols: {http: {endpoint: %s}}}
exporters:
  nop:
extensions:
  tls_guard:
service:
  extensions: [tls_guard]
  pipelines: {traces: {receivers: [otlp], exporters: [nop]}}`, address, address) + quiet
	opened := make(chan struct{})
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if conn, err := net.DialTimeout("tcp", address, 50*time.Millisecond); err == nil {
				conn.Close()
				close(opened)
				return
			}
		}
	}()
	err := run(t, newCollector(t, config))
	close(stop)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "tls_guard: TG001 receivers::otlp::protocols::http: accepts plaintext; set tls.cert_file, tls.key_file and tls.client_ca_file")
	assert.Contains(t, err.Error(), "tls_guard: TG001 receivers::otlp::protocols::grpc: accepts plaintext")
	assert.NotContains(t, err.Error(), "otlp/unused")
	assert.Equal(t, 2, strings.Count(err.Error(), "TG0"), err.Error())
	select {
	case <-opened:
		assert.Fail(t, "the receiver's port was open")
	default:
	}
}
