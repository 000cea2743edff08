package rules

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io/fs"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// memFiles is a file system for the tests; modes default to 0600.
type memFiles struct {
	data      map[string][]byte
	access    map[string]Access
	encrypted map[string]bool
}

func (m memFiles) ReadFile(path string, _ int64) ([]byte, error) {
	data, ok := m.data[path]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return data, nil
}

func (m memFiles) Access(path string) (Access, error) {
	if access, ok := m.access[path]; ok {
		return access, nil
	}
	if _, ok := m.data[path]; ok {
		return Access{Mode: 0o600, Known: true}, nil
	}
	return Access{}, fs.ErrNotExist
}

func (m memFiles) Encrypted(path string) bool { return m.encrypted[path] }

type issued struct {
	cert *x509.Certificate
	der  []byte
	key  crypto.Signer
}

type request struct {
	template x509.Certificate
	key      crypto.Signer
	parent   *issued
}

func issue(t testing.TB, r request) issued {
	t.Helper()
	if r.key == nil {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		r.key = key
	}
	template := r.template
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = testNow.Add(-24*time.Hour), testNow.Add(365*24*time.Hour)
	}
	template.BasicConstraintsValid = true
	parent, signer := &template, r.key
	if r.parent != nil {
		parent, signer = r.parent.cert, r.parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, r.key.Public(), signer)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return issued{cert: cert, der: der, key: r.key}
}

func (i issued) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.der})
}

func (i issued) keyPEM(t testing.TB) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// testNow is the time of every test that judges a validity.
var testNow = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

var (
	pkiOnce sync.Once
	pkiData map[string][]byte
)

// pki holds the files that the examples name.
func pki(t testing.TB) memFiles {
	pkiOnce.Do(func() {
		ca := issue(t, request{template: x509.Certificate{Subject: pkix.Name{CommonName: "server CA"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}})
		clients := issue(t, request{template: x509.Certificate{Subject: pkix.Name{CommonName: "clients CA"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}})
		serverTemplate := x509.Certificate{
			Subject: pkix.Name{CommonName: "server"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		server := issue(t, request{template: serverTemplate, parent: &ca})
		client := issue(t, request{template: x509.Certificate{Subject: pkix.Name{CommonName: "client"}, DNSNames: []string{"client"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, parent: &clients})
		with := func(change func(*x509.Certificate)) issued {
			template := serverTemplate
			change(&template)
			return issue(t, request{template: template, key: server.key, parent: &ca})
		}
		expired := with(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = testNow.Add(-100*24*time.Hour), testNow.Add(-time.Hour)
		})
		soon := with(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = testNow.Add(-100*24*time.Hour), testNow.Add(72*time.Hour)
		})
		early := with(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = testNow.Add(time.Hour), testNow.Add(720*time.Hour)
		})
		short := with(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = testNow.Add(-time.Hour), testNow.Add(23*time.Hour)
		})
		unnamed := with(func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil })
		weakRSA, err := rsa.GenerateKey(rand.Reader, 1024)
		require.NoError(t, err)
		weak := issue(t, request{template: serverTemplate, key: weakRSA, parent: &ca})
		pkiData = map[string][]byte{
			"certs/ca.crt": ca.pem(), "certs/clients-ca.crt": clients.pem(),
			"certs/server.crt": server.pem(), "certs/server.key": server.keyPEM(t), "certs/open.key": server.keyPEM(t),
			"certs/client.crt": client.pem(), "certs/client.key": client.keyPEM(t),
			"certs/expired.crt": expired.pem(), "certs/soon.crt": soon.pem(), "certs/early.crt": early.pem(),
			"certs/short.crt": short.pem(), "certs/unnamed.crt": unnamed.pem(),
			"certs/weak.crt": weak.pem(), "certs/weak.key": weak.keyPEM(t),
			"certs/chain.crt": append(server.pem(), ca.pem()...), "certs/broken.crt": append(server.pem(), clients.pem()...),
			"certs/empty.crt": {},
		}
	})
	return memFiles{data: pkiData, access: map[string]Access{"certs/open.key": {Mode: 0o644, Known: true}}}
}
