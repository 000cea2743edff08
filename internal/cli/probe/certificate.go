package probe

import (
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// expiryWarning is how long before its end a certificate warns, as the guard's
// default does.
const expiryWarning = 14 * 24 * time.Hour

// roots reads the file of --ca; without one the system's authorities count.
func roots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("--ca %s: holds no PEM certificate", file)
	}
	return pool, nil
}

// chainRow judges the certificate for the name that clients use.
func chainRow(chain []*x509.Certificate, pool *x509.CertPool, name string, now time.Time) Row {
	row := Row{Check: "certificate chain"}
	if len(chain) == 0 {
		row.Result, row.Detail = NotTested, "the server sent no certificate"
		return row
	}
	intermediates := x509.NewCertPool()
	for _, cert := range chain[1:] {
		intermediates.AddCert(cert)
	}
	options := x509.VerifyOptions{Roots: pool, Intermediates: intermediates, CurrentTime: now}
	// Expiry has a row of its own: the rest is judged while it was valid.
	if leaf := chain[0]; now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		options.CurrentTime = leaf.NotAfter.Add(-time.Second)
	}
	if net.ParseIP(name) != nil {
		options.DNSName = "[" + strings.Trim(name, "[]") + "]"
	} else {
		options.DNSName = name
	}
	if _, err := chain[0].Verify(options); err != nil {
		row.Result, row.Detail = Gap, "does not verify: "+strings.TrimPrefix(err.Error(), "x509: ")
		if pool == nil {
			row.Detail += " (system authorities; name yours with --ca)"
		}
		return row
	}
	if weakness := weak(chain); weakness != "" {
		row.Result, row.Detail = Gap, weakness
		return row
	}
	row.Result, row.Detail = OK, fmt.Sprintf("%d certificates, verified for %s", len(chain), name)
	if len(chain) == 1 {
		row.Detail = "verified for " + name
	}
	return row
}

// weak names the first certificate that is no good whoever signed it.
func weak(chain []*x509.Certificate) string {
	for _, cert := range chain {
		if weakness := rules.Weakness(cert); weakness != "" {
			return "a certificate " + weakness
		}
	}
	return ""
}

func expiryRow(chain []*x509.Certificate, now time.Time) Row {
	row := Row{Check: "certificate expiry"}
	if len(chain) == 0 {
		row.Result, row.Detail = NotTested, "the server sent no certificate"
		return row
	}
	first := chain[0]
	for _, cert := range chain {
		if cert.NotAfter.Before(first.NotAfter) {
			first = cert
		}
	}
	end := first.NotAfter.UTC().Format(time.DateOnly)
	left := first.NotAfter.Sub(now)
	switch {
	case left <= 0:
		row.Result, row.Detail = Gap, "expired on "+end
	case now.Before(chain[0].NotBefore):
		row.Result, row.Detail = Gap, "not valid before "+chain[0].NotBefore.UTC().Format(time.DateOnly)
	case left < expiryWarning:
		row.Result, row.Detail = Warning, fmt.Sprintf("ends on %s, in %d days", end, int(left.Hours()/24))
	default:
		row.Result, row.Detail = OK, fmt.Sprintf("ends on %s, in %d days", end, int(left.Hours()/24))
	}
	return row
}
