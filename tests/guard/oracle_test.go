package guard

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/probe"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/pki"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

// oracle is a program that shares no code with the probe: openssl s_client,
// talking to a port that answers HTTP to whomever it lets in.
type oracle struct{ binary, address string }

// sClient runs one connection that asks for a page, and returns everything
// that was printed. An old version is refused by openssl's own defaults unless
// its security level is lowered.
func (o oracle) sClient(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	// -ign_eof keeps it reading: a TLS 1.3 server refuses a client's certificate
	// only after the handshake has succeeded for the client.
	args = append([]string{"s_client", "-connect", o.address, "-ign_eof", "-prexit"}, args...)
	cmd := exec.CommandContext(ctx, o.binary, args...)
	// The system's configuration may set limits of its own.
	cmd.Env = append(os.Environ(), "OPENSSL_CONF="+os.DevNull)
	cmd.Stdin = strings.NewReader("GET / HTTP/1.0\r\n\r\n")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run() // its exit code differs between versions; what it printed counts
	require.NoError(t, ctx.Err(), "%s", output.String())
	var exited *exec.ExitError
	if !errors.As(err, &exited) {
		require.NoError(t, err)
	}
	return output.String()
}

// answer is how every port here answers the request; openssl writes it between
// its own lines.
const answer = "404 Not Found"

// admits is true when the port answered.
func (o oracle) admits(t *testing.T, args ...string) bool {
	t.Helper()
	return strings.Contains(o.sClient(t, args...), answer)
}

// versions are those whose handshake shows the server's certificate.
func (o oracle) versions(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, version := range []struct{ flag, name string }{
		{"-tls1", "TLS 1.0"}, {"-tls1_1", "TLS 1.1"}, {"-tls1_2", "TLS 1.2"}, {"-tls1_3", "TLS 1.3"},
	} {
		if strings.Contains(o.sClient(t, version.flag, "-cipher", "ALL:@SECLEVEL=0"), "-----BEGIN CERTIFICATE-----") {
			out = append(out, version.name)
		}
	}
	return out
}

// sealctlProbe runs `sealctl probe` and returns the rows by check.
func sealctlProbe(t *testing.T, binary, address string, args ...string) map[string][2]string {
	t.Helper()
	// A port that lets somebody in and stays silent costs the whole timeout.
	args = append([]string{"probe", address, "--format=json", "--timeout=1s"}, args...)
	out, err := exec.CommandContext(t.Context(), binary, args...).Output()
	var exited *exec.ExitError
	if err != nil && (!errors.As(err, &exited) || exited.ExitCode() != 1) {
		require.NoError(t, err)
	}
	var tables []struct {
		Checks []struct{ Check, Result, Detail string }
	}
	require.NoError(t, json.Unmarshal(out, &tables))
	require.Len(t, tables, 1)
	rows := make(map[string][2]string)
	for _, row := range tables[0].Checks {
		rows[row.Check] = [2]string{row.Result, row.Detail}
	}
	return rows
}

