package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	servers, clients := newAuthority(t, "servers"), newAuthority(t, "clients")
	certificate := servers.issue(t, x509.ExtKeyUsageServerAuth)
	config := func(auth tls.ClientAuthType, lowest, highest uint16) *tls.Config {
		return &tls.Config{
			Certificates: []tls.Certificate{*certificate}, ClientAuth: auth, ClientCAs: clients.pool,
			MinVersion: lowest, MaxVersion: highest,
		}
	}
	rawTLS := func(config *tls.Config) func(net.Conn) {
		return func(conn net.Conn) {
			defer conn.Close()
			_, _ = io.Copy(io.Discard, tls.Server(conn, config))
		}
	}
	cases := map[string]struct {
		address string
		want    Result
	}{
		"plaintext http":           {serveHTTP(t, nil), Plaintext},
		"http over TLS":            {serveHTTP(t, config(tls.NoClientCert, 0, 0)), NoClientCertificate},
		"asked and not required":   {serveHTTP(t, config(tls.RequestClientCert, 0, 0)), NoClientCertificate},
		"verified if given":        {serveHTTP(t, config(tls.VerifyClientCertIfGiven, 0, 0)), NoClientCertificate},
		"any certificate will do":  {serveHTTP(t, config(tls.RequireAnyClientCert, 0, 0)), UnknownCAAccepted},
		"any, TLS 1.2":             {serveHTTP(t, config(tls.RequireAnyClientCert, 0, tls.VersionTLS12)), UnknownCAAccepted},
		"mTLS":                     {serveHTTP(t, config(tls.RequireAndVerifyClientCert, 0, 0)), Sealed},
		"mTLS, TLS 1.2":            {serveHTTP(t, config(tls.RequireAndVerifyClientCert, 0, tls.VersionTLS12)), Sealed},
		"mTLS, TLS 1.0":            {serveHTTP(t, config(tls.RequireAndVerifyClientCert, tls.VersionTLS10, tls.VersionTLS10)), Sealed},
		"any certificate, TLS 1.0": {serveHTTP(t, config(tls.RequireAnyClientCert, tls.VersionTLS10, tls.VersionTLS11)), UnknownCAAccepted},
		"TLS 1.0":                  {serveHTTP(t, config(tls.NoClientCert, tls.VersionTLS10, tls.VersionTLS10)), NoClientCertificate},
		"TLS line protocol":        {serveRaw(t, rawTLS(config(tls.NoClientCert, 0, 0))), NoClientCertificate},
		"mTLS line protocol":       {serveRaw(t, rawTLS(config(tls.RequireAndVerifyClientCert, 0, 0))), Sealed},
		"plaintext that is silent": {serveRaw(t, func(conn net.Conn) { defer conn.Close(); _, _ = io.Copy(io.Discard, conn) }), Plaintext},
		"plaintext that hangs up": {serveRaw(t, func(conn net.Conn) {
			defer conn.Close()
			_, _ = conn.Read(make([]byte, 16))
		}), Plaintext},
		"plaintext that echoes": {serveRaw(t, func(conn net.Conn) {
			defer conn.Close()
			_, _ = bufio.NewReader(conn).WriteTo(conn)
		}), Plaintext},
		"post-quantum only, mTLS": {serveHTTP(t, func() *tls.Config {
			c := config(tls.RequireAndVerifyClientCert, 0, 0)
			c.CurvePreferences = []tls.CurveID{tls.X25519MLKEM768}
			return c
		}()), Sealed},
		"post-quantum only": {serveHTTP(t, func() *tls.Config {
			c := config(tls.NoClientCert, 0, 0)
			c.CurvePreferences = []tls.CurveID{tls.X25519MLKEM768}
			return c
		}()), NoClientCertificate},
		"other protocols only": {serveHTTP(t, func() *tls.Config {
			c := config(tls.RequireAndVerifyClientCert, 0, 0)
			c.NextProtos = []string{"telemetry"}
			return c
		}()), Sealed},
	}
	stranger, err := NewStranger(time.Now())
	require.NoError(t, err)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			got := Verify(ctx, c.address, stranger)
			assert.Equal(t, c.want, got.Result)
			assert.Equal(t, strings.Contains(name, "TLS 1.0"), got.Old)
			silent := name == "plaintext that is silent" || name == "plaintext that hangs up"
			assert.Equal(t, silent, got.Silent)
			assert.Equal(t, c.want != Plaintext, len(got.Chain) > 0, "every TLS server shows its certificate")
		})
	}
}

func TestVerifyClosedPort(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	listener.Close()
	stranger, err := NewStranger(time.Now())
	require.NoError(t, err)
	got := Verify(context.Background(), address, stranger)
	assert.Equal(t, Verdict{Result: Unreachable, Silent: true}, got)
}
