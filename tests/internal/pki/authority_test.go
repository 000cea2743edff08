package pki_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/pki"
)

// serve starts an HTTPS server that asks for client certificates of ca.
func serve(t *testing.T, ca *pki.Authority, leaf pki.Leaf) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok")
	}))
	server.Config.ErrorLog = nil
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{leaf.TLS},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    ca.Pool(),
		MinVersion:   tls.VersionTLS12,
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	ca, err := pki.NewAuthority("right")
	require.NoError(t, err)
	wrong, err := pki.NewAuthority("wrong")
	require.NoError(t, err)
	leaf, err := ca.Server([]string{"127.0.0.1", "localhost"})
	require.NoError(t, err)
	server := serve(t, ca, leaf)

	good, err := ca.Client("good")
	require.NoError(t, err)
	foreign, err := wrong.Client("foreign")
	require.NoError(t, err)
	past := time.Now().Add(-time.Minute)
	expired, err := ca.Client("expired", pki.Valid(past.Add(-time.Hour), past))
	require.NoError(t, err)

	cases := map[string]struct {
		config *tls.Config
		ok     bool
	}{
		"client of the authority":    {ca.ClientTLS(good), true},
		"no certificate":             {ca.ClientTLS(), false},
		"client of another":          {ca.ClientTLS(foreign), false},
		"expired":                    {ca.ClientTLS(expired), false},
		"server leaf as client":      {ca.ClientTLS(leaf), false},
		"client that trusts another": {wrong.ClientTLS(good), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: c.config}, Timeout: 10 * time.Second}
			response, err := client.Get(server.URL)
			if !c.ok {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			assert.NoError(t, response.Body.Close())
		})
	}
}

func TestServerNeedsAHost(t *testing.T) {
	t.Parallel()
	ca, err := pki.NewAuthority("ca")
	require.NoError(t, err)
	_, err = ca.Server(nil)
	require.Error(t, err)
	leaf, err := ca.Server([]string{"collector", "::1"})
	require.NoError(t, err)
	require.NoError(t, leaf.TLS.Leaf.VerifyHostname("collector"))
	require.NoError(t, leaf.TLS.Leaf.VerifyHostname(net.IPv6loopback.String()))
	require.Error(t, leaf.TLS.Leaf.VerifyHostname("other"))
}

func TestWrittenKeyIsPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("windows has no mode bits")
	}
	ca, err := pki.NewAuthority("ca")
	require.NoError(t, err)
	leaf, err := ca.Client("client")
	require.NoError(t, err)
	certPath, keyPath, err := leaf.Write(t.TempDir(), "client")
	require.NoError(t, err)
	_, err = tls.LoadX509KeyPair(certPath, keyPath)
	require.NoError(t, err)
	info, err := os.Stat(keyPath)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
