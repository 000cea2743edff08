package tiny

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard"
)

// tinyConfig makes this test binary a collector of a few components: a
// process of its own, with its own sockets and exit code.
const tinyConfig = "GUARD_TINY_CONFIG"

func TestMain(m *testing.M) {
	if file := os.Getenv(tinyConfig); file != "" {
		os.Exit(tiny(file))
	}
	if os.Getenv(sdkSends) != "" {
		os.Exit(send())
	}
	os.Exit(m.Run())
}

func tiny(file string) int {
	collector, err := otelcol.NewCollector(otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{Command: "tiny", Version: "0"},
		Factories: func() (otelcol.Factories, error) {
			receivers, err := otelcol.MakeFactoryMap[receiver.Factory](
				oddFactory("odd", false), oddFactory("late", true), otlpreceiver.NewFactory())
			if err != nil {
				return otelcol.Factories{}, err
			}
			exporters, err := otelcol.MakeFactoryMap[exporter.Factory](countingFactory())
			if err != nil {
				return otelcol.Factories{}, err
			}
			extensions, err := otelcol.MakeFactoryMap[extension.Factory](tlsguard.NewFactory())
			return otelcol.Factories{Receivers: receivers, Exporters: exporters, Extensions: extensions, Telemetry: otelconftelemetry.NewFactory()}, err
		},
		ConfigProviderSettings: otelcol.ConfigProviderSettings{ResolverSettings: confmap.ResolverSettings{
			URIs: []string{"file:" + file}, ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory()},
		}},
	})
	if err == nil {
		err = collector.Run(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

type oddConfig struct {
	HTTP confighttp.ServerConfig `mapstructure:",squash"`
}

// oddReceiver is the receiver that no reading of settings can catch: they
// carry TLS, and it listens in plaintext. late opens its socket only when the
// collector has run for a while.
type oddReceiver struct {
	address  string
	late     bool
	listener net.Listener
	stop     context.CancelFunc
	done     chan struct{}
}

func oddFactory(name string, late bool) receiver.Factory {
	return receiver.NewFactory(component.MustNewType(name),
		func() component.Config { return &oddConfig{HTTP: confighttp.NewDefaultServerConfig()} },
		receiver.WithTraces(func(_ context.Context, _ receiver.Settings, config component.Config, _ consumer.Traces) (receiver.Traces, error) {
			return &oddReceiver{address: config.(*oddConfig).HTTP.NetAddr.Endpoint, late: late, done: make(chan struct{})}, nil
		}, component.StabilityLevelDevelopment))
}

func (o *oddReceiver) Start(context.Context, component.Host) error {
	ctx, cancel := context.WithCancel(context.Background())
	o.stop = cancel
	open := func() (err error) {
		o.listener, err = net.Listen("tcp", o.address)
		return err
	}
	if !o.late {
		close(o.done)
		return open()
	}
	go func() {
		defer close(o.done)
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
			_ = open()
		}
	}()
	return nil
}

func (o *oddReceiver) Shutdown(context.Context) error {
	if o.stop == nil {
		return nil
	}
	o.stop()
	<-o.done
	if o.listener != nil {
		return o.listener.Close()
	}
	return nil
}

// site holds throw-away certificates.
type site struct {
	dir              string
	servers, clients authority
}

func newSite(t *testing.T) site {
	t.Helper()
	s := site{dir: t.TempDir(), servers: newAuthority(t, "servers"), clients: newAuthority(t, "clients")}
	s.write(t, "servers-ca.crt", s.servers.pem)
	s.write(t, "clients-ca.crt", s.clients.pem)
	cert, key := s.servers.issue(t, x509.ExtKeyUsageServerAuth)
	s.write(t, "server.crt", cert)
	s.write(t, "server.key", key)
	return s
}

func (s site) write(t *testing.T, name string, data []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, name), data, 0o600))
}

// config is a whole configuration; nesting is what stands between the
// receiver's name and its server settings.
func (s site) config(receiver, nesting, address string) string {
	server := "{endpoint: " + address + ", tls: {cert_file: DIR/server.crt, key_file: DIR/server.key, client_ca_file: DIR/clients-ca.crt}}"
	return strings.ReplaceAll(fmt.Sprintf(`
receivers:
  %[1]s: %[2]s
exporters:
  counting: {file: DIR/count}
extensions:
  tls_guard: {probe: {interval: 1s, timeout: 1s}}
service:
  extensions: [tls_guard]
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [%[1]s], exporters: [counting]}
`, receiver, strings.Replace(nesting, "SERVER", server, 1)), "DIR", s.dir)
}

// process is this test binary run as a collector.
type process struct {
	cmd *exec.Cmd
	log string
}

func start(t *testing.T, s site, config string) process {
	t.Helper()
	file, log := filepath.Join(s.dir, "config.yaml"), filepath.Join(s.dir, "log")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	binary, err := os.Executable()
	require.NoError(t, err)
	output, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(t, err)
	defer output.Close()
	cmd := exec.Command(binary)
	cmd.Env = []string{tinyConfig + "=" + file}
	cmd.Stdout, cmd.Stderr = output, output
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return process{cmd, log}
}

// ends waits for the process and returns its exit code and what it printed.
func (p process) ends(t *testing.T) (int, string) {
	t.Helper()
	timer := time.AfterFunc(2*time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	_ = p.cmd.Wait()
	output, err := os.ReadFile(p.log)
	require.NoError(t, err)
	return p.cmd.ProcessState.ExitCode(), string(output)
}

func (p process) ready(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		output, err := os.ReadFile(p.log)
		return err == nil && strings.Contains(string(output), "Everything is ready")
	}, time.Minute, 5*time.Millisecond)
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

func TestProbeCatchesAReceiverWhoseSettingsLie(t *testing.T) {
	t.Parallel()
	s, address := newSite(t), freePort(t)
	code, output := start(t, s, s.config("odd", "SERVER", address)).ends(t)
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "tls_guard: TG080 receivers::odd: ")
	assert.NotContains(t, output, "Everything is ready")
	_, err := net.DialTimeout("tcp", address, time.Second)
	require.Error(t, err, "a refusal closes the sockets")
}

func TestASocketThatOpensAfterTheStartEndsTheProcessWith1(t *testing.T) {
	t.Parallel()
	s, address := newSite(t), freePort(t)
	code, output := start(t, s, s.config("late", "SERVER", address)).ends(t)
	assert.Contains(t, output, "Everything is ready")
	assert.Contains(t, output, "tls_guard: TG080 receivers::late: ")
	assert.Equal(t, 1, code, "a fatal status alone exits 0")
}
