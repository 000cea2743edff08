package tlsguard

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension/extensioncapabilities"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/internal/metadatatest"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/probe"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// writeCertificate writes a self-signed certificate and its key.
func writeCertificate(t testing.TB, end time.Time, changes ...func(*x509.Certificate)) (cert, key string) {
	t.Helper()
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "receiver"}, DNSNames: []string{"localhost"},
		NotBefore: end.Add(-24 * 365 * time.Hour), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
	}
	for _, change := range changes {
		change(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	require.NoError(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(signer)
	require.NoError(t, err)
	folder := t.TempDir()
	cert, key = filepath.Join(folder, "server.crt"), filepath.Join(folder, "server.key")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600))
	return cert, key
}

func TestCertificateExpiryIsAMetric(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	cert, key := writeCertificate(t, now.Add(1000*time.Hour))
	g, _, telemetry := started(t, nil, &socketList{})
	g.now = func() time.Time { return now }
	config := confmap.NewFromStringMap(map[string]any{
		"receivers": map[string]any{"otlp": map[string]any{"protocols": map[string]any{"grpc": map[string]any{
			"endpoint": "127.0.0.1:0",
			"tls":      map[string]any{"cert_file": cert, "key_file": key, "client_ca_file": cert},
		}}}},
		"service": map[string]any{"pipelines": map[string]any{"traces": map[string]any{"receivers": []any{"otlp"}}}},
	})
	require.NoError(t, g.NotifyConfigSnapshot(context.Background(), extensioncapabilities.NewConfigSnapshot(config, nil)))
	seconds := (1000 * time.Hour).Seconds()
	at := func(setting string) attribute.Set {
		return attribute.NewSet(attribute.String("path", "receivers::otlp::protocols::grpc::tls::"+setting))
	}
	metadatatest.AssertEqualTLSGuardCertificateExpiry(t, telemetry, []metricdata.DataPoint[float64]{
		{Value: seconds, Attributes: at("cert_file")},
		{Value: seconds, Attributes: at("client_ca_file")},
	}, metricdatatest.IgnoreTimestamp())
	require.NoError(t, g.Shutdown(context.Background()))
}

// A certificate given as PEM is redacted in the configuration that the guard
// sees: only the socket shows it.
func TestReadyJudgesTheCertificateThatASocketPresents(t *testing.T) {
	t.Parallel()
	now := time.Now()
	valid := now.Add(1000 * time.Hour)
	same := func(*x509.Certificate) {}
	for name, c := range map[string]struct {
		end    time.Time
		change func(*x509.Certificate)
		want   string
	}{
		"valid":           {valid, same, ""},
		"ends soon":       {now.Add(time.Hour), same, ""},
		"expired":         {now.Add(-time.Hour), same, "TG012"},
		"for clients":     {valid, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, "TG011"},
		"without a name":  {valid, func(c *x509.Certificate) { c.DNSNames = nil }, "TG011"},
		"of next century": {valid, func(c *x509.Certificate) { c.NotBefore = now.Add(time.Hour) }, "TG011"},
	} {
		certFile, keyFile := writeCertificate(t, c.end, c.change)
		certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
		require.NoError(t, err)
		clients := x509.NewCertPool()
		clients.AddCert(certificate.Leaf)
		listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
			Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MinVersion: tls.VersionTLS12,
		})
		require.NoError(t, err)
		server := &http.Server{Handler: http.NotFoundHandler(), ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: time.Minute}
		done := make(chan struct{})
		go func() { defer close(done); _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close(); <-done })
		socket := probe.Socket{Address: listener.Addr().(*net.TCPAddr).AddrPort()}

		g, _, _ := started(t, nil, &socketList{list: []probe.Socket{socket}})
		err = g.Ready()
		if c.want == "" {
			require.NoError(t, err, name)
		} else {
			require.ErrorContains(t, err, c.want, name)

			exempting := func(p *rules.Policy) {
				p.Exemptions = []rules.Exemption{{Path: rules.SocketPath(socket.Address), Rules: []string{c.want}, Reason: "test", Expires: rules.Never}}
			}
			spared, _, _ := started(t, exempting, &socketList{list: []probe.Socket{socket}})
			require.NoError(t, spared.Ready(), "an exemption of the socket covers it")
			require.NoError(t, spared.NotReady())
			require.NoError(t, spared.Shutdown(context.Background()))
		}
		require.NoError(t, g.NotReady(), name)
		require.NoError(t, g.Shutdown(context.Background()), name)
	}
}

// The end of a certificate given as PEM is read from the socket; that it is
// near is said there as well, once.
func TestTheEndOfAnInlineCertificateIsAMetric(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	certFile, keyFile := writeCertificate(t, now.Add(time.Hour))
	certificate, err := tls.LoadX509KeyPair(certFile, keyFile)
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	t.Cleanup(server.Close)
	socket := probe.Socket{Address: server.Listener.Addr().(*net.TCPAddr).AddrPort()}
	g, _, telemetry := started(t, nil, &socketList{list: []probe.Socket{socket}})
	g.now = func() time.Time { return now }
	g.surfaces = []rules.Surface{{
		Path: "receivers::otlp", Host: "127.0.0.1", Port: socket.Address.Port(), Inline: true,
		Policy: rules.ReceiverPolicy{ClientAuth: rules.ClientAuthOptional},
	}}
	require.NoError(t, g.Ready())
	metadatatest.AssertEqualTLSGuardCertificateExpiry(t, telemetry, []metricdata.DataPoint[float64]{
		{Value: time.Hour.Seconds(), Attributes: attribute.NewSet(attribute.String("path", "receivers::otlp::tls::cert_pem"))},
	}, metricdatatest.IgnoreTimestamp())
	metadatatest.AssertEqualTLSGuardFindings(t, telemetry, []metricdata.DataPoint[int64]{
		{Value: 1, Attributes: attribute.NewSet(attribute.String("rule", "TG013"), attribute.String("severity", "warn"))},
	}, metricdatatest.IgnoreTimestamp())
	require.NoError(t, g.NotReady())
	require.NoError(t, g.Shutdown(context.Background()))
}
