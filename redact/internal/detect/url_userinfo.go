package detect

import "strings"

// maxAuthority bounds the bytes of a URL's authority that are read.
const maxAuthority = 1024

func urlUserinfo() Detector {
	return Detector{
		Name: "url_userinfo", Group: Secrets, Specificity: Shaped,
		Literals: Literals("://", "@tcp(", "@unix(", "@udp("),
		Find:     findUserinfo,
	}
}

// findUserinfo reports the password in the user information of RFC 3986
// section 3.2.1, and in the data source names of Go's MySQL drivers.
func findUserinfo(h *Hits, s string, at int) {
	if s[at] == '@' {
		start := RunStart(s, at, 256, func(c byte) bool { return c > ' ' && c != ':' && c != '"' && c != '\'' && c != '/' })
		if At(s, start-1) == ':' && IsAlnum(At(s, start-2)) {
			addPassword(h, s, start, at)
		}
		return
	}
	from := at + 3
	end := min(len(s), from+maxAuthority)
	if h.nextAt(s, from) >= end {
		return
	}
	last, colon := -1, -1
	for i := from; i < end; i++ {
		c := s[i]
		if !inUserinfo[c] {
			continue
		}
		if c == '@' {
			last = i
			continue
		}
		if c == ':' {
			if At(s, i+1) == '/' && At(s, i+2) == '/' {
				break // another URL, which has an anchor of its own
			}
			if colon < 0 {
				colon = i
			}
			continue
		}
		if (c == '\'' || c == '\\') && (last < 0 || last < colon) && goesOnToHost(s, from, colon, i) {
			if At(s, i+1) == '\'' {
				i++ // \'
			}
			continue
		}
		if c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' || c == '\\' {
			break
		}
		if c == '/' || c == '?' || c == '#' {
			// A raw '/' in a password: what follows the colon is no port then.
			if last >= 0 || colon < 0 || isPort(s[colon+1:i]) {
				break
			}
		}
	}
	if colon < 0 && last-from >= 20 && bareToken(s[from:last]) {
		h.Add(from, last) // https://<token>@host, as for clones of a repository
		return
	}
	if colon < 0 || last < colon {
		return
	}
	addPassword(h, s, colon+1, last)
}

// inUserinfo holds the bytes that mean something to findUserinfo; it reads on behind
// all others.
var inUserinfo = func() (t [256]bool) {
	for i := range t {
		t[i] = i <= ' ' || strings.IndexByte("@:'\"<>`\\/?#", byte(i)) >= 0
	}
	return t
}()

// nextAt returns the index of the first '@' at or after from, or len(s). It
// remembers it, so that all calls together read the value once.
func (h *Hits) nextAt(s string, from int) int {
	if from >= h.atFrom && from <= h.atNext {
		return h.atNext
	}
	h.atFrom, h.atNext = from, len(s)
	if i := strings.IndexByte(s[min(from, len(s)):], '@'); i >= 0 {
		h.atNext = from + i
	}
	return h.atNext
}

// bareToken reports user information that is a credential and no name.
func bareToken(v string) bool {
	digits := 0
	for i := range len(v) {
		switch c := v[i]; {
		case IsDigit(c):
			digits++
		case !IsLetter(c) && c != '_' && c != '-':
			return false
		}
	}
	return digits >= 3
}

func isPort(s string) bool {
	for i := range len(s) {
		if !IsDigit(s[i]) {
			return false
		}
	}
	return len(s) <= 5
}

// goesOnToHost reports whether the quote or backslash at i stands in user
// information: the '@' follows before anything that ends a URL. What stands
// behind a port, and the escape of a line end, is other text.
func goesOnToHost(s string, from, colon, i int) bool {
	next := At(s, i+1)
	switch {
	case s[i] == '\\' && (next == 'n' || next == 'r' || next == 't' || next == '"' || next == '\\' || next == '/'):
		return false
	case colon < 0 && (s[i] == '\'' || next == 'u' || next == '\'' || i == from):
		return false // domain\user alone
	case colon >= 0 && colon+1 < i && isPort(s[colon+1:i]):
		return false
	}
	start := i + 1
	if s[i] == '\\' && next == '\'' {
		start++
	}
	end := RunEnd(s, start, 64, func(c byte) bool {
		return c > ' ' && c != '@' && c != '"' && c != '\'' && c != '`' && c != '<' && c != '>' && c != ',' && c != ';' && c != '/' && c != '(' && c != ')' && c != '\\'
	})
	return end > start && At(s, end) == '@' && (IsAlnum(At(s, end+1)) || At(s, end+1) == '[')
}

func addPassword(h *Hits, s string, start, end int) {
	if start < end && !maskedPassword(s[start:end]) {
		h.Add(start, end)
	}
}

// maskedPassword reports a mask or a template. In a URL a word such as secret
// is a password.
func maskedPassword(v string) bool {
	first, last := v[0], v[len(v)-1]
	switch {
	case first == '<' && last == '>', first == '[' && last == ']', first == '{' && last == '}':
		return true
	case first == '&' && strings.HasPrefix(v, "&lt;") && strings.HasSuffix(v, "&gt;"):
		return true
	case first == '$':
		return len(v) > 1 && (v[1] == '{' || v[1] == '(' || IsUpper(v[1]) && isVariable(v[1:]))
	case first == '%' && len(v) == 2:
		return IsLetter(v[1])
	case first == '%' && last == '%' && len(v) > 1:
		return isVariable(v[1 : len(v)-1])
	case first == '%' && len(v) >= 6:
		// The brackets of a template, encoded.
		open, end := v[:3], v[len(v)-3:]
		return foldEqual(open, "%3c") && foldEqual(end, "%3e") || foldEqual(open, "%7b") && foldEqual(end, "%7d") || foldEqual(open, "%5b") && foldEqual(end, "%5d")
	}
	switch {
	case foldEqual(v, "redacted"), foldEqual(v, "masked"), foldEqual(v, "hidden"), foldEqual(v, "filtered"), foldEqual(v, "removed"), foldEqual(v, "omitted"):
		return true
	case first == '*' || first == 'x' || first == 'X' || first == '.' || first == '-' || first == '#' || first == '_':
		// One character again and again; '*' may keep what a mask kept.
		n := 0
		for n < len(v) && v[n] == first {
			n++
		}
		return n >= 3 && (n == len(v) || first == '*' && len(v)-n <= 4)
	}
	return strings.HasPrefix(v, "•••") || strings.HasPrefix(v, "…")
}

// isVariable reports a name as those of the environment are.
func isVariable(v string) bool {
	for i := range len(v) {
		if c := v[i]; !IsUpper(c) && !IsDigit(c) && c != '_' {
			return false
		}
	}
	return v != ""
}
