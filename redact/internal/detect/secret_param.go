package detect

import "strings"

func secretParam() Detector {
	return Detector{
		Name: "secret_param", Group: Secrets, Specificity: Broad,
		Literals: append(Literals("=", ":", ">", "--"), FoldLiterals(phraseWords[:]...)...),
		Key:      func(key string) bool { return secretKey(key) != notSecret },
		Find:     findSecretParam,
	}
}

const (
	maxParamName = 64
	// maxRefused bounds the values, in bytes, that are looked at and spared.
	maxRefused = 1024
	// maxQuoted bounds the search for a closing quote, in bytes.
	maxQuoted = 4096
)

// Names are not ASCII in every language.
func paramByte(c byte) bool { return nameBytes.has(c) }

// findSecretParam reports the value after a name that says it is a secret:
// name=value, "name": "value", <name>value</name>, --name value.
func findSecretParam(h *Hits, s string, at int) {
	if h.ByKey {
		h.addSecret(s, 0, len(s), secretKey(h.Key), '=', false)
		return
	}
	sep := s[at]
	if sep == '-' {
		findFlag(h, s, at)
		return
	}
	if IsLetter(sep) {
		findPhrase(h, s, at)
		return
	}
	if i := at - 1; i >= 0 && IsDigit(s[i]) {
		// The time of day has more colons than any log has secrets.
		for i > 0 && IsDigit(s[i]) {
			i--
		}
		if !IsLetter(s[i]) && s[i] != '_' {
			if s[i] == ':' && Lower(At(s, i-1)) == 's' && At(s, i-2) == ';' {
				findSerialized(h, s, i-2, at)
			}
			if s[i] != '[' || At(s, at-1) != ']' {
				return
			}
		}
	}
	from := at + 1
	if sep == '>' {
		if At(s, at-1) != '-' {
			findElement(h, s, at)
			return
		}
		at, sep = at-1, '=' // secret -> value
	}
	start, prose := paramName(s, at)
	name := s[start.from:start.to]
	if name == "" {
		return
	}
	h.spend((at - start.to) / 2) // of blanks, if it is aligned
	kind := h.nameKind(name)
	if kind == notSecret && At(s, start.from-1) == '\\' && isEscapeLetter(name[0]) && len(name) > 1 {
		// The letter of a written line end hides the name: \ntoken: x.
		start.from++
		name, prose = name[1:], false
		kind = h.nameKind(name)
	}
	switch {
	case kind == notSecret && len(name) <= 3 && At(s, start.from-1) == ' ' && !isTypeWord(name):
		if kind = h.spacedName(s, start); kind != notSecret && beginsPath(s, RunEnd(s, from, 2, isBlank)) {
			return // private key: /etc/tls/1.pem
		}
	case kind == notSecret && len(name) == 4 && sep == '=' && HasFold(name, "name"):
		findFormData(h, s, from)
		return
	case kind == notSecret && len(name) >= 3 && Lower(name[len(name)-1]) == 'e' && isValueWord(name):
		before := pairName(s, start.from)
		if kind = secretName(before); before == "" {
			kind = secretName(h.nameBehind(s, from))
		}
		if kind == notSecret && sep == '=' {
			h.spend(4)
			kind = secretName(elementName(s, start.from))
		}
	case kind == notSecret && sep == '=' && isTypeWord(name):
		h.spend(4)
		kind = typedName(s, start.from, from)
	case sep == ':' && At(s, start.from-1) == ':' && IsDigit(At(s, start.from-2)):
		return // a resource's type in its name: arn:…:123456789012:secret:db
	}
	if sep == ':' && At(s, start.from-1) == '/' && At(s, from) == ' ' && kind != notSecret {
		kind = randomSecret // open /etc/app/token: permission denied
	}
	if kind == notSecret || name == "PASS" && strings.HasPrefix(s[from:], " Test") { // PASS: TestLogin
		return
	}
	if sep == ':' && (At(s, from) == ':' || At(s, from) == '/' && At(s, from+1) == '/') {
		return // a scope operator, a URL
	}
	if At(s, start.from-1) == '/' && At(s, start.from-2) == '/' && sep == ':' {
		// https://x-access-token:…@host
		if stop := RunEnd(s, from, maxBracketed, func(c byte) bool { return c > ' ' && c != '@' && c != '"' }); At(s, stop) == '@' {
			h.addSecret(s, from, stop, kind, sep, false)
			return
		}
	}
	if At(s, from) == '=' || At(s, from) == '>' { // :=, ==, =>
		from++
	}
	h.addValue(s, from, name, kind, sep, prose)
}

