// Package probe implements `sealctl probe`: what a live port lets in, seen
// from outside.
package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"strings"
	"time"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/probe"
)

// Result of one check of a port.
type Result string

// The results. Only Gap fails the command.
const (
	OK        Result = "ok"
	Warning   Result = "warning"
	Gap       Result = "GAP"
	NotTested Result = "not tested"
)

// Row is one line of the verification table.
type Row struct {
	Check  string `json:"check"`
	Result Result `json:"result"`
	Detail string `json:"detail"`
}

// Verification is the table of one port.
type Verification struct {
	Target string `json:"target"`
	// Unreachable holds the reason when no TCP connection was possible; there
	// are no rows then.
	Unreachable string `json:"unreachable,omitempty"`
	Rows        []Row  `json:"checks"`
}

// Gaps counts the rows that fail.
func (v Verification) Gaps() int {
	n := 0
	for _, row := range v.Rows {
		if row.Result == Gap {
			n++
		}
	}
	return n
}

// identity is what the probe itself may show and trust.
type identity struct {
	own   *tls.Certificate
	roots *x509.CertPool
	// unknown is a client certificate that nobody issued.
	unknown *tls.Certificate
	now     time.Time
}

// client probes one port.
type client struct{ probe.Target }

// current asks for what every peer should speak.
func (c client) current(ctx context.Context, own *tls.Certificate) probe.Attempt {
	return c.Try(ctx, own, tls.VersionTLS12, 0)
}

// verify runs every check against one port, each on a connection of its own.
func (c client) verify(ctx context.Context, target string, id identity) Verification {
	v := Verification{Target: target, Rows: []Row{}}
	first := c.current(ctx, nil)
	if first.Unreachable {
		v.Unreachable = reason(first.Err)
		return v
	}
	versions, versionRows := c.versions(ctx)
	if !first.Spoken() && len(versions) == 0 {
		// Nothing else is sent: this may be a line protocol, which would take
		// every byte as data.
		v.Rows = append(v.Rows, Row{"plaintext refused", Gap, "the port does not speak TLS: " + reason(first.Err)})
		return v
	}
	plain, detail := c.answersPlaintext(ctx)
	v.Rows = append(v.Rows, judge("plaintext refused", !plain, detail))
	v.Rows = append(v.Rows, versionRows...)
	if !contains(versions, tls.VersionTLS12) && !contains(versions, tls.VersionTLS13) {
		v.Rows = append(v.Rows, Row{"client certificate required", NotTested, "no current TLS version"})
		return v
	}
	v.Rows = append(v.Rows, keyExchangeRow(first))
	v.Rows = append(v.Rows, certificateRows(first, c.current(ctx, id.unknown))...)
	if id.own != nil {
		v.Rows = append(v.Rows, ownRow(c.current(ctx, id.own)))
	}
	v.Rows = append(v.Rows, chainRow(first.Chain, id.roots, c.ServerName, id.now), expiryRow(first.Chain, id.now))
	return v
}

var allVersions = []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13}

// versions asks for each version alone.
func (c client) versions(ctx context.Context) ([]uint16, []Row) {
	var offered, old []uint16
	c.Quiet = 0 // only what the server chooses counts here
	for _, version := range allVersions {
		a := c.Try(ctx, nil, version, version)
		if !a.Negotiated {
			continue
		}
		offered = append(offered, version)
		if version < tls.VersionTLS12 {
			old = append(old, version)
		}
	}
	row := Row{Check: "TLS versions", Result: OK, Detail: names(offered)}
	switch {
	case len(offered) == 0:
		row.Result, row.Detail = Gap, "none of TLS 1.0 to 1.3 is accepted"
	case len(old) > 0:
		row.Result, row.Detail = Gap, names(offered)+": "+names(old)+" deprecated by RFC 8996; set min_version to 1.2"
	}
	return offered, []Row{row}
}

func names(versions []uint16) string {
	list := make([]string, len(versions))
	for i, version := range versions {
		list[i] = tls.VersionName(version)
	}
	return strings.Join(list, ", ")
}

func keyExchangeRow(a probe.Attempt) Row {
	row := Row{Check: "post-quantum key exchange"}
	switch {
	case !a.Complete:
		row.Result, row.Detail = NotTested, "the handshake needs a client certificate"
	case isHybrid(a.State.CurveID):
		row.Result, row.Detail = OK, a.State.CurveID.String()
	default:
		row.Result, row.Detail = Warning, "recorded traffic may be opened by a later quantum computer"
	}
	return row
}

func isHybrid(id tls.CurveID) bool { return strings.Contains(id.String(), "MLKEM") }

// certificateRows judge a connection without certificate and one with a
// certificate of an unknown authority.
func certificateRows(without, unknown probe.Attempt) []Row {
	required := Row{Check: "client certificate required"}
	switch {
	case without.Refused && without.Asked:
		required.Result, required.Detail = OK, "refused without one"
	case without.Refused && !without.Complete:
		required.Result, required.Detail = Warning, "not shown: the handshake ended before that: "+reason(without.Err)
	case without.Asked:
		required.Result, required.Detail = Gap, "asked for, and let in without one; set client_ca_file"
	default:
		required.Result, required.Detail = Gap, "not asked for; set client_ca_file"
	}
	stranger := Row{Check: "unknown authority refused"}
	switch {
	case unknown.Unreachable:
		stranger.Result, stranger.Detail = NotTested, reason(unknown.Err)
	case unknown.Refused:
		stranger.Result, stranger.Detail = OK, "refused a certificate that no authority issued"
	case !unknown.Asked:
		stranger.Result, stranger.Detail = NotTested, "no certificate is asked for"
	default:
		stranger.Result, stranger.Detail = Gap, "any certificate is let in; set client_ca_file"
	}
	return []Row{required, stranger}
}

func ownRow(a probe.Attempt) Row {
	if a.Refused || a.Unreachable {
		return Row{"your certificate accepted", Gap, "refused: " + reason(a.Err)}
	}
	if !a.Asked {
		return Row{"your certificate accepted", NotTested, "no certificate is asked for"}
	}
	return Row{"your certificate accepted", OK, "let in with " + tls.VersionName(a.State.Version)}
}

func judge(check string, good bool, detail string) Row {
	if good {
		return Row{check, OK, detail}
	}
	return Row{check, Gap, detail}
}

func contains(versions []uint16, version uint16) bool {
	for _, v := range versions {
		if v == version {
			return true
		}
	}
	return false
}

// reason makes a short text of a network error.
func reason(err error) string {
	if err == nil {
		return "no answer"
	}
	text := err.Error()
	if i := strings.LastIndex(text, "tls: "); i >= 0 {
		return text[i+len("tls: "):]
	}
	if text == "EOF" {
		return "the connection was closed"
	}
	if strings.Contains(text, "i/o timeout") || strings.Contains(text, "deadline exceeded") {
		return "no answer in time"
	}
	return text
}
