package detect

import "strings"

// unwrapped skips what stands before a value in dumps of programs: Some("x"),
// []string{"x"}, string(8) "x", u'x', **x**, SecretStr('x').
func unwrapped(s string, at int) int {
	rest := s[min(at, len(s)):]
	for _, wrap := range [...]string{"** ", "Some(", "Optional[", "[]string{", "[]interface {}{"} {
		if strings.HasPrefix(rest, wrap) {
			return RunEnd(s, at+len(wrap), 4, isBlank)
		}
	}
	if i := RunEnd(s, at, maxAlign, func(c byte) bool { return c <= ' ' }); strings.HasPrefix(s[i:], "string(") {
		digits := RunEnd(s, i+len("string("), 8, IsDigit)
		if strings.HasPrefix(s[digits:], ") \"") {
			return digits + len(") ")
		}
	}
	if strings.HasPrefix(rest, "(string) (len=") {
		digits := RunEnd(s, at+len("(string) (len="), 8, IsDigit)
		if strings.HasPrefix(s[digits:], ") \"") {
			return digits + len(") ")
		}
	}
	if next := At(s, at+1); next == '"' || next == '\'' {
		switch Lower(At(s, at)) {
		case 'b', 'u', 'r', 'f', 'n', 'l', '@', '+', '&': // '+' is a blank of a form
			return at + 1
		}
	}
	if i := insideType(s, at); i > 0 {
		return i
	}
	// What is left of an operator: ==="x", = = "x", =~ "x".
	if i := RunEnd(s, at, 3, func(c byte) bool { return c == '=' || c == '~' }); i > at {
		if text := RunEnd(s, i, 2, isBlank); isQuote(At(s, text)) && startsText(s, text+1) {
			return text
		}
	}
	return at
}

// wrapperWords are parts of names of types that hold a secret and print it.
var wrapperWords = [...]string{"secret", "token", "password", "passwd", "credential", "key", "str", "value", "protected", "sensitive"}

// insideType returns where the value in a dump of a typed secret begins, or -1:
// SecretStr('x'), Token(value="x"), Secret { inner: "x" }, Password(x).
func insideType(s string, at int) int {
	if !IsUpper(At(s, at)) {
		return -1
	}
	end := RunEnd(s, at, 32, IsAlnum)
	i := RunEnd(s, end, 1, isBlank)
	open := At(s, i)
	if open != '{' && (open != '(' || i > end) || end-at < 3 {
		return -1
	}
	named := false
	for k := at; k < end && !named; k++ {
		for _, word := range wrapperWords {
			named = named || HasFold(s[k:end], word)
		}
	}
	if !named {
		return -1
	}
	i = RunEnd(s, i+1, 2, isBlank)
	if name := RunEnd(s, i, maxParamName, paramByte); name > i && (At(s, name) == '=' || At(s, name) == ':') {
		i = RunEnd(s, name+1, 2, isBlank)
	}
	if isQuote(At(s, i)) {
		return i
	}
	// Without quotes it may as well be a call in source text.
	value := RunEnd(s, i, 128, func(c byte) bool { return c > ' ' && c != '(' && c != ')' && c != '}' && c != ',' && c != '=' })
	if c := At(s, value); open == '(' && c == ')' && value-i >= 6 && hasDigit(s[i:value]) && endsValue(s, value+1) {
		return i
	}
	return -1
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

// inner is what stands where a value was expected.
type inner uint8

const (
	innerNone inner = iota
	// innerSecret: a setting whose name makes sure by itself that it is secret.
	innerSecret
	// innerValue: any other name. What follows is taken for the value.
	innerValue
	// innerHarmless: a setting that says whose secret it is, or what of it.
	innerHarmless
)

// innerSetting tells whether s[start:end] is the name of a setting whose text in quotes
// follows, and where that begins: bad credentials: password="x", client_secret: value: "x".
// What was read as a value ends there, and the text would be left.
func innerSetting(s string, start, end int) (inner, int) {
	at := start
	for at < end && !(s[at] == '\'' && at > start && (s[at-1] == '=' || s[at-1] == ':')) {
		at++
	}
	if at == start || s[at-1] != '=' && s[at-1] != ':' {
		return innerNone, 0
	}
	text := at
	if s[at-1] == ':' {
		text = RunEnd(s, at, 1, isBlank)
	}
	if quote := RunEnd(s, text, maxSlashes, isBackslash); !isQuote(At(s, quote)) || !startsText(s, quote+1) {
		return innerNone, 0
	}
	name := RunStart(s, at-1, maxParamName, paramByte)
	if name < start || name == at-1 || RunEnd(s, start, end-start, func(c byte) bool { return paramByte(c) || c == ':' || c == '.' }) < at-1 {
		return innerNone, 0
	}
	switch word := s[name : at-1]; {
	case secretName(word) == sureSecret:
		return innerSecret, 0
	case text > at && !isValueWord(word) && secretName(word) == notSecret:
		return innerNone, 0
	case harmlessName(word):
		return innerHarmless, text
	}
	return innerValue, text
}

// harmlessName reports the name of what stands beside a secret in a message: bad
// credentials: user="bob".
func harmlessName(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "user", "username", "login", "email", "host", "realm", "client", "code", "reason":
		return true
	}
	return harmlessWord([]byte(name))
}

// startsText reports that a text begins behind a quote, so that the quote closes none.
func startsText(s string, i int) bool {
	c := At(s, i)
	return c > ' ' && c != ',' && c != ';' && c != '}' && c != ')' && c != ']' && c != '>' && c != '<' && c != '/' && c != '\\' && !isQuote(c)
}
