package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"time"
)

// quiet is how long a server that asked for a client certificate may take to
// refuse one. TLS 1.3 completes the client's handshake before the server has
// looked at its certificate (RFC 8446, section 4.4.2.4): the refusal is an
// alert on the first read.
const quiet = 300 * time.Millisecond

// attempt is one handshake and what came after it.
type attempt struct {
	// dialErr is set when there was no connection at all.
	dialErr error
	// handshake is true when the handshake completed for the client.
	handshake bool
	// notTLS is true when the peer answered with something that is no TLS
	// record.
	notTLS bool
	// alert is true when the peer refused with a TLS alert: it speaks TLS.
	alert bool
	// asked is true when the server asked for a client certificate.
	asked bool
	// refused is true when the server sent an alert or hung up, in the
	// handshake or on the first read.
	refused bool
	// leaf is the certificate that the server presented, nil if none was seen.
	leaf *x509.Certificate
}

// admitted is true when the server goes on with this client.
func (a attempt) admitted() bool { return a.handshake && !a.refused }

// try makes one connection. The server is not verified here: a probe of what
// it lets in must not stop at a name that does not match.
func try(ctx context.Context, address string, certificate *tls.Certificate, minVersion, maxVersion uint16) attempt {
	// grpc-go hangs up on clients that do not offer h2.
	result := tryProtocols(ctx, address, certificate, minVersion, maxVersion, []string{"h2", "http/1.1"})
	if result.alert && !result.asked {
		// The server may know none of the two; without ALPN it need not.
		if again := tryProtocols(ctx, address, certificate, minVersion, maxVersion, nil); again.handshake || again.asked {
			return again
		}
	}
	return result
}

func tryProtocols(ctx context.Context, address string, certificate *tls.Certificate, minVersion, maxVersion uint16, protocols []string) attempt {
	var result attempt
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		result.dialErr = err
		return result
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	config := &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // judged apart, see above
		MinVersion:         minVersion,
		MaxVersion:         maxVersion,
		NextProtos:         protocols,
		CipherSuites:       suitesFor(maxVersion),
		//nolint:gosec // it only remembers; no session cache is set, so nothing is resumed past it
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) > 0 {
				result.leaf, _ = x509.ParseCertificate(raw[0]) // crypto/tls has parsed it before
			}
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			result.asked = true
			if certificate != nil {
				return certificate, nil
			}
			return &tls.Certificate{}, nil
		},
	}
	client := tls.Client(conn, config)
	if err := client.HandshakeContext(ctx); err != nil {
		var record tls.RecordHeaderError
		result.notTLS = errors.As(err, &record)
		// crypto/tls wraps the peer's alert in an OpError of this name.
		var remote *net.OpError
		result.alert = errors.As(err, &remote) && remote.Op == "remote error"
		result.refused = !result.notTLS && !timedOut(err)
		return result
	}
	result.handshake = true
	if !result.asked {
		return result
	}
	result.refused = refusesOnRead(ctx, client)
	return result
}

// refusesOnRead waits for the alert of a server that has seen the client's
// certificate. A server that speaks first (HTTP/2 settings) has let it in; so
// has one that stays silent.
func refusesOnRead(ctx context.Context, client *tls.Conn) bool {
	deadline := time.Now().Add(quiet)
	if limit, ok := ctx.Deadline(); ok && limit.Before(deadline) {
		deadline = limit
	}
	_ = client.SetReadDeadline(deadline)
	n, err := client.Read(make([]byte, 1))
	return n == 0 && err != nil && !timedOut(err)
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

// suitesFor offers everything to an old server, so that only its version
// decides.
func suitesFor(maxVersion uint16) []uint16 {
	if maxVersion == 0 || maxVersion > tls.VersionTLS12 {
		return nil
	}
	var ids []uint16
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids = append(ids, suite.ID)
	}
	return ids
}
