package probe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"
	"time"
)

// expiryWarning is how long before its end a certificate warns, as the guard's
// default does.
const expiryWarning = 14 * 24 * time.Hour

// stranger makes a client certificate that no authority knows. Its key never
// leaves this process.
func stranger(now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("throw-away client key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("throw-away client certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "sealctl probe, unknown authority"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("throw-away client certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

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

func weak(chain []*x509.Certificate) string {
	for i, cert := range chain {
		// A root's own signature proves nothing, so its algorithm does not count.
		selfSigned := i > 0 && string(cert.RawIssuer) == string(cert.RawSubject)
		switch cert.SignatureAlgorithm {
		case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1, x509.MD5WithRSA:
			if !selfSigned {
				return "signed with " + cert.SignatureAlgorithm.String()
			}
		}
		if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < 2048 {
			return fmt.Sprintf("RSA key of %d bits, at least 2048 are needed", key.N.BitLen())
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
