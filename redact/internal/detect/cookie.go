package detect

import "strings"

func cookie() Detector {
	return Detector{
		Name: "cookie",
		Cost: 3, Group: Secrets, Specificity: Shaped,
		Literals: FoldLiterals("cookie", "setcookie", "curl "),
		Key: func(key string) bool {
			for i := range key {
				if HasFold(key[i:], "cookie") {
					return true
				}
			}
			return false
		},
		Find: findCookie,
	}
}

// cookieAttributes are kept: RFC 6265 section 4.1.
var cookieAttributes = map[string]struct{}{
	"path": {}, "domain": {}, "expires": {}, "max-age": {}, "samesite": {}, "priority": {}, "version": {},
}

// findCookie reports the values of a header, of a script's cookie or of the
// option of a command. Names and attributes stay.
func findCookie(h *Hits, s string, at int) {
	l := cookieList{s: s}
	switch {
	case h.ByKey:
		l.i, l.line = 0, true
		l.open()
	case HasFold(s[at:], "curl "):
		h.spend(8)
		if !l.option(at) {
			return
		}
	case !l.header(at):
		return
	}
	h.spend(3)
	from := l.i
	l.read(h)
	h.SkipTo(max(from, l.i))
	h.spend((l.i-from)/24 + 2*l.looks)
}

// cookieList reads pairs of a name and a value.
type cookieList struct {
	s string
	i int
	// quote ends the pairs, 0 if nothing does.
	quote byte
	// listed is set in brackets, line where the pairs go on to the end of the
	// line.
	listed, line bool
	// spaced is how far a space is known to stand inside of a value.
	spaced int
	// looks counts how often that was read.
	looks int
}

// header moves to where the pairs begin after a header's name at at.
func (l *cookieList) header(at int) bool {
	s := l.s
	i := at + len("cookie")
	if Lower(s[at]) == 's' {
		i = at + len("setcookie")
	}
	if Lower(At(s, i)) == 's' || At(s, i) == '2' {
		i++
	}
	closed := false
	for n := 0; n < 6 && (At(s, i) == '"' || At(s, i) == '\'' || At(s, i) == '\\' || At(s, i) == ']'); n++ {
		closed = true
		i++
	}
	start := RunStart(s, at, 24, func(c byte) bool { return nameBytes.has(c) || c == '$' })
	spoken := false
	if !(At(s, at-1) == '-' && At(s, at-2) == '-' && At(s, i) == ' ') { // --cookie a=b
		before := i
		i = skipGap(s, i)
		switch c := At(s, i); {
		case c == ':' || c == '=':
			i++
			if At(s, i) == '>' || At(s, i) == '=' {
				i++
			}
			l.line = c == ':' && !closed && lineStart(s, start)
		case c == ',' && closed:
			i = skipGap(s, i+1)
			spoken = true
			if name := RunEnd(s, i, 4, isQuoting); name > i && HasFold(s[name:], "value") {
				colon := RunEnd(s, name+len("value"), 6, func(c byte) bool { return isQuoting(c) || c == ' ' })
				if At(s, colon) == ':' {
					i = colon + 1
				}
			}
		case c == '>' && closed:
			i++
		case i > before && !closed:
			if i = cookiePhrase(s, i); i < 0 {
				return false
			}
			spoken = true
		default:
			return false
		}
	}
	l.i = i
	l.open()
	if spoken && l.quote == 0 {
		return false
	}
	// 'Cookie: a=b' ends at the quote that stands before the name.
	if c := At(s, start-1); l.quote == 0 && !l.listed && !closed && (c == '"' || c == '\'') {
		l.quote = c
	}
	return l.i < len(s)
}

