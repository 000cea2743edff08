package detect

import (
	"bytes"
	"strings"
)

// maxJOSEHeader bounds the bytes of a decoded header that are searched for the
// alg parameter.
const maxJOSEHeader = 1024

func jwt() Detector {
	return Detector{
		Name: "jwt", Group: Secrets, Specificity: Prefixed,
		// {" {space {newline {tab in base64.
		Literals: Literals("eyJ", "eyA", "ewo", "ewk", "ew0"),
		Find:     findJWT,
	}
}

// findJWT accepts the compact serialisations of RFC 7515 and RFC 7516, and
// tokens that a log line cut off after the first dot: their claims are there.
func findJWT(h *Hits, s string, at int) {
	dot := urlSafe.end(s, at, len(s))
	h.SkipTo(dot)
	if At(s, dot) != '.' || dot-at < 12 || !h.joseHeader(s[at:dot]) {
		return
	}
	end, parts := dot, 1
	for parts < 5 && At(s, end) == '.' {
		next := urlSafe.end(s, end+1, len(s))
		if next == end+1 && At(s, next) != '.' && parts != 2 {
			break
		}
		end = next
		parts++
	}
	if parts < 2 || parts == 2 && !strings.HasPrefix(s[dot+1:], "ey") {
		h.SkipTo(end)
		return
	}
	h.Add(at, end)
}

func (h *Hits) joseHeader(part string) bool {
	n, ok := DecodeBase64(h.decoded[:], part)
	return ok && n >= 2 && h.decoded[0] == '{' && bytes.Contains(h.decoded[:n], []byte(`"alg"`))
}
