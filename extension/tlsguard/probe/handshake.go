package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// Target is one listener, and how patient a probe of it is.
type Target struct {
	// Address is host:port.
	Address string
	// ServerName is sent in the handshake; empty sends none.
	ServerName string
	// Timeout bounds one connection; zero leaves it to the context.
	Timeout time.Duration
	// Groups are the key exchanges to offer; nil offers all. Where a server knows
	// none of them, the connection is tried again with all.
	Groups []tls.CurveID
	// Quiet is how long a server that asked for a client certificate may take to
	// refuse one. TLS 1.3 completes the client's handshake before the server has
	// looked at its certificate (RFC 8446, section 4.4.2.4): the refusal is an
	// alert on the first read.
	Quiet time.Duration
}

// Attempt is one connection and what came after it.
type Attempt struct {
	// Unreachable is true when there was no TCP connection at all.
	Unreachable bool
	// Negotiated is true when the server chose a version and sent its
	// certificate, however the handshake ended.
	Negotiated bool
	// Complete is true when the handshake ended well for the client.
	Complete bool
	// Alert is true when the peer ended the handshake with a TLS alert.
	Alert bool
	// Silent is true when the peer gave no answer to the handshake: nothing in
	// time, or it hung up.
	Silent bool
	// Asked is true when the server asked for a client certificate.
	Asked bool
	// Refused is true when the server sent an alert or hung up, in the handshake
	// or on the first read.
	Refused bool
	// State of a complete handshake.
	State tls.ConnectionState
	// Chain is what the server presented, its own certificate first; nil if none
	// was seen.
	Chain []*x509.Certificate
	// Err is why the connection went no further.
	Err error
}

// Admitted is true when the server goes on with this client.
func (a Attempt) Admitted() bool { return a.Complete && !a.Refused }

// Spoken is true when the peer speaks TLS at all.
func (a Attempt) Spoken() bool { return a.Complete || a.Negotiated || a.Alert }

// Try makes one connection and closes it; no byte is sent beyond the
// handshake. The versions are crypto/tls's, 0 for no limit. The server is not
// verified here: a probe of what it lets in must not stop at a name that does
// not match.
func (t Target) Try(ctx context.Context, certificate *tls.Certificate, lowest, highest uint16) Attempt {
	// grpc-go hangs up on clients that do not offer h2.
	result := t.try(ctx, certificate, lowest, highest, []string{"h2", "http/1.1"})
	if result.Alert && !result.Asked {
		// The server may know none of the two, or no group that was offered;
		// without ALPN and with all groups it need not.
		t.Groups = nil
		if again := t.try(ctx, certificate, lowest, highest, nil); again.Complete || again.Asked {
			return again
		}
	}
	return result
}

func (t Target) try(ctx context.Context, certificate *tls.Certificate, lowest, highest uint16, protocols []string) Attempt {
	var result Attempt
	if t.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.Timeout)
		defer cancel()
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.Address)
	if err != nil {
		return Attempt{Unreachable: true, Silent: true, Err: err}
	}
	defer conn.Close()

	config := &tls.Config{
		ServerName:         t.ServerName,
		InsecureSkipVerify: true, //nolint:gosec // judged apart, see above
		MinVersion:         lowest,
		MaxVersion:         highest,
		NextProtos:         protocols,
		CipherSuites:       suitesFor(highest),
		CurvePreferences:   t.Groups,
		//nolint:gosec // it only remembers; no session cache is set, so nothing is resumed past it
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			result.Negotiated = true
			for _, der := range raw {
				if cert, err := x509.ParseCertificate(der); err == nil { // crypto/tls has parsed it before
					result.Chain = append(result.Chain, cert)
				}
			}
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			result.Asked = true
			if certificate != nil {
				// Given even when the server names other authorities: whether it is
				// let in is the question.
				return certificate, nil
			}
			return &tls.Certificate{}, nil
		},
	}
	client := tls.Client(conn, config)
	if err := client.HandshakeContext(ctx); err != nil {
		result.Err = err
		result.Silent = !result.Negotiated && (timedOut(err) || cutOff(err))
		// crypto/tls wraps the peer's alert in an OpError of this name.
		var remote *net.OpError
		result.Alert = errors.As(err, &remote) && remote.Op == "remote error"
		result.Refused = result.Spoken()
		return result
	}
	result.Complete, result.State = true, client.ConnectionState()
	if result.Asked {
		result.Err = t.refusal(ctx, client)
		result.Refused = result.Err != nil
	}
	return result
}

// refusal waits for the alert of a server that has seen the client's
// certificate. A server that speaks first (HTTP/2 settings) has let it in; so
// has one that stays silent.
func (t Target) refusal(ctx context.Context, client *tls.Conn) error {
	deadline := time.Now().Add(t.Quiet)
	if limit, ok := ctx.Deadline(); ok && limit.Before(deadline) {
		deadline = limit
	}
	if err := client.SetReadDeadline(deadline); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = client.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	n, err := client.Read(make([]byte, 1))
	if n > 0 || timedOut(err) {
		return nil
	}
	return err
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

func cutOff(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// suitesFor offers everything to an old server, so that only its version
// decides.
func suitesFor(highest uint16) []uint16 {
	if highest == 0 || highest > tls.VersionTLS12 {
		return nil
	}
	var ids []uint16
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids = append(ids, suite.ID)
	}
	return ids
}
