package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// attempt is what one TLS connection to a listener showed.
type attempt struct {
	// spoken is true when the other side speaks TLS at all: it completed the
	// handshake or ended it with a TLS alert.
	spoken bool
	// negotiated is true when the server chose the offered version and sent its
	// certificate, however the handshake ended afterwards.
	negotiated bool
	// asked is true when the server sent a CertificateRequest.
	asked bool
	// complete is true when the handshake ended well on this side.
	complete bool
	// refused is true when the server ended the connection by itself, during
	// the handshake or on the first read after it. A TLS 1.3 server judges the
	// client's certificate after the client's side is complete (RFC 8446, 4.4.2
	// and 6.2), so the handshake alone proves nothing.
	refused bool
	// unreachable is true when there was no TCP connection.
	unreachable bool
	state       tls.ConnectionState
	chain       []*x509.Certificate
	err         error
}

// client opens connections to one address.
type client struct {
	address    string
	serverName string
	timeout    time.Duration
}

// handshake connects once. The server's certificate is not verified here: what
// is wrong with it is a finding, and the other answers are wanted all the same.
func (c client) handshake(ctx context.Context, own *tls.Certificate, versions ...uint16) attempt {
	var a attempt
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return attempt{unreachable: true, err: err}
	}
	defer raw.Close() // the verdict is made; a late error changes nothing

	config := &tls.Config{
		ServerName:         c.serverName,
		InsecureSkipVerify: true, //nolint:gosec // see above: the chain is judged by chainRow
		MinVersion:         tls.VersionTLS12,
		// gRPC servers refuse a connection without ALPN, which would look like
		// a refused certificate.
		NextProtos: []string{"h2", "http/1.1"},
		//nolint:gosec // no session cache is set, so no handshake is resumed past this
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			a.negotiated = true
			for _, der := range raw {
				if cert, err := x509.ParseCertificate(der); err == nil {
					a.chain = append(a.chain, cert)
				}
			}
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			a.asked = true
			if own != nil {
				// Given even when the server names other authorities: whether it
				// is let in is the question.
				return own, nil
			}
			return &tls.Certificate{}, nil
		},
	}
	if len(versions) == 1 {
		config.MinVersion, config.MaxVersion = versions[0], versions[0]
		if versions[0] < tls.VersionTLS13 {
			config.CipherSuites = everySuite()
		}
	}
	conn := tls.Client(raw, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		a.err = err
		var alert tls.AlertError
		a.spoken = a.negotiated || errors.As(err, &alert) || isRemoteAlert(err)
		a.refused = a.spoken
		return a
	}
	a.spoken, a.complete, a.state = true, true, conn.ConnectionState()
	if err := conn.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
		a.err = err
		return a
	}
	// A server that lets the client in either speaks first (HTTP/2 settings) or
	// waits for a request; one that does not ends the connection.
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		a.err, a.refused = err, true
	}
	return a
}

// isRemoteAlert recognises an alert that the server sent; crypto/tls wraps it
// in a net.OpError of the operation "remote error".
func isRemoteAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// everySuite offers what Go knows, insecure suites too: the question is what
// the server accepts.
func everySuite() []uint16 {
	var ids []uint16
	for _, suite := range tls.CipherSuites() {
		ids = append(ids, suite.ID)
	}
	for _, suite := range tls.InsecureCipherSuites() {
		ids = append(ids, suite.ID)
	}
	return ids
}