// cookiePhrase returns where a quotation begins after "header was" and the
// like, or -1.
func cookiePhrase(s string, i int) int {
	for range 4 {
		end := RunEnd(s, i, 10, IsLetter)
		switch word := s[i:end]; {
		case end == i:
			return i
		case foldEqual(word, "header"), foldEqual(word, "headers"), foldEqual(word, "value"), foldEqual(word, "string"), foldEqual(word, "set"), foldEqual(word, "to"), foldEqual(word, "is"), foldEqual(word, "was"):
		default:
			return -1
		}
		if At(s, end) == ':' || At(s, end) == '=' {
			end++
		}
		i = skipGap(s, end)
	}
	return i
}

// lineStart reports whether a header begins at i: a line does, or what a tool
// writes before the header that was sent or received.
func lineStart(s string, i int) bool {
	if c := At(s, i-1); c == ' ' && (At(s, i-2) == '>' || At(s, i-2) == '<') {
		i -= 2
	}
	return i == 0 || s[i-1] == '\n' || s[i-1] == '\r'
}

func isQuoting(c byte) bool { return c == '"' || c == '\'' || c == '\\' }

// open passes what stands before the first pair.
func (l *cookieList) open() {
	s := l.s
	l.i = skipGap(s, l.i)
	for range 12 {
		switch c := At(s, l.i); {
		case c == '"' || c == '\'':
			l.quote = c
			l.i++
		case c == '\\' && isQuoting(At(s, l.i+1)):
			l.i++
		case c == '[' && hasPrefixAt(s, l.i, "[]string{"):
			l.listed = true
			l.i += len("[]string{")
		case c == '[' && l.quote == 0:
			l.listed = true
			l.i++
		case (c == 'b' || c == 'u') && (At(s, l.i+1) == '\'' || At(s, l.i+1) == '"') && l.quote == 0:
			l.i++
		default:
			return
		}
	}
}

// option moves to the value of the option -b of the command at at.
func (l *cookieList) option(at int) bool {
	text := l.s[at:min(len(l.s), at+512)]
	if end := strings.IndexByte(text, '\n'); end > 0 {
		text = text[:end]
	}
	i := strings.Index(text, " -b ")
	if i < 0 {
		return false
	}
	l.i = at + i + len(" -b ")
	l.open()
	return true
}

// read reports the values of the pairs.
func (l *cookieList) read(h *Hits) {
	s := l.s
	seen := false
	for l.i < len(s) {
		nameEnd := RunEnd(s, l.i, 128, func(c byte) bool {
			return c > ' ' && c < 0x7f && c != '=' && c != ';' && c != ',' && c != '"' && c != '\\' && c != '<' && (c != ']' || !l.listed)
		})
		c := At(s, nameEnd)
		if c != '=' || nameEnd == l.i {
			// Secure, HttpOnly: a name alone.
			if nameEnd > l.i && (c == ';' && (seen || l.line || l.quote != 0) || seen && c == ',' || c == ' ' && l.listed && l.quote == 0) {
				l.i = skipBlank(s, nameEnd+1)
				continue
			}
			if l.next() {
				continue
			}
			return
		}
		seen = true
		if name := s[l.i:nameEnd]; isCookieAttribute(name) {
			l.i = cookieAttributeEnd(s, nameEnd+1, len(name) == len("expires") && Lower(name[0]) == 'e')
		} else {
			l.value(h, nameEnd+1)
		}
		switch c := At(s, l.i); {
		case c == ';', c == ',', c == ' ' && l.listed && l.quote == 0:
			l.i = skipBlank(s, l.i+1)
		case !l.next():
			return
		}
	}
}

// next moves to the next text of a list: "a=b","c=d".
func (l *cookieList) next() bool {
	i := RunEnd(l.s, l.i, 6, isQuoting)
	if !l.listed || i == l.i || At(l.s, i) != ',' {
		return false
	}
	i = skipBlank(l.s, i+1)
	from := RunEnd(l.s, i, 6, isQuoting)
	if from == i {
		return false
	}
	l.i = from
	return true
}

