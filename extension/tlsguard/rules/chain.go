package rules

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"slices"
	"time"
)

// minRSABits follows NIST SP 800-131A and the CA/Browser Forum.
const minRSABits = 2048

// flaw is what is wrong with a chain of certificates.
type flaw struct {
	id              string
	severity        Severity
	message, remedy string
}

// flaws judges what a peer presents, its own certificate first.
func flaws(chain []*x509.Certificate, server bool, now time.Time, expiryWarning time.Duration) []flaw {
	var out []flaw
	unusable := func(message, remedy string) { out = append(out, flaw{"TG011", Error, message, remedy}) }
	for i, cert := range chain {
		which := "certificate"
		if i > 0 {
			which = fmt.Sprintf("certificate %d of the chain", i+1)
		}
		switch {
		case !now.Before(cert.NotAfter):
			out = append(out, flaw{"TG012", Error, which + " expired on " + day(cert.NotAfter), "renew it"})
		case now.Before(cert.NotBefore):
			unusable(which+" is not valid before "+day(cert.NotBefore), "check the clock, or wait")
		case now.Add(warningFor(cert, expiryWarning)).After(cert.NotAfter):
			out = append(out, flaw{"TG013", Warn, which + " expires on " + day(cert.NotAfter), "renew it"})
		}
		if weakness := Weakness(cert); weakness != "" {
			unusable(which+" "+weakness, "issue one with ECDSA P-256, Ed25519 or RSA of at least 2048 bits, signed with SHA-256 or better")
		}
	}
	leaf := chain[0]
	want, name := x509.ExtKeyUsageClientAuth, "client"
	if server {
		want, name = x509.ExtKeyUsageServerAuth, "server"
	}
	if len(leaf.ExtKeyUsage)+len(leaf.UnknownExtKeyUsage) > 0 && !slices.Contains(leaf.ExtKeyUsage, want) && !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny) {
		unusable("certificate is not for "+name+" authentication", "issue one with the extended key usage "+name+"Auth")
	}
	if server && len(leaf.DNSNames)+len(leaf.IPAddresses)+len(leaf.URIs) == 0 {
		unusable("certificate has no subject alternative name", "issue one with the names that clients connect to; the common name counts no more")
	}
	for i := 0; i+1 < len(chain); i++ {
		if err := chain[i].CheckSignatureFrom(chain[i+1]); err != nil {
			unusable(fmt.Sprintf("chain is broken after certificate %d", i+1), "put each certificate before the one that signed it")
			break
		}
	}
	return out
}

// ServedFindings judges what a socket presents at start. What stands in a file
// is judged before; this catches a certificate given as PEM, which the
// collector redacts in the configuration that it shows, and one that a
// receiver takes from elsewhere.
func ServedFindings(chain []*x509.Certificate, path string, now time.Time, policy CertificatePolicy) []Finding {
	if len(chain) == 0 {
		return nil
	}
	var out []Finding
	for _, f := range flaws(chain, true, now, policy.ExpiryWarning) {
		out = append(out, Finding{f.id, f.severity, path, "the socket's " + f.message, f.remedy})
	}
	return out
}

// warningFor scales the warning down for short-lived certificates: one of 24
// hours would otherwise warn all its life. A third of the life is when
// issuers renew.
func warningFor(cert *x509.Certificate, most time.Duration) time.Duration {
	return min(most, cert.NotAfter.Sub(cert.NotBefore)/3)
}

// Weakness names what is wrong with a certificate's key or signature, empty
// when nothing is: "has an RSA key of 1024 bits". The signature of a root proves nothing and is not judged.
func Weakness(cert *x509.Certificate) string {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSABits {
			return fmt.Sprintf("has an RSA key of %d bits", key.N.BitLen())
		}
	case *ecdsa.PublicKey:
		if key.Curve.Params().BitSize < 256 {
			return "has a weak elliptic curve"
		}
	case ed25519.PublicKey:
	default:
		// DSA, and whatever the standard library cannot read.
		return "has a key of the unsupported kind " + cert.PublicKeyAlgorithm.String()
	}
	selfSigned := string(cert.RawSubject) == string(cert.RawIssuer)
	switch cert.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.DSAWithSHA1, x509.MD5WithRSA, x509.MD2WithRSA:
		if !selfSigned || !cert.IsCA {
			return "is signed with " + cert.SignatureAlgorithm.String()
		}
	}
	return ""
}
