package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExamine(t *testing.T) {
	t.Parallel()
	servers, clients, others := newAuthority(t, "servers"), newAuthority(t, "clients"), newAuthority(t, "others")
	certificate := servers.issue(t, x509.ExtKeyUsageServerAuth)
	mutual := &tls.Config{Certificates: []tls.Certificate{*certificate}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients.pool}
	own := clients.issue(t, x509.ExtKeyUsageClientAuth)

	t.Run("mTLS", func(t *testing.T) {
		t.Parallel()
		got, err := Examine(context.Background(), serveHTTP(t, mutual.Clone()), Options{Certificate: own, Roots: servers.pool})
		require.NoError(t, err)
		assert.Empty(t, got.Gaps())
		assert.True(t, got.TLS)
		assert.True(t, got.PlaintextRefused, "Go answers plaintext with a plaintext 400: that is a refusal")
		assert.Equal(t, []Version{{"1.0", false}, {"1.1", false}, {"1.2", true}, {"1.3", true}}, got.Versions)
		assert.Equal(t, Required, got.ClientCertificate)
		assert.True(t, got.UnknownCARefused)
		assert.True(t, *got.CertificateAccepted)
		assert.True(t, got.PostQuantum)
		assert.False(t, got.NotAfter.IsZero())
	})
	t.Run("own certificate of another CA", func(t *testing.T) {
		t.Parallel()
		got, err := Examine(context.Background(), serveHTTP(t, mutual.Clone()), Options{Certificate: others.issue(t, x509.ExtKeyUsageClientAuth), Roots: servers.pool})
		require.NoError(t, err)
		assert.Equal(t, []string{"refuses the given client certificate"}, got.Gaps())
	})
	t.Run("server of another CA", func(t *testing.T) {
		t.Parallel()
		got, err := Examine(context.Background(), serveHTTP(t, mutual.Clone()), Options{Certificate: own, Roots: others.pool})
		require.NoError(t, err)
		require.Len(t, got.Gaps(), 1)
		assert.Contains(t, got.Gaps()[0], "chain: ")
	})
	t.Run("old TLS without client certificates", func(t *testing.T) {
		t.Parallel()
		config := &tls.Config{Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		got, err := Examine(context.Background(), serveHTTP(t, config), Options{Roots: servers.pool})
		require.NoError(t, err)
		assert.Equal(t, []string{"accepts TLS 1.0", "accepts TLS 1.1", "client certificate not asked for"}, got.Gaps())
	})
	t.Run("plaintext", func(t *testing.T) {
		t.Parallel()
		got, err := Examine(context.Background(), serveHTTP(t, nil), Options{})
		require.NoError(t, err)
		assert.False(t, got.TLS)
		assert.False(t, got.PlaintextRefused)
		assert.Equal(t, []string{"speaks no TLS"}, got.Gaps())
	})
	t.Run("not an address", func(t *testing.T) {
		t.Parallel()
		_, err := Examine(context.Background(), "localhost", Options{})
		require.ErrorContains(t, err, "not HOST:PORT")
	})
}