// agree compares what openssl sees at a port with the guard's probe and with
// sealctl.
func agree(t *testing.T, openssl, sealctl, address string, s site) probe.Result {
	t.Helper()
	strangers, err := pki.NewAuthority("strangers")
	require.NoError(t, err)
	leaf, err := strangers.Client("stranger")
	require.NoError(t, err)
	dir := t.TempDir()
	cert, key, err := leaf.Write(dir, "stranger")
	require.NoError(t, err)
	otherCA, err := strangers.Write(dir, "other-ca.crt")
	require.NoError(t, err)
	certs := filepath.Join(s.dir, "certs")
	ca := filepath.Join(certs, "ca.crt")

	o := oracle{openssl, address}
	versions := o.versions(t)
	var want probe.Result
	lax := []string{"-cipher", "ALL:@SECLEVEL=0"}
	switch {
	case len(versions) == 0:
		want = probe.Plaintext
	case o.admits(t, lax...):
		want = probe.NoClientCertificate
	case o.admits(t, append(lax, "-cert", cert, "-key", key)...):
		want = probe.UnknownCAAccepted
	default:
		want = probe.Sealed
	}

	stranger, err := probe.NewStranger(time.Now())
	require.NoError(t, err)
	got := probe.Verify(t.Context(), address, stranger)
	assert.Equal(t, want, got.Result, "the guard's probe")
	current := slices.Contains(versions, "TLS 1.2") || slices.Contains(versions, "TLS 1.3")
	assert.Equal(t, want != probe.Plaintext && !current, got.Old)

	ownCert, ownKey := filepath.Join(certs, "client.crt"), filepath.Join(certs, "client.key")
	rows := sealctlProbe(t, sealctl, address, "--ca", ca, "--cert", ownCert, "--key", ownKey)
	if want == probe.Plaintext {
		assert.Equal(t, "GAP", rows["plaintext refused"][0])
		return want
	}
	assert.Equal(t, "ok", rows["plaintext refused"][0], rows)
	assert.Equal(t, strings.Join(versions, ", "), strings.SplitN(rows["TLS versions"][1], ":", 2)[0])
	old := slices.Contains(versions, "TLS 1.0") || slices.Contains(versions, "TLS 1.1")
	assert.Equal(t, old, rows["TLS versions"][0] == "GAP")
	if !current {
		return want
	}
	assert.Equal(t, want == probe.NoClientCertificate, rows["client certificate required"][0] == "GAP", rows)
	assert.Equal(t, want == probe.UnknownCAAccepted, rows["unknown authority refused"][0] == "GAP", rows)

	// The server's chain, for its authority and for another one.
	verified := func(file string) bool {
		return strings.Contains(o.sClient(t, "-CAfile", file, "-no-CApath", "-no-CAstore", "-verify_ip", "127.0.0.1"), "Verify return code: 0 (ok)")
	}
	assert.True(t, verified(ca))
	assert.Equal(t, "ok", rows["certificate chain"][0], rows)
	assert.False(t, verified(otherCA))
	assert.Equal(t, "GAP", sealctlProbe(t, sealctl, address, "--ca", otherCA)["certificate chain"][0])
	// Who has a right certificate is let in by a sealed port: it is not just dead.
	if want == probe.Sealed {
		assert.True(t, o.admits(t, "-cert", ownCert, "-key", ownKey))
		assert.Equal(t, "ok", rows["your certificate accepted"][0], rows)
	}
	return want
}

func needOracle(t *testing.T) (openssl, sealctl string) {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		required.Missing(t, "openssl is not installed")
	}
	missing := errors.New("dist/sealctl is not built: run make build, or point SEALCTL_BIN at it")
	sealctl, err = collector.FindBinary("SEALCTL_BIN", "sealctl", missing)
	if errors.Is(err, missing) {
		required.Missing(t, missing.Error())
	}
	require.NoError(t, err)
	return openssl, sealctl
}

