package detect

import "strings"

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

func base64URL(c byte) bool { return IsAlnum(c) || c == '-' || c == '_' }

// findJWT accepts the compact serialisations of RFC 7515 and RFC 7516, and
// tokens that a log line cut off after the first dot: their claims are there.
func findJWT(h *Hits, s string, at int) {
	dot := RunEnd(s, at, len(s), base64URL)
	h.SkipTo(dot)
	if At(s, dot) != '.' || dot-at < 12 || !joseHeader(s[at:dot]) {
		return
	}
	end, parts := dot, 1
	for parts < 5 && At(s, end) == '.' {
		next := RunEnd(s, end+1, len(s), base64URL)
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

func joseHeader(part string) bool {
	var buf [maxJOSEHeader]byte
	n, ok := DecodeBase64(buf[:], part)
	if !ok || n < 2 || buf[0] != '{' {
		return false
	}
	header := buf[:n]
	for i := 0; i+5 <= len(header); i++ {
		if string(header[i:i+5]) == `"alg"` {
			return true
		}
	}
	return false
}