// nameKind judges a name, and counts the work if it is taken apart.
func (h *Hits) nameKind(name string) secretKind {
	if !names.mayBeSecret(name) {
		return notSecret
	}
	h.spend(3)
	return judgeName(name)
}

// isEscapeLetter reports the letter of a written white space: \n.
func isEscapeLetter(c byte) bool { return c == 'n' || c == 'r' || c == 't' }

// spacedName judges a name whose last word is given together with the one before
// it: API key, session id.
func (h *Hits) spacedName(s string, last extent) secretKind {
	before := s[RunStart(s, last.from-1, 12, IsLetter) : last.from-1]
	switch name := s[last.from:last.to]; {
	case len(name) == 3 && HasFold(name, "key"):
		h.spend(3)
		for _, word := range [...]string{"api", "access", "private", "secret", "encryption", "decryption", "signing", "master", "shared", "account", "auth", "hmac"} {
			if foldEqual(before, word) {
				return tokenSecret
			}
		}
	case len(name) == 2 && HasFold(name, "id") && foldEqual(before, "session"):
		return randomSecret
	}
	return notSecret
}

// beginsPath reports the path of a file at i: /etc/tls, ~/.ssh, ./keys.
func beginsPath(s string, i int) bool {
	switch At(s, i) {
	case '~', '.':
		return At(s, RunEnd(s, i+1, 1, func(c byte) bool { return c == '.' })) == '/'
	case '/':
		end := RunEnd(s, i+1, 16, IsLetter)
		return end > i+1 && At(s, end) == '/'
	}
	return false
}

// isDirectory reports the working directory of a shell.
func isDirectory(name, v string) bool {
	return (len(name) == 3 || len(name) == 6 && HasFold(name, "oldpwd")) && HasFold(name[len(name)-3:], "pwd") && len(v) > 0 && (v[0] == '/' || v[0] == '~')
}

// isCode reports a call or a member of an object, as in source text that a
// stack trace or a diff quotes: getPassword(), req.body.password.
func isCode(s string, start, end int) bool {
	i := start
	if i < end && s[i] == '$' {
		i++
	}
	for i < end && (IsLetter(s[i]) || s[i] == '_' || (s[i] == '.' || IsDigit(s[i])) && i > start) {
		i++
	}
	if i-start < 4 {
		return false
	}
	if c := At(s, i); c == '(' && closesCall(s, i) || c == '[' && (At(s, i+1) == '"' || At(s, i+1) == '\'' || At(s, i+1) == ':') || c == '-' && At(s, i+1) == '>' && s[start] == '$' {
		return true
	}
	dot := RunStart(s, i, i-start, func(c byte) bool { return c != '.' })
	return (i == end || s[i] == ';') && dot > start && secretName(s[dot:i]) != notSecret
}

// closesCall reports whether the bracket at i is closed on its line.
func closesCall(s string, i int) bool {
	end := RunEnd(s, i, 128, func(c byte) bool { return c != ')' && c != '\n' })
	return At(s, end) == ')'
}

// addSecret reports a value unless it is none, or what the name allows rules
// it out. Prose marks "password: incorrect", a sentence rather than a setting.
func (h *Hits) addSecret(s string, start, end int, kind secretKind, sep byte, prose bool) {
	if start >= end {
		return
	}
	v := s[start:end]
	// A value of this length is masked whatever it is: the same bytes would be
	// read again from each of the names inside of it.
	if len(v) < maxRefused && (Placeholder(v) || !kind.accepts(v, sep, prose)) {
		return
	}
	h.Add(start, end)
}