func TestOracleAgreesOnEveryKindOfServer(t *testing.T) {
	openssl, sealctl := needOracle(t)
	t.Parallel()
	s := newSite(t)
	certs := filepath.Join(s.dir, "certs")
	certificate, err := tls.LoadX509KeyPair(filepath.Join(certs, "server.crt"), filepath.Join(certs, "server.key"))
	require.NoError(t, err)
	clients := x509.NewCertPool()
	require.True(t, clients.AppendCertsFromPEM(s.clients.PEM()))
	serve := func(t *testing.T, auth tls.ClientAuthType, lowest, highest uint16) string {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.TLS = &tls.Config{
			Certificates: []tls.Certificate{certificate}, ClientAuth: auth, ClientCAs: clients,
			MinVersion: lowest, MaxVersion: highest,
		}
		server.StartTLS()
		t.Cleanup(server.Close)
		return server.Listener.Addr().String()
	}
	for name, c := range map[string]struct {
		auth            tls.ClientAuthType
		lowest, highest uint16
		want            probe.Result
	}{
		"TLS 1.0 to 1.3":                {tls.NoClientCert, tls.VersionTLS10, tls.VersionTLS13, probe.NoClientCertificate},
		"TLS 1.0 alone":                 {tls.NoClientCert, tls.VersionTLS10, tls.VersionTLS10, probe.NoClientCertificate},
		"TLS 1.1 alone":                 {tls.NoClientCert, tls.VersionTLS11, tls.VersionTLS11, probe.NoClientCertificate},
		"TLS 1.2 alone":                 {tls.NoClientCert, tls.VersionTLS12, tls.VersionTLS12, probe.NoClientCertificate},
		"TLS 1.3 alone":                 {tls.NoClientCert, tls.VersionTLS13, tls.VersionTLS13, probe.NoClientCertificate},
		"certificate asked for":         {tls.VerifyClientCertIfGiven, tls.VersionTLS12, tls.VersionTLS13, probe.NoClientCertificate},
		"any certificate, TLS 1.2":      {tls.RequireAnyClientCert, tls.VersionTLS12, tls.VersionTLS12, probe.UnknownCAAccepted},
		"any certificate, TLS 1.3":      {tls.RequireAnyClientCert, tls.VersionTLS13, tls.VersionTLS13, probe.UnknownCAAccepted},
		"certificate required, TLS 1.0": {tls.RequireAndVerifyClientCert, tls.VersionTLS10, tls.VersionTLS10, probe.Sealed},
		"certificate required, TLS 1.2": {tls.RequireAndVerifyClientCert, tls.VersionTLS12, tls.VersionTLS12, probe.Sealed},
		"certificate required, TLS 1.3": {tls.RequireAndVerifyClientCert, tls.VersionTLS13, tls.VersionTLS13, probe.Sealed},
		"certificate required, 1.0-1.3": {tls.RequireAndVerifyClientCert, tls.VersionTLS10, tls.VersionTLS13, probe.Sealed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, agree(t, openssl, sealctl, serve(t, c.auth, c.lowest, c.highest), s))
		})
	}
	t.Run("plaintext", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		t.Cleanup(server.Close)
		assert.Equal(t, probe.Plaintext, agree(t, openssl, sealctl, server.Listener.Addr().String(), s))
	})
	t.Run("plaintext that hangs up", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				conn.Close()
			}
		}()
		t.Cleanup(func() { listener.Close(); <-done })
		assert.Equal(t, probe.Plaintext, agree(t, openssl, sealctl, listener.Addr().String(), s))
	})
}

// The same on the ports of the built collector, whose guard has let them open.
func TestOracleAgreesOnTheCollector(t *testing.T) {
	needCollector(t)
	openssl, sealctl := needOracle(t)
	t.Parallel()
	s := newSite(t)
	addresses, err := collector.FreeAddresses(3)
	require.NoError(t, err)
	config := s.fill(`receivers:
  otlp/sealed: {protocols: {http: {endpoint: "`+addresses[0]+`", tls: `+tlsServer+`}}}
  otlp/open: {protocols: {http: {endpoint: "`+addresses[1]+`", tls: `+tlsOnly+`}}}
  otlp/plain: {protocols: {http: {endpoint: "`+addresses[2]+`"}}}
exporters: {nop: {}}
extensions:
  tls_guard:
    receivers: {override: {receivers::otlp/open: {client_auth: optional}}}
    exemptions: [{path: receivers::otlp/plain, rules: [TG001], reason: the oracle looks at it, expires: never}]
service:
  extensions: [tls_guard]
  telemetry: {metrics: {level: none}}
  pipelines: {traces: {receivers: [otlp/sealed, otlp/open, otlp/plain], exporters: [nop]}}
`, "")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	options := s.options(t, config)
	options.Listens = addresses
	c, err := collector.Start(ctx, options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Stop()) })
	for i, want := range []probe.Result{probe.Sealed, probe.NoClientCertificate, probe.Plaintext} {
		assert.Equal(t, want, agree(t, openssl, sealctl, addresses[i], s), addresses[i])
	}
}
