package redact

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// A pseudonym is <label:key id:26 characters>, the characters being the first
// 16 bytes of an HMAC-SHA-256 in base32. The fixed length and alphabet keep a
// sender from hiding a value between '<' and '>'.
const (
	pseudonymBytes = 16
	pseudonymChars = 26
	maxLabel       = 32
	maxKeyID       = 16
)

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// pseudonym appends the pseudonym of text under the rule's key. It reports
// false if the rule's key is per tenant and the resource names none.
func (r *Run) pseudonym(out []byte, rule int, label string, c detect.Canonical, text string) ([]byte, bool) {
	a := &r.e.policy.rules[rule].action
	ring := r.e.keys[a.key]
	mac := r.macs[rule]
	if mac == nil {
		secret := ring.entries[0].secret
		if a.per != "" {
			var ok bool
			if secret, ok = r.tenantSecret(secret, a.per); !ok {
				r.tally.NoTenant++
				return out, false
			}
		}
		mac = hmac.New(sha256.New, secret)
		r.macs[rule] = mac
	}
	mac.Reset()
	// num may hold the text of a number: canonical text goes behind it.
	base := len(r.num)
	r.num = appendCanonical(r.num, c, text)
	mac.Write(r.num[base:])
	r.num = r.num[:base]
	r.sum = mac.Sum(r.sum[:0])
	out = append(out, '<')
	out = append(out, label...)
	out = append(out, ':')
	out = append(out, ring.entries[0].id...)
	out = append(out, ':')
	out = base32Lower.AppendEncode(out, r.sum[:pseudonymBytes])
	return append(out, '>'), true
}

// tenantSecret derives the key of the resource's tenant with HKDF (RFC 5869),
// so that two tenants' pseudonyms of one value can't be joined.
func (r *Run) tenantSecret(secret []byte, per string) ([]byte, bool) {
	attribute := strings.TrimPrefix(per, "resource.")
	for i, k := range r.e.tenants {
		if k != attribute {
			continue
		}
		if !r.tenants[i].known {
			return nil, false
		}
		derived, err := hkdf.Key(sha256.New, secret, nil, "redact pseudonym v1\x00"+r.tenants[i].value, sha256.Size)
		return derived, err == nil
	}
	return nil, false
}

func appendCanonical(out []byte, c detect.Canonical, text string) []byte {
	switch c {
	case detect.DigitsOnly:
		for i := range len(text) {
			if detect.IsDigit(text[i]) {
				out = append(out, text[i])
			}
		}
	case detect.UpperAlnum:
		for i := range len(text) {
			if b := text[i]; detect.IsAlnum(b) {
				if b >= 'a' {
					b -= 'a' - 'A'
				}
				out = append(out, b)
			}
		}
	case detect.LowerAll, detect.LowerDomain:
		from := 0
		if c == detect.LowerDomain {
			from = strings.LastIndexByte(text, '@') + 1
		}
		out = append(out, text[:from]...)
		for i := from; i < len(text); i++ {
			out = append(out, detect.Lower(text[i]))
		}
	default:
		out = append(out, text...)
	}
	return out
}
