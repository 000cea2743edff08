package detect

import "strings"

const (
	// maxPEMLabel bounds the bytes between BEGIN and the dashes after it.
	maxPEMLabel = 64
	// pemWindow bounds the search for the first lines of a body: headers such
	// as DEK-Info and what a log writes before each line stand before them.
	pemWindow = 512
	// maxJWK bounds the object, in bytes to either side of its key type. The
	// private half of an RSA key of 4096 bits takes 3 KB.
	maxJWK = 8192
	// maxPuTTYHead bounds what stands before the private lines, in bytes: the
	// public half of a key.
	maxPuTTYHead = 8192
	// ageKey is the prefix of an identity of age, in lower case.
	ageKey = "age-secret-key-1"
)

func privateKey() Detector {
	return Detector{
		Name: "private_key", Group: Secrets, Specificity: Prefixed,
		Literals: append(Literals("PuTTY-User-Key-File-"),
			FoldLiterals("-----begin", "---- begin ", "----+begin+", ageKey, `kty"`, `kty\`, "kty'", "modulus>")...),
		Find: findPrivateKey,
	}
}

// findPrivateKey reports a PEM (RFC 7468), OpenSSH, OpenPGP or PuTTY private
// key through its last line, or to the end of the value if a log cut it off;
// the private members of a JSON Web Key (RFC 7518 section 6), the elements of an
// RSAKeyValue of .NET, and the identities of age.
func findPrivateKey(h *Hits, s string, at int) {
	switch Lower(s[at]) {
	case 'p':
		findPuTTYKey(h, s, at)
	case 'k':
		findJWK(h, s, at)
	case 'a':
		findAgeKey(h, s, at)
	case 'm':
		findRSAElements(h, s, at)
	default:
		findPEM(h, s, at)
	}
}

func findPEM(h *Hits, s string, at int) {
	dashes := RunEnd(s, at, 5, func(c byte) bool { return c == '-' || c == '+' }) - at
	label := privateLabel(s, at+dashes)
	if label < 0 {
		return
	}
	if !pemBody(h, s, label) {
		return // a message about the label
	}
	end := pemEnd(s, label)
	if end < 0 {
		h.Add(at, len(s))
		return
	}
	tail := s[end:min(len(s), end+11+maxPEMLabel)]
	for i := 7; i+4 <= len(tail); i++ {
		if tail[i:i+4] == "----" {
			h.Add(at, RunEnd(s, end+i, 5, func(c byte) bool { return c == '-' }))
			return
		}
	}
	h.Add(at, end+len(tail))
}

// privateLabel returns the end of the dashes after a label that begins at i,
// or of the label if it has none, and -1 if it names no private key. Forms
// write its spaces as '+' or %20.
func privateLabel(s string, i int) int {
	var b [maxPEMLabel]byte
	n := 0
	for i < len(s) && n < len(b) {
		switch c := s[i]; {
		case IsAlnum(c):
			b[n] = Lower(c)
			i++
		case c == ' ' || c == '+':
			b[n] = ' '
			i++
		case c == '%' && At(s, i+1) == '2' && At(s, i+2) == '0':
			b[n] = ' '
			i += 3
		default:
			if !strings.Contains(string(b[:n]), "private key") {
				return -1
			}
			return RunEnd(s, i, 5, func(c byte) bool { return c == '-' })
		}
		n++
	}
	if !strings.Contains(string(b[:n]), "private key") {
		return -1
	}
	return i
}

// pemBody reports whether a body begins after the label that ends at from, or
// the value ends where it would.
func pemBody(h *Hits, s string, from int) bool {
	h.spend(20)
	limit := min(len(s), from+pemWindow)
	lead, last := from, pemEnd(s[:limit], from)
	const body = alnum | inPlus | inSlash
	lines := 0
	for i := from; i < limit; {
		if !body.has(s[i]) {
			i++
			continue
		}
		end := body.end(s, i, 80)
		run := s[i:end]
		// A hash and the name of a file are no lines of base64.
		if len(run) >= 16 && (run[0] != '/' || s[i-1] == '\n' || lead == from && pemBreak(s[from:i])) && isRandomMixed(run) {
			lines++
		}
		switch {
		case lines > 1, lines == 1 && (len(run) >= 32 || last >= end):
			return true
		case lead == from && pemBreak(s[from:i]) && (end == len(s) || anyOf(run, IsUpper) && endsHere(s, end, last)):
			return true // cut off in the first line, or of one
		}
		lead = end
		i = end
	}
	return pemBreak(s[from:limit]) && limit == len(s)
}

// pemBreak reports a text without anything but line ends, as they are or
// escaped.
func pemBreak(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case ' ', '\t', '\r', '\n', '\\', '-':
		default:
			return false
		}
	}
	return true
}

// endsHere reports whether nothing but line ends and padding stands between i
// and the line at end that ends a key.
func endsHere(s string, i, end int) bool {
	i = RunEnd(s, i, 2, func(c byte) bool { return c == '=' })
	return end >= i && pemBreak(strings.TrimSuffix(s[i:end], `\n`))
}

// pemEnd returns where the line begins that ends a key, or -1.
func pemEnd(s string, from int) int {
	for i := from; ; {
		next := strings.Index(s[i:], "----")
		if next < 0 {
			return -1
		}
		i += next
		dashes := RunEnd(s, i, len(s), func(c byte) bool { return c == '-' })
		word := dashes
		if At(s, word) == ' ' || At(s, word) == '+' {
			word++
		}
		if HasFold(s[word:], "end") && (At(s, word+3) == ' ' || At(s, word+3) == '+' || At(s, word+3) == '%') {
			return max(i, dashes-5)
		}
		i = dashes
	}
}

func findPuTTYKey(h *Hits, s string, at int) {
	head := s[at:min(len(s), at+maxPuTTYHead)]
	h.spend(4 + len(head)/64)
	lines := strings.Index(head, "Private-Lines")
	if lines < 0 {
		return // a message about the format
	}
	mac := strings.Index(s[at+lines:], "Private-MAC:")
	if mac < 0 {
		h.Add(at, len(s))
		return
	}
	i := at + lines + mac + len("Private-MAC:")
	i = RunEnd(s, i, 2, func(c byte) bool { return c == ' ' })
	h.Add(at, RunEnd(s, i, 128, IsHex))
}

// findAgeKey reports an identity of age: Bech32 of 32 bytes and a check sum,
// of which a log may have cut some.
func findAgeKey(h *Hits, s string, at int) {
	from := at + len(ageKey)
	end := RunEnd(s, from, len(s), func(c byte) bool {
		c = Lower(c)
		return IsAlnum(c) && c != '1' && c != 'b' && c != 'i' && c != 'o'
	})
	if end-from >= 40 && !sameByte(s[from:end]) {
		h.Add(at, end)
	}
	h.SkipTo(end)
}

// findRSAElements reports the private elements of RSA parameters in XML. They
// stand behind the modulus at at.
func findRSAElements(h *Hits, s string, at int) {
	if At(s, at-1) != '/' {
		return
	}
	limit := min(len(s), at+maxJWK)
	i := at
	for i < limit {
		if s[i] != '<' {
			i++
			continue
		}
		name := RunEnd(s, i+1, 10, IsLetter)
		switch s[i+1 : name] {
		case "D", "P", "Q", "DP", "DQ", "InverseQ":
			stop := base64Pad.end(s, name+1, limit-name)
			if At(s, name) == '>' && stop-name > 16 && At(s, stop) == '<' {
				h.Add(name+1, stop)
			}
		}
		if At(s, name) == '/' && HasFold(s[name+1:], "rsa") {
			break
		}
		i = name
	}
	h.spend((i-at)/16 + 1)
}

// findJWK reports the private members of the object that holds the key type
// at at.
func findJWK(h *Hits, s string, at int) {
	h.spend(1)
	kind := RunEnd(s, at+len("kty"), 16, func(c byte) bool { return c == ':' || isJSONQuote(c) })
	switch s[kind:RunEnd(s, kind, 4, IsLetter)] {
	case "RSA", "EC", "oct", "OKP":
	default:
		return
	}
	start := RunStart(s, at, maxJWK, func(c byte) bool { return c != '{' && c != '}' })
	end, depth := at, 0
	for limit := min(len(s), at+maxJWK); end < limit; end++ {
		if s[end] == '{' {
			depth++
		} else if s[end] == '}' {
			if depth--; depth < 0 {
				break
			}
		}
	}
	h.spend((end-start)/16 + 2)
	for i := start; i < end; i++ {
		if s[i] != ':' {
			continue
		}
		name := RunStart(s, i, 12, isJSONQuote)
		from := RunStart(s, name, 3, IsLetter)
		if from == name || name == i || !isJSONQuote(At(s, from-1)) || !privateMember(s[from:name]) {
			continue
		}
		value := RunEnd(s, i+1, 12, isJSONQuote)
		stop := base64Pad.end(s, value, end-value)
		if value > i+1 && stop-value >= 8 && isJSONQuote(At(s, stop)) {
			h.Add(value, stop)
		}
		i = max(i, stop-1)
	}
}

// isJSONQuote reports a byte of what stands between a name and its colon.
func isJSONQuote(c byte) bool {
	return c == '"' || c == '\'' || c == '\\' || c == ' ' || c == '\n' || c == '\t' || c == '\r'
}

// privateMember reports a member of RFC 7518 sections 6.2.2, 6.3.2 and 6.4.
func privateMember(name string) bool {
	switch name {
	case "d", "p", "q", "dp", "dq", "qi", "k":
		return true
	}
	return false
}
