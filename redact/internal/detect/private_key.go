package detect

import "strings"

// maxPEMLabel bounds the bytes between BEGIN and the dashes after it.
const maxPEMLabel = 64

func privateKey() Detector {
	return Detector{
		Name: "private_key", Group: Secrets, Specificity: Prefixed,
		Literals: Literals("-----BEGIN ", "---- BEGIN ", "PuTTY-User-Key-File-"),
		Find:     findPrivateKey,
	}
}

// findPrivateKey reports a PEM (RFC 7468), OpenSSH, OpenPGP or PuTTY private
// key through its last line, or to the end of the value if a log cut it off.
func findPrivateKey(h *Hits, s string, at int) {
	if s[at] == 'P' {
		findPuTTYKey(h, s, at)
		return
	}
	label := s[at:min(len(s), at+11+maxPEMLabel)]
	key := strings.Index(label, "PRIVATE KEY")
	if key < 0 || strings.Contains(label[5:key], "-----") {
		return
	}
	rest := at + key
	end := strings.Index(s[rest:], "-- END ")
	if s[at+4] == '-' {
		end = strings.Index(s[rest:], "-----END ")
	}
	if end < 0 {
		h.Add(at, len(s))
		return
	}
	end += rest
	tail := s[end:min(len(s), end+11+maxPEMLabel)]
	for i := 7; i+4 <= len(tail); i++ {
		if tail[i:i+4] == "----" {
			stop := RunEnd(s, end+i, 5, func(c byte) bool { return c == '-' })
			h.Add(at, stop)
			return
		}
	}
	h.Add(at, end+len(tail))
}

func findPuTTYKey(h *Hits, s string, at int) {
	mac := strings.Index(s[at:], "Private-MAC:")
	if mac < 0 {
		h.Add(at, len(s))
		return
	}
	i := at + mac + len("Private-MAC:")
	i = RunEnd(s, i, 2, func(c byte) bool { return c == ' ' })
	h.Add(at, RunEnd(s, i, 128, IsHex))
}
