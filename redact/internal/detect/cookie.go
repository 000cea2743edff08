package detect

func cookie() Detector {
	return Detector{
		Name: "cookie",
		Cost: 3, Group: Secrets, Specificity: Shaped,
		Literals: FoldLiterals("cookie"),
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

// maxCookies bounds the bytes of one header that are read.
const maxCookies = 16 << 10

func findCookie(h *Hits, s string, at int) {
	from := at
	if !h.ByKey {
		from = cookieHeader(s, at)
		if from < 0 {
			return
		}
	}
	quote := byte(0)
	if c := At(s, from-1); c == '"' || c == '\'' {
		quote = c
	}
	end := min(len(s), from+maxCookies)
	for i := from; i < end; {
		nameEnd := RunEnd(s, i, 128, func(c byte) bool {
			return c > ' ' && c < 0x7f && c != '=' && c != ';' && c != ',' && c != '"' && c != '\\'
		})
		if At(s, nameEnd) != '=' {
			// Secure, HttpOnly: a name alone.
			if nameEnd > i && At(s, nameEnd) == ';' {
				i = skipBlank(s, nameEnd+1)
				continue
			}
			break
		}
		value := nameEnd + 1
		stop := value
		inner := At(s, value) == '"' && quote != '"'
		if inner {
			value++
			stop = value
		}
		attribute := isCookieAttribute(s[i:nameEnd])
		for stop < end && s[stop] != ';' && s[stop] != '"' && s[stop] != '\\' && s[stop] != '\n' && s[stop] != '\r' && (s[stop] != ' ' || attribute) && (quote == 0 || s[stop] != quote) {
			stop++
		}
		if !attribute && !Placeholder(s[value:stop]) {
			h.Add(value, stop)
		}
		if inner && At(s, stop) == '"' {
			stop++
		}
		if At(s, stop) != ';' {
			break
		}
		i = skipBlank(s, stop+1)
	}
	h.SkipTo(from)
}

// cookieHeader returns where the pairs begin after a header's name at at.
func cookieHeader(s string, at int) int {
	i := at + len("cookie")
	if Lower(At(s, i)) == 's' || At(s, i) == '2' {
		i++
	}
	for n := 0; n < 2 && (At(s, i) == '"' || At(s, i) == '\'' || At(s, i) == '\\' || At(s, i) == ']'); n++ {
		i++
	}
	if c := At(s, i); c != ':' && c != '=' {
		return -1
	}
	i = skipBlank(s, i+1)
	for n := 0; n < 3 && (At(s, i) == '"' || At(s, i) == '\'' || At(s, i) == '\\' || At(s, i) == '['); n++ {
		i++
	}
	if i >= len(s) {
		return -1
	}
	return i
}

func skipBlank(s string, i int) int {
	for n := 0; n < 4 && i < len(s) && (s[i] == ' ' || s[i] == '\t'); n++ {
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
