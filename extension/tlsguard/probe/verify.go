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

// Certificate to show; the private key is in it.
func (s Stranger) Certificate() *tls.Certificate { return &s.certificate }

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

// quiet is long for a socket on the same host.
const quiet = 300 * time.Millisecond

// cheapGroups keep a start short: what is exchanged here protects nothing, and a
// post-quantum exchange costs both sides, which are one process, several times
// as much.
var cheapGroups = []tls.CurveID{tls.CurveP256, tls.CurveP384, tls.CurveP521}

// Verdict is what [Verify] found.
type Verdict struct {
	Result Result
	// Chain is what the server presented, its own certificate first; nil if none
	// was seen. A certificate that the configuration holds in memory or reads
	// from elsewhere can be judged only here.
	Chain []*x509.Certificate
	// Old is true when the server speaks nothing above TLS 1.1.
	Old bool
	// Silent is true when the result is for want of an answer: no connection, no
	// answer in time, or one that was cut off. A server under heavy load does the
	// same.
	Silent bool
}

// Verify connects to address (host:port) and says what the socket does: twice,
// and up to four times where the first handshake fails. Silence to a handshake
// counts as plaintext: a receiver that waits for more bytes has taken them as
// data.
func Verify(ctx context.Context, address string, stranger Stranger) Verdict {
	target := Target{Address: address, Quiet: quiet, Groups: cheapGroups}
	lowest, highest := uint16(tls.VersionTLS12), uint16(0)
	first := target.Try(ctx, nil, lowest, highest)
	if !first.Unreachable && !first.Complete && !first.Asked {
		// No handshake and no certificate request: it may be TLS below 1.2.
		lowest, highest = tls.VersionTLS10, tls.VersionTLS11
		old := target.Try(ctx, nil, lowest, highest)
		switch {
		case old.Complete || old.Asked:
			first = old
		case first.Spoken() || old.Spoken():
			return Verdict{Result: Unreachable, Chain: first.Chain, Silent: true}
		default:
			return Verdict{Result: Plaintext, Silent: first.Silent && old.Silent}
		}
	}
	verdict := Verdict{Result: Sealed, Chain: first.Chain, Old: highest != 0}
	switch {
	case first.Unreachable:
		return Verdict{Result: Unreachable, Silent: true}
	case first.Admitted():
		// Not asked for, or asked for and not required.
		verdict.Result = NoClientCertificate
		return verdict
	}
	second := target.Try(ctx, stranger.Certificate(), lowest, highest)
	switch {
	case second.Unreachable:
		verdict.Result, verdict.Silent = Unreachable, true
	case second.Admitted():
		verdict.Result = UnknownCAAccepted
	}
	return verdict
}
