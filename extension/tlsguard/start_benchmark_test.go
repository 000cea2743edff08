package tlsguard

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/collector/extension/extensiontest"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/internal/metadata"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/probe"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// twenty opens twenty mTLS listeners and returns the configuration that would
// open them.
func twenty(b *testing.B) (map[string]any, []probe.Socket) {
	b.Helper()
	certFile, keyFile := writeCertificate(b, time.Now().Add(1000*time.Hour))
	certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
	require.NoError(b, err)
	authority, err := os.ReadFile(certFile)
	require.NoError(b, err)
	clients := x509.NewCertPool()
	require.True(b, clients.AppendCertsFromPEM(authority))
	receivers, names, sockets := map[string]any{}, []any{}, []probe.Socket(nil)
	for i := range 20 {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.EnableHTTP2 = true
		server.TLS = &tls.Config{
			Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12,
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients,
		}
		server.StartTLS()
		b.Cleanup(server.Close)
		address := server.Listener.Addr().String()
		sockets = append(sockets, probe.Socket{Address: netip.MustParseAddrPort(address), Inode: uint64(i)})
		name := fmt.Sprintf("otlp/%d", i)
		names = append(names, name)
		receivers[name] = map[string]any{"protocols": map[string]any{"http": map[string]any{
			"endpoint": address,
			"tls":      map[string]any{"cert_file": certFile, "key_file": keyFile, "client_ca_file": certFile},
		}}}
	}
	return map[string]any{
		"receivers": receivers,
		"service":   map[string]any{"pipelines": map[string]any{"traces": map[string]any{"receivers": names}}},
	}, sockets
}

// BenchmarkStart is what the guard adds to the start of a collector with
// twenty receivers: config is the check of the configuration, sockets the
// proof on the sockets, whose enumeration is in it.
func BenchmarkStart(b *testing.B) {
	config, sockets := twenty(b)
	var checked, proved time.Duration
	for b.Loop() {
		settings := extensiontest.NewNopSettings(metadata.Type)
		settings.TelemetrySettings = componenttest.NewNopTelemetrySettings()
		g := newGuard(settings, &Config{Policy: rules.DefaultPolicy()})
		g.sockets = func() ([]probe.Socket, error) {
			_, err := probe.Sockets()
			return sockets, err
		}
		begin := time.Now()
		require.NoError(b, g.Start(context.Background(), &statusHost{told: make(chan struct{}, 1)}))
		snapshot := extensioncapabilities.NewConfigSnapshot(confmap.NewFromStringMap(config), nil)
		require.NoError(b, g.NotifyConfigSnapshot(context.Background(), snapshot))
		middle := time.Now()
		require.NoError(b, g.Ready())
		end := time.Now()
		checked, proved = checked+middle.Sub(begin), proved+end.Sub(middle)
		require.NoError(b, g.NotReady())
		require.NoError(b, g.Shutdown(context.Background()))
	}
	each := func(total time.Duration) float64 { return float64(total.Microseconds()) / 1000 / float64(b.N) }
	b.ReportMetric(each(checked), "config-ms")
	b.ReportMetric(each(proved), "sockets-ms")
}
