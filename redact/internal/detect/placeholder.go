package detect

import "strings"

// nothingWords stand where a value would be and tell nothing.
var nothingWords = map[string]struct{}{
	"null": {}, "nil": {}, "none": {}, "undefined": {}, "true": {}, "false": {}, "yes": {}, "no": {}, "on": {}, "off": {},
	"n/a": {}, "na": {}, "empty": {}, "unset": {}, "redacted": {}, "masked": {}, "hidden": {}, "removed": {}, "filtered": {},
	"omitted": {}, "placeholder": {}, "string": {}, "secret": {}, "example": {}, "changeme": {}, "todo": {}, "unknown": {},
}

// isSymbolic reports the name of a variable in capitals, with what may follow it.
func isSymbolic(s string) bool {
	end := RunEnd(s, 0, len(s), func(c byte) bool { return IsUpper(c) || IsDigit(c) || c == '_' })
	if c := At(s, end); end > 0 && (c == '/' || c == ':' || c == '.' || c == ',' || c == ';' || c == '&') {
		return true
	}
	return end > 0 && RunEnd(s, end, len(s), func(c byte) bool { return !IsAlnum(c) }) == len(s)
}

// isHint reports what stands between the brackets of a placeholder: words that tell
// what belongs there, and no digits of a value.
func isHint(s string) bool {
	return len(s) <= 48 && RunEnd(s, 0, len(s), func(c byte) bool {
		return IsLetter(c) || c == '_' || c == '-' || c == ' ' || c == '.' || c == ':' || c == '*' || c == '\'' || c >= 0x80
	}) == len(s)
}

// Blank reports a text that holds nothing, whatever it is the value of: a mask, a
// word such as null, in brackets or not, or a variable.
func Blank(s string) bool {
	if s == "" {
		return true
	}
	first, last := s[0], s[len(s)-1]
	switch {
	case strings.Trim(s, "*") == "":
		return true
	case len(s) > 2 && (first == '<' && last == '>' || first == '[' && last == ']' || first == '(' && last == ')'):
		return Blank(s[1 : len(s)-1])
	case len(s) > 3 && first == '$' && s[1] == '{' && last == '}':
		return isSymbolic(s[2 : len(s)-1])
	case len(s) <= 12:
		_, ok := nothingWords[strings.ToLower(s)]
		return ok
	}
	return false
}

// Placeholder reports a text that stands for a value and holds none: a mask,
// a template, a word such as null.
func Placeholder(s string) bool {
	if s == "" {
		return true
	}
	if len(s) <= 12 {
		var b [12]byte
		for i := range len(s) {
			b[i] = Lower(s[i])
		}
		if _, ok := nothingWords[string(b[:len(s)])]; ok {
			return true
		}
	}
	if n := len(s); n > 2 && s[n-1] == '.' && s[n-2] != '.' || n > 3 && s[n-2] == '>' && (s[n-1] == ';' || s[n-1] == ',') {
		return Placeholder(s[:len(s)-1]) // the end of a sentence, or of a part
	}
	first, last := s[0], s[len(s)-1]
	if n := strings.IndexByte(s, '>'); first == '<' && n > 0 && hasPrefixAt(s, n+1, "</") && RunEnd(s, n+3, maxParamName, paramByte) >= len(s)-1 {
		return Placeholder(s[:n+1]) // in an element, and nothing behind its end
	}
	switch {
	case (first == 'y' || first == 'Y') && len(s) > 6 && HasFold(s, "your") && (s[4] == '_' || s[4] == '-'):
		return true
	case last == '*' && len(s) > 6 && len(s) <= 24 && s[len(s)-3:] == "***" && RunEnd(s, 0, 8, urlSafe.has) >= len(strings.TrimRight(s, "*")):
		return true // a prefix that tells the kind, and a mask
	case first == '<' && last == '>', first == '[' && last == ']', first == '{' && last == '}' && !strings.HasPrefix(s, "{{"):
		return isHint(s[1 : len(s)-1])
	case first == '$' && len(s) > 1 && (s[1] == '{' || s[1] == '(' || IsUpper(s[1]) && isSymbolic(s[1:]) || len(s) <= 3 && RunEnd(s, 1, 2, IsDigit) == len(s)):
		return true
	case (first == '%' || first == '#') && len(s) > 3 && s[1] == '{': // cut at what closes it, or whole
		return isHint(strings.TrimSuffix(s[2:], "}"))
	case first == '%' && (len(s) == 2 && IsLetter(s[1]) || last == '%' && len(s) > 2 && isHint(s[1:len(s)-1])):
		return true
	case strings.HasPrefix(s, "{{"):
		return len(s) == 2 || strings.Contains(s, "}}") // cut at its first blank, or whole
	}
	// One character again and again; '*' may keep what a mask kept.
	if len(s) >= 3 && (first == '*' || first == 'x' || first == 'X' || first == '.' || first == '-' || first == '#' || first == '_') {
		n := 0
		for n < len(s) && s[n] == first {
			n++
		}
		return n == len(s) || first == '*' && n >= 3 && len(s)-n <= 4
	}
	return strings.HasPrefix(s, "•••") || strings.HasPrefix(s, "…")
}
