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

func addPassword(h *Hits, s string, start, end int) {
	if start < end && !Placeholder(s[start:end]) {
		h.Add(start, end)
	}
}
