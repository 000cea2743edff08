package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Leaf is a certificate with its private key.
type Leaf struct {
	CertPEM []byte
	KeyPEM  []byte
	TLS     tls.Certificate
}

// Option changes a leaf before it is signed.
type Option func(*x509.Certificate)

// Valid sets the validity period; an end in the past makes an expired leaf.
func Valid(from, until time.Time) Option {
	return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = from, until }
}

// Server makes a server leaf for the given host names and IP addresses.
func (a *Authority) Server(hosts []string, options ...Option) (Leaf, error) {
	if len(hosts) == 0 {
		return Leaf{}, fmt.Errorf("server leaf: name at least one host")
	}
	return a.leaf(hosts[0], x509.ExtKeyUsageServerAuth, func(c *x509.Certificate) {
		for _, host := range hosts {
			if ip := net.ParseIP(host); ip != nil {
				c.IPAddresses = append(c.IPAddresses, ip)
			} else {
				c.DNSNames = append(c.DNSNames, host)
			}
		}
	}, options)
}

// Client makes a client leaf.
func (a *Authority) Client(commonName string, options ...Option) (Leaf, error) {
	return a.leaf(commonName, x509.ExtKeyUsageClientAuth, func(*x509.Certificate) {}, options)
}

func (a *Authority) leaf(name string, usage x509.ExtKeyUsage, fill Option, options []Option) (Leaf, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Leaf{}, fmt.Errorf("leaf %q: make key: %w", name, err)
	}
	serial, err := serialNumber()
	if err != nil {
		return Leaf{}, fmt.Errorf("leaf %q: %w", name, err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{usage},
	}
	fill(template)
	for _, option := range options {
		option(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return Leaf{}, fmt.Errorf("leaf %q: sign: %w", name, err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Leaf{}, fmt.Errorf("leaf %q: encode key: %w", name, err)
	}
	leaf := Leaf{CertPEM: pemBlock("CERTIFICATE", der), KeyPEM: pemBlock("PRIVATE KEY", keyDER)}
	leaf.TLS, err = tls.X509KeyPair(leaf.CertPEM, leaf.KeyPEM)
	if err != nil {
		return Leaf{}, fmt.Errorf("leaf %q: read back: %w", name, err)
	}
	return leaf, nil
}

// Write stores dir/base.crt and dir/base.key, the key readable by the owner
// alone, and returns both paths.
func (l Leaf) Write(dir, base string) (certPath, keyPath string, err error) {
	return l.WriteAs(filepath.Join(dir, base+".crt"), filepath.Join(dir, base+".key"))
}

// WriteAs is Write with both names given.
func (l Leaf) WriteAs(certPath, keyPath string) (string, string, error) {
	if err := os.WriteFile(certPath, l.CertPEM, 0o644); err != nil { // certificates are public
		return "", "", fmt.Errorf("write certificate: %w", err)
	}
	if err := os.WriteFile(keyPath, l.KeyPEM, 0o600); err != nil {
		return "", "", fmt.Errorf("write private key: %w", err)
	}
	return certPath, keyPath, nil
}

// ClientTLS is a client's configuration: it trusts this authority alone and
// shows the given leaves (none: a client without a certificate).
func (a *Authority) ClientTLS(leaves ...Leaf) *tls.Config {
	config := &tls.Config{RootCAs: a.Pool(), MinVersion: tls.VersionTLS12}
	for _, leaf := range leaves {
		config.Certificates = append(config.Certificates, leaf.TLS)
	}
	return config
}