// findFlag reports the word after --password.
func findFlag(h *Hits, s string, at int) {
	if At(s, at-1) == '-' || At(s, at+2) == '-' {
		return // a rule, or the frame of a PEM file
	}
	end := RunEnd(s, at+2, maxParamName, paramByte)
	if c := At(s, end); c == '"' || c == '\'' {
		findPair(h, s, at+2, end)
		return
	}
	if At(s, end) == ',' {
		end++ // [--password, x]
	}
	if At(s, end) != ' ' || end == at+2 {
		return
	}
	kind := secretName(strings.TrimSuffix(s[at+2:end], ","))
	if kind == notSecret || At(s, end+1) == '-' || isSentence(s, end+1, RunEnd(s, end+1, 24, IsLetter)) {
		return
	}
	start, stop, _ := paramValue(s, end+1)
	h.addSecret(s, start, stop, kind, '=', false)
}

// paramName returns the name that ends before a separator, and whether it
// stands unquoted after a space, as in a sentence.
func paramName(s string, at int) (name extent, prose bool) {
	i := at
	if c := At(s, i-1); i > 1 && (c == '?' || c == '+') && At(s, at) == '=' {
		i-- // ?= and += of make
	}
	for i > 0 && at-i < maxAlign && isBlank(s[i-1]) {
		i--
	}
	if At(s, i-1) == ']' {
		// password[0], password[]
		if open := RunStart(s, i-1, 4, IsDigit); At(s, open-1) == '[' {
			i = open - 1
		}
	}
	quoted := false
	for n := 0; n < 4 && i > 0 && closesName(s[i-1]); n++ {
		i--
		quoted = true
	}
	if i == 0 || !IsAlnum(s[i-1]) && s[i-1] < 0x80 {
		return extent{}, false
	}
	start := RunStart(s, i, maxParamName, paramByte)
	for start < i && !IsAlnum(s[start]) && s[start] < 0x80 {
		start++
	}
	return extent{start, i}, !quoted && At(s, start-1) == ' '
}

// isTypeWord reports a type that a declaration may name before its value.
func isTypeWord(name string) bool {
	switch name {
	case "string", "String", "str", "text", "char", "SecureString":
		return true
	}
	return false
}

// typedName judges the name before the type at at, in a declaration whose value
// is a text: var password string = "x", password: &str = "x".
func typedName(s string, at, from int) secretKind {
	if c := At(s, RunEnd(s, from, 4, isBlank)); c != '"' && c != '\'' && c != '`' {
		return notSecret
	}
	i := RunStart(s, at, 4, func(c byte) bool { return c == ' ' || c == ':' || c == '&' || c == '*' })
	name, _ := paramName(s, i)
	return secretName(s[name.from:name.to])
}

// closesName reports what may stand between a name and its separator.
func closesName(c byte) bool {
	return c == '"' || c == '\'' || c == '\\' || c == ']' || c == '`' || c == '*'
}

// extent is a half-open range of a text.
type extent struct{ from, to int }

// isScheme reports the name of an HTTP authentication scheme.
func isScheme(word string) bool {
	for _, scheme := range [...]string{"bearer", "basic", "token", "apikey", "api-key", "key", "negotiate", "ntlm", "hawk", "hmac"} {
		if len(word) == len(scheme) && HasFold(word, scheme) {
			return true
		}
	}
	return false
}

// afterKnownScheme skips the scheme of an Authorization header's value.
func afterKnownScheme(s string, start, end int) (int, int) {
	for start < end && (s[start] == '[' || s[start] == '"' || s[start] == '\'') {
		start++
	}
	word := s[start:end]
	credential := func(from int) int {
		return RunEnd(s, from, maxQuoted, func(c byte) bool { return c > ' ' && c != '"' && c != '\'' && c != ',' && c != '\\' && c != ']' })
	}
	if isScheme(word) {
		// The name of a scheme and no more, or its parameters, which http_auth
		// tells apart.
		if At(s, end) != ' ' || parametersOf(word) != nil && At(s, RunEnd(s, end+1, 32, wordBytes.has)) == '=' {
			return end, end
		}
		return end + 1, credential(end + 1)
	}
	if HasFold(word, "digest") || HasFold(word, "aws4-") {
		return end, end
	}
	// Any other scheme: Splunk, SSWS, GenieKey.
	if At(s, end) == ' ' && RunEnd(word, 0, 24, func(c byte) bool { return IsLetter(c) || c == '-' }) == len(word) {
		if stop := credential(end + 1); stop-end > 8 && looksRandom(s[end+1:stop]) {
			return end + 1, stop
		}
	}
	return start, end
}
