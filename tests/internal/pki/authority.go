// Package pki makes throw-away certificates for tests and for the demo: an
// authority, server and client leaves, and the broken ones that a guard has to
// refuse (expired, wrong authority, wrong name).
//
// Keys are ECDSA P-256 and live as long as the folder they are written to.
// Nothing made here may be trusted by anything that outlives a test.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// Authority signs leaves. It is safe for concurrent use after creation.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

// NewAuthority makes a self-signed authority that is valid from an hour ago
// for a day: long enough for a slow test, too short to be kept.
func NewAuthority(commonName string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("authority %q: make key: %w", commonName, err)
	}
	serial, err := serialNumber()
	if err != nil {
		return nil, fmt.Errorf("authority %q: %w", commonName, err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: commonName},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(24 * time.Hour),
		IsCA:                  true,
		MaxPathLenZero:        true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("authority %q: sign: %w", commonName, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("authority %q: read back: %w", commonName, err)
	}
	return &Authority{cert: cert, key: key, pem: pemBlock("CERTIFICATE", der)}, nil
}

// PEM is the authority's certificate, as a CA file wants it.
func (a *Authority) PEM() []byte { return append([]byte(nil), a.pem...) }

// Pool holds this authority and no other.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// Write stores the certificate as dir/name and returns the path.
func (a *Authority) Write(dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, a.pem, 0o644); err != nil { // a CA certificate is public
		return "", fmt.Errorf("write authority: %w", err)
	}
	return path, nil
}

func serialNumber() (*big.Int, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make serial number: %w", err)
	}
	return serial.Add(serial, big.NewInt(1)), nil
}

func pemBlock(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