// value reports the value at from and moves to its end.
func (l *cookieList) value(h *Hits, from int) {
	s := l.s
	name := l.i
	inner := 0
	switch {
	case At(s, from) == '"' && (l.quote != '"' || startsText(s, from+1)):
		inner = 1
	case At(s, from) == '\\' && At(s, from+1) == '"' && At(s, from+2) != ';' && (l.quote != '"' || startsText(s, from+2)):
		inner = 2
	}
	from += inner
	end := from
	if At(s, end) == '{' && l.quote != '"' {
		// JSON, the quotes of which end nothing.
		if stop := strings.IndexByte(s[end:min(len(s), end+1024)], '}'); stop > 0 && !strings.ContainsAny(s[end:end+stop], ";\n") {
			end += stop + 1
		}
	}
	for end < len(s) && !l.ends(end) {
		end++
	}
	l.i = end
	if inner > 0 && At(s, l.i) == '\\' {
		l.i++
	}
	if inner > 0 && At(s, l.i) == '"' {
		l.i++
	}
	if l.quote == 0 && !l.line && At(s, end) != ';' {
		for end > from && (s[end-1] == ')' || s[end-1] == '}' || s[end-1] == ']' || s[end-1] == '.' || s[end-1] == ',' || s[end-1] == '`' || s[end-1] == '\'') {
			end--
		}
	}
	switch v := s[from:end]; {
	case strings.Trim(v, "=") == "":
		// The padding of a value without a name.
		if minted(s[name : from-1]) {
			h.Add(name, end)
		}
	case v[0] == '{' && strings.IndexByte(v, '"') > 0, !Placeholder(v):
		h.Add(from, end)
	}
}

// ends reports whether a value ends before i.
func (l *cookieList) ends(i int) bool {
	switch c := l.s[i]; c {
	case ';', '"', '\\', '\n', '\r':
		return true
	case '\'':
		return l.quote == c
	case ']':
		return l.listed && l.quote == 0
	case '<':
		return l.quote == 0 && !l.line
	case ' ', '\t':
		return l.quote == 0 && !l.line && !l.goesOn(i)
	}
	return false
}

// goesOn reports whether the space at i stands inside of a value: another pair
// follows, and no name between.
func (l *cookieList) goesOn(i int) bool {
	if i < l.spaced {
		return true
	}
	l.looks++
	end := RunEnd(l.s, i, 64, func(c byte) bool {
		return c != ';' && c != '=' && c != ':' && c != '"' && c != '\'' && c != '\n' && c != '\\' && c != ']'
	})
	if At(l.s, end) != ';' {
		return false
	}
	l.spaced = end
	return true
}

// cookieAttributeEnd returns the end of the value of an attribute. A date has
// spaces and a comma.
func cookieAttributeEnd(s string, i int, date bool) int {
	limit := 256
	if date {
		text := s[min(i, len(s)):min(len(s), i+40)]
		if zone := strings.Index(text, "GMT"); zone > 0 && !strings.ContainsAny(text[:zone], ";=") {
			return i + zone + len("GMT")
		}
	}
	return RunEnd(s, i, limit, func(c byte) bool {
		return c > ' ' && c != ';' && c != ',' && c != '"' && c != '\'' && c != '\\' && c != ']' && c != '<'
	})
}

func skipBlank(s string, i int) int {
	for n := 0; n < 4 && i < len(s) && (s[i] == ' ' || s[i] == '\t'); n++ {
		i++
	}
	return i
}

// skipGap is skipBlank in forms, too, which write a space as '+'.
func skipGap(s string, i int) int {
	for n := 0; n < 4 && i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '+'); n++ {
		i++
	}
	return i
}

func isCookieAttribute(name string) bool {
	if len(name) > 8 {
		return false
	}
	var b [8]byte
	for i := range len(name) {
		b[i] = Lower(name[i])
	}
	_, ok := cookieAttributes[string(b[:len(name)])]
	return ok
}
