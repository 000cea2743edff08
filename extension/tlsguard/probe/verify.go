package probe

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// Result is what a listening socket does.
type Result string

// The results of [Verify], from good to bad.
const (
	// Sealed asks for a client certificate and refuses a stranger's.
	Sealed Result = "sealed"
	// NoClientCertificate speaks TLS and lets a client without one in.
	NoClientCertificate Result = "no_client_certificate"
	// UnknownCAAccepted lets a self-signed client certificate in.
	UnknownCAAccepted Result = "unknown_ca_accepted"
	// Plaintext does not answer a handshake with TLS.
	Plaintext Result = "plaintext"
	// Unreachable took no connection, or speaks TLS in a way that cannot be
	// judged.
	Unreachable Result = "unreachable"
)

// Stranger is a client certificate that no server knows.
type Stranger struct{ certificate tls.Certificate }

// NewStranger makes a fresh self-signed certificate; its key lives in memory
// only.
func NewStranger(now time.Time) (Stranger, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Stranger{}, fmt.Errorf("cannot make the probe's key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "tls-guard-probe"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return Stranger{}, fmt.Errorf("cannot make the probe's certificate: %w", err)
	}
	return Stranger{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}}, nil
}

// Verify connects to address (host:port) twice at most and says what the
// socket does. Silence to a handshake counts as plaintext: a receiver that
// waits for more bytes has taken them as data. The certificate is the server's
// own, nil if it showed none: one that the configuration holds in memory or
// reads from elsewhere can be judged only here.
func Verify(ctx context.Context, address string, stranger Stranger) (Result, *x509.Certificate) {
	first := try(ctx, address, nil, tls.VersionTLS12, 0)
	switch {
	case first.dialErr != nil:
		return Unreachable, first.leaf
	case first.admitted():
		// Not asked for, or asked for and not required.
		return NoClientCertificate, first.leaf
	case !first.handshake && !first.asked:
		// No handshake and no certificate request: it may be TLS below 1.2.
		if old := try(ctx, address, nil, tls.VersionTLS10, tls.VersionTLS11); old.admitted() {
			return NoClientCertificate, old.leaf
		} else if old.handshake || old.asked {
			break
		} else if first.alert || old.alert {
			return Unreachable, first.leaf
		}
		return Plaintext, nil
	}
	second := try(ctx, address, &stranger.certificate, tls.VersionTLS12, 0)
	if second.dialErr != nil {
		return Unreachable, first.leaf
	}
	if second.admitted() {
		return UnknownCAAccepted, second.leaf
	}
	return Sealed, second.leaf
}
