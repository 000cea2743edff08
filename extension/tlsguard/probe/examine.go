package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"time"
)

// Options are what an examination may use.
type Options struct {
	// Timeout of each connection; zero means 2 s.
	Timeout time.Duration
	// Certificate that the server ought to let in; nil leaves that out.
	Certificate *tls.Certificate
	// Roots that the server's chain must end in; nil means the system's.
	Roots *x509.CertPool
	// ServerName to verify; empty means the host of the address.
	ServerName string
	// Now is the time that validity is judged at; zero means time.Now().
	Now time.Time
}

// ClientCertificate is how a server treats clients without one.
type ClientCertificate string

// How a server treats clients without a certificate.
const (
	NotAsked ClientCertificate = "not asked for"
	Asked    ClientCertificate = "asked for, not required"
	Required ClientCertificate = "required"
)

// Version is one TLS version and whether the server accepts it.
type Version struct {
	Name     string `json:"name"`
	Accepted bool   `json:"accepted"`
}

// Examination is everything [Examine] found out about one server.
type Examination struct {
	Address string `json:"address"`
	// TLS is true when any version completed a handshake or reached the
	// request for a client certificate.
	TLS bool `json:"tls"`
	// PlaintextRefused is false when the server goes on with plaintext HTTP/2
	// or HTTP/1.1, or speaks no TLS at all.
	PlaintextRefused  bool              `json:"plaintextRefused"`
	Versions          []Version         `json:"versions"`
	ClientCertificate ClientCertificate `json:"clientCertificate"`
	// UnknownCARefused is true when a self-signed client certificate was
	// turned away. It means nothing while none is asked for.
	UnknownCARefused bool `json:"unknownCARefused"`
	// CertificateAccepted tells about Options.Certificate; nil without one.
	CertificateAccepted *bool `json:"certificateAccepted,omitempty"`
	// PostQuantum is true when the handshake used a hybrid group.
	PostQuantum bool `json:"postQuantum"`
	// ChainError says why the server's chain does not verify; empty when it
	// does.
	ChainError string `json:"chainError,omitempty"`
	// Subject and NotAfter of the server's own certificate.
	Subject  string    `json:"subject,omitempty"`
	NotAfter time.Time `json:"notAfter,omitzero"`
}

var versions = []struct {
	name string
	id   uint16
}{{"1.0", tls.VersionTLS10}, {"1.1", tls.VersionTLS11}, {"1.2", tls.VersionTLS12}, {"1.3", tls.VersionTLS13}}

// Examine finds out what a server does, with about nine connections. The
// error says that nothing answered at the address.
func Examine(ctx context.Context, address string, options Options) (Examination, error) {
	if options.Timeout <= 0 {
		options.Timeout = 2 * time.Second
	}
	if options.Now.IsZero() {
		options.Now = time.Now()
	}
	result := Examination{Address: address, ClientCertificate: NotAsked}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return result, fmt.Errorf("%q is not HOST:PORT: %w", address, err)
	}
	if options.ServerName == "" {
		options.ServerName = host
	}
	connect := func(certificate *tls.Certificate, lowest, highest uint16) attempt {
		ctx, cancel := context.WithTimeout(ctx, options.Timeout)
		defer cancel()
		return try(ctx, address, certificate, lowest, highest)
	}
	var seen attempt
	for _, version := range versions {
		a := connect(nil, version.id, version.id)
		if a.dialErr != nil {
			return result, fmt.Errorf("cannot connect to %s: %w", address, a.dialErr)
		}
		// A server that asked for a certificate had agreed on the version.
		accepted := a.handshake || a.asked
		result.Versions = append(result.Versions, Version{version.name, accepted})
		if accepted {
			seen = a
		}
		result.TLS = result.TLS || accepted
	}
	if err := result.examinePlaintext(ctx, address, options.Timeout); err != nil {
		return result, err
	}
	if !result.TLS {
		return result, nil
	}
	switch {
	case !seen.asked:
	case seen.admitted():
		result.ClientCertificate = Asked
	default:
		result.ClientCertificate = Required
	}
	stranger, err := NewStranger(options.Now)
	if err != nil {
		return result, err
	}
	if seen.asked {
		result.UnknownCARefused = !connect(&stranger.certificate, tls.VersionTLS10, 0).admitted()
	}
	if options.Certificate != nil {
		own := connect(options.Certificate, tls.VersionTLS10, 0)
		admitted := own.admitted()
		result.CertificateAccepted = &admitted
		if own.handshake {
			seen = own
		}
	}
	if !seen.handshake {
		// TLS 1.2 with required client certificates ends before the client
		// has a state; nothing can be said about the chain.
		result.ChainError = "not seen: give --cert and --key"
		return result, nil
	}
	result.describe(seen.state, options)
	return result, nil
}

func (e *Examination) examinePlaintext(ctx context.Context, address string, timeout time.Duration) error {
	e.PlaintextRefused = e.TLS
	for _, payload := range [][]byte{preface, request} {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		goesOn, err := plaintextAnswer(ctx, address, payload)
		cancel()
		if err != nil {
			return fmt.Errorf("cannot connect to %s: %w", address, err)
		}
		if goesOn {
			e.PlaintextRefused = false
		}
	}
	return nil
}

func (e *Examination) describe(state tls.ConnectionState, options Options) {
	e.PostQuantum = state.CurveID == tls.X25519MLKEM768 || state.CurveID == tls.SecP256r1MLKEM768 || state.CurveID == tls.SecP384r1MLKEM1024
	if len(state.PeerCertificates) == 0 {
		return
	}
	leaf := state.PeerCertificates[0]
	e.Subject, e.NotAfter = leaf.Subject.String(), leaf.NotAfter
	intermediates := x509.NewCertPool()
	for _, cert := range state.PeerCertificates[1:] {
		intermediates.AddCert(cert)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{
		DNSName: options.ServerName, Roots: options.Roots, Intermediates: intermediates,
		CurrentTime: options.Now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}); err != nil {
		e.ChainError = err.Error()
	}
}

// Gaps lists what is wrong, in the order of the table; empty when nothing is.
func (e Examination) Gaps() []string {
	var gaps []string
	if !e.TLS {
		return []string{"speaks no TLS"}
	}
	if !e.PlaintextRefused {
		gaps = append(gaps, "goes on with plaintext")
	}
	for _, version := range e.Versions {
		if version.Accepted && version.Name < "1.2" {
			gaps = append(gaps, "accepts TLS "+version.Name)
		}
	}
	if e.ClientCertificate != Required {
		gaps = append(gaps, "client certificate "+string(e.ClientCertificate))
	} else if !e.UnknownCARefused {
		gaps = append(gaps, "lets a self-signed client certificate in")
	}
	if e.CertificateAccepted != nil && !*e.CertificateAccepted {
		gaps = append(gaps, "refuses the given client certificate")
	}
	if e.ChainError != "" {
		gaps = append(gaps, "chain: "+e.ChainError)
	}
	return gaps
}
