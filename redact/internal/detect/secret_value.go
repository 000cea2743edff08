package detect

import "strings"

const (
	// maxBraced bounds the value in the braces of a connection string, in bytes.
	maxBraced = 128
	// maxAlign bounds the blanks beside a separator: settings are aligned.
	maxAlign = 40
	// maxBracketed bounds the value in the brackets of a dump, in bytes.
	maxBracketed = 512
)

// maxSlashes bounds the backslashes before a quote: fifteen for JSON in JSON,
// four levels deep.
const maxSlashes = 15

func isBackslash(c byte) bool { return c == '\\' }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// addValue reports the value at from of a setting.
func (h *Hits) addValue(s string, from int, name string, kind secretKind, sep byte, prose bool) {
	// A structure speaks for itself, unless it is a list of texts as in dumps of
	// headers. It is judged before it is read: password=[password=[ would be
	// read to its end from each of its names.
	at := RunEnd(s, from, maxAlign, isBlank)
	h.spend(6 + (at-from)/4)
	spaced := at > from
	if stop := h.addBlock(s, at, kind, sep); stop {
		return
	}
	at = unwrapped(s, at)
	listed := false
	switch c := At(s, at); {
	case c == '[' && At(s, at+1) != '"' && At(s, at+1) != '\'':
		if h.addBracketed(s, at+1, kind, sep) || endsParam(s, at+1) {
			return
		}
	case c == '[':
		at++
		listed = true
	case c == '{' && sep == '=' && h.addBraced(s, at+1, name, kind):
		return
	case c == '{' && endsParam(s, at+1):
		return
	case sep == '=' && spaced && beginsSetting(s, at):
		return // password= user=bob: it is empty
	}
	start, end, quote := paramValue(s, at)
	h.spend((end - start) / 16)
	if quote == 0 && end-start <= maxParamName {
		inner, text := innerSetting(s, start, end)
		switch {
		case inner == innerSecret, inner == innerHarmless && (spaced || sep == ':'):
			return // it is looked at by itself, or none
		case inner != innerNone:
			if inner == innerHarmless {
				h.addSecret(s, start, end, kind, sep, false)
			}
			start, end, quote = paramValue(s, text)
			h.spend((end - start) / 16)
		}
	}
	if At(s, start) == '<' {
		h.spend(8) // two looks for what closes it
	}
	if quote == 0 && end-start < maxRefused {
		if isDirectory(name, s[start:end]) || isCode(s, start, end) || isArgument(name, s, start, end) {
			return
		}
		// The bracket that was read as the end of a structure is the value's.
		if At(s, start) == '[' && At(s, end) == ']' {
			end++
		}
		if sep == ':' && isSentence(s, start, end) || isMarker(s[start:end]) || h.isReference(s, start, end) || isBound(s, start, end, name, spaced) {
			return
		}
	}
	if listed && isMessage(s[start:end]) {
		return
	}
	switch {
	case kind == schemeSecret:
		start, end = afterKnownScheme(s, start, end)
	case quote == 0 && isScheme(s[start:end]) && At(s, end) == ' ':
		// token=Bearer x: its credentials, if any, and not its name.
		if start, end = afterKnownScheme(s, start, end); start < end && looksRandom(s[start:end]) {
			h.addSecret(s, start, end, sureSecret, sep, false)
		}
		return
	}
	h.addSecret(s, start, end, kind, sep, prose && sep == ':' && quote == 0 && spaced)
	for n := 0; listed && n < 64 && quote != 0 && At(s, end) == quote; n++ {
		// The others of the list.
		next := RunEnd(s, end+1, 2, func(c byte) bool { return c == ',' || c == ' ' })
		if At(s, end+1) != ',' || At(s, next) != quote {
			break
		}
		start, end, _ = quotedValue(s, -1, next+1, false)
		h.spend(3 + (end-start)/32)
		if !isMessage(s[start:end]) {
			h.addSecret(s, start, end, kind, sep, false)
		}
	}
	if quote != 0 && strings.HasPrefix(s[min(end+1, len(s)):], " -> "+string(quote)) {
		// What a plan changes the value to.
		start, end, _ = paramValue(s, end+len(" -> ")+1)
		h.addSecret(s, start, end, kind, sep, false)
	}
}

// addBlock reports a value that stands in the lines below its name, as in YAML.
// It reports true if there is nothing else to look for.
func (h *Hits) addBlock(s string, at int, kind secretKind, sep byte) bool {
	i := at
	if c := At(s, i); (c == '|' || c == '>') && sep == ':' {
		i = RunEnd(s, i+1, 3, func(c byte) bool { return c == '-' || c == '+' || IsDigit(c) })
	}
	if c := At(s, i); c != '\n' && c != '\r' && c != '\\' || sep != ':' || kind == randomSecret || kind == pinSecret {
		return false
	}
	written := s[i] == '\\' // in a string of JSON
	line := lineEnd(s, i)
	if line == i {
		return false
	}
	h.spend(4)
	start := RunEnd(s, line, maxAlign, func(c byte) bool { return c == ' ' })
	indent := start - line
	if indent == 0 {
		return true // it is empty
	}
	end := blockLine(s, start, written)
	if i == at {
		// No sign of a block: one word, and no setting or list of its own.
		if v := s[start:end]; v == "" || v[0] == '-' || strings.ContainsAny(v, " :={}[]") || kind != sureSecret && !looksRandom(v) {
			return true
		}
	}
	// The block goes on as long as its lines are indented as much.
	for n := 0; n < 64 && i != at; n++ {
		next := lineEnd(s, end)
		if next == end || RunEnd(s, next, indent, func(c byte) bool { return c == ' ' })-next < indent {
			break
		}
		end = blockLine(s, next, written)
	}
	if h.spend((end - start) / 32); written {
		h.spend((end - start) / 8)
	}
	h.addSecret(s, start, end, kind, '=', false)
	return true
}

// blockLine returns where the line at i of a block ends. In a string of JSON its
// end is written with a backslash, and the string's quote is one, too.
func blockLine(s string, i int, written bool) int {
	if !written {
		return RunEnd(s, i, maxQuoted, func(c byte) bool { return c != '\n' && c != '\r' })
	}
	for limit := min(len(s), i+maxQuoted); i < limit && s[i] != '"' && s[i] != '\n'; i++ {
		if s[i] != '\\' {
			continue
		}
		if lineEnd(s, i) > i {
			return i
		}
		i++ // the byte that it escapes
	}
	return min(i, len(s))
}

// addBracketed reports the value in the brackets of a header map as programs
// print it: map[X-Api-Key:[x]], {x-api-key=[x]}. It reports false if no bracket
// closes.
func (h *Hits) addBracketed(s string, start int, kind secretKind, sep byte) bool {
	end := RunEnd(s, start, maxBracketed, func(c byte) bool { return c != ']' && c != '[' && c != '\n' && c != '{' && c != '}' })
	h.spend((end - start) / 32)
	if At(s, end) != ']' || end == start {
		return false
	}
	if v := s[start:end]; isMarker(v) {
		return true
	} else if kind == schemeSecret {
		start, end = afterKnownScheme(s, start, start+RunEnd(v, 0, len(v), func(c byte) bool { return c != ' ' }))
	} else if strings.IndexByte(v, ' ') >= 0 && !looksRandom(v) {
		return true // a sentence, a list of names
	}
	h.addSecret(s, start, end, kind, sep, false)
	return true
}

// addBraced reports the value in the braces of a connection string:
// PWD={a; b}. It reports false for a structure.
func (h *Hits) addBraced(s string, start int, name string, kind secretKind) bool {
	// Between the other parts of a connection string stands no structure, and any
	// byte may be the password's: PWD={a;b=c}.
	among := amongParts(s, start-len("={")-len(name), name)
	end := start
	for {
		end = RunEnd(s, end, maxBraced-(end-start), func(c byte) bool {
			return c != '}' && c != '\n' && (among || c != '=' && c != ':' && c != '"' && c != ',')
		})
		if !among || At(s, end) != '}' || At(s, end+1) != '}' || end-start >= maxBraced {
			break
		}
		end += len("}}") // a brace of the password
	}
	h.spend(1 + (end-start)/8)
	if At(s, end) != '}' || end == start || At(s, start) == '{' && !among {
		return false
	}
	if c := At(s, end+1); c != ';' && end+1 != len(s) && (!among || c != '"' && c != '\'' && c != '\\') {
		return false
	}
	h.addSecret(s, start, end, kind, '=', false)
	return true
}

// amongParts reports whether the name at i is that of a part of a connection
// string: it stands behind a semicolon, or first of all and is the one of ODBC.
func amongParts(s string, i int, name string) bool {
	if i > 0 && At(s, i-1) == ' ' {
		i--
	}
	return At(s, i-1) == ';' || len(name) == 3 && HasFold(name, "pwd") && (i <= 0 || !IsAlnum(s[i-1]))
}

// beginsSetting reports name=value at i.
func beginsSetting(s string, i int) bool {
	end := RunEnd(s, i, maxParamName, paramByte)
	return end > i && At(s, end) == '=' && IsLetter(s[i]) && At(s, end+1) != '=' && !isPadded(s, i, end)
}

// isPadded reports that the '=' at end pads the base64 at i and names nothing:
// PrivateKey = coYf…iA= of WireGuard.
func isPadded(s string, i, end int) bool {
	return end-i >= 15 && (end+1-i)%4 == 0 && endsValue(s, end+1) && looksRandom(s[i:end])
}

// isArgument reports what source text passes on under the name it has, and what
// a usage text calls it: password=password), self.token = token, --token=TOKEN.
func isArgument(name, s string, start, end int) bool {
	v := s[start:end]
	if c := At(s, end); c != ')' && c != ',' && c != ';' {
		n := len(v) - 1
		switch {
		case n < 0:
			return false
		case v[n] == ';' || v[n] == ')' || v[n] == ',':
			v = v[:n]
		case strings.HasPrefix(name, "self.") || strings.HasPrefix(name, "this."):
		case v == strings.ToUpper(v) && name != strings.ToUpper(name):
		default:
			return false
		}
	}
	if len(v) > len(name) || len(v) == 0 || !HasFold(name[len(name)-len(v):], strings.ToLower(v)) {
		return false
	}
	return len(v) == len(name) || !IsAlnum(name[len(name)-len(v)-1])
}

// isSentence reports a word of a status before another word, wherever the line
// begins: password: cannot be blank.
func isSentence(s string, start, end int) bool {
	next := At(s, end+1)
	return start < end && At(s, end) == ' ' && (IsLetter(next) || next == '"') && statusWord(s[start:end])
}

// isMessage reports what a form says of a field: ["This field is required."].
func isMessage(v string) bool {
	if len(v) >= maxRefused {
		return false
	}
	spaces := strings.Count(v, " ")
	return spaces >= 4 || spaces >= 2 && !strings.ContainsAny(v, "0123456789")
}

// isBound reports the parameter of a statement: token = :token, = @p0, = ?.
func isBound(s string, start, end int, name string, spaced bool) bool {
	switch v := s[start:end]; {
	case v == "?":
		return true
	case len(v) < 2 || v[0] != ':' && v[0] != '@' || wordBytes.end(v, 1, len(v)) != len(strings.TrimRight(v, ",;)")):
		return false
	}
	if HasFold(s[start+1:end], strings.ToLower(name)) {
		return true
	}
	// A password may begin with '@', too: password: @dmin123.
	return spaced && (s[start] == ':' || isNthParameter(strings.TrimRight(s[start+1:end], ",;)")) || statementWords.In(s[max(0, start-NearBefore):start]))
}

// isNthParameter reports the name that frameworks give to a parameter: p0, p12.
func isNthParameter(v string) bool {
	return len(v) > 1 && Lower(v[0]) == 'p' && len(v) <= 3 && RunEnd(v, 1, 2, IsDigit) == len(v)
}

// statementWords stand before a bound parameter: WHERE token = @p0.
var statementWords = NewWords("select", "update", "set", "where", "insert", "values", "declare", "exec", "having")

// isMarker reports a word that stands for a value that is kept elsewhere or not
// shown: (sensitive value), !vault, [PROTECTED].
func isMarker(v string) bool {
	if v == "" {
		return false
	}
	if v[0] == '(' || v[0] == '!' {
		return len(v) > 2 && RunEnd(v, 1, 24, IsLetter) == len(strings.TrimSuffix(v, ")"))
	}
	return len(v) <= 24 && RunEnd(v, 0, 24, func(c byte) bool { return IsUpper(c) || c == '_' || c == ' ' }) == len(v) && len(v) >= 6 && strings.Trim(v, "PROTECDHINAMSK_ ") == ""
}

// isReference reports what names a secret that is kept elsewhere: ENC[x] of Datadog and
// eyaml, ((x)) of Concourse, vault:a/b of Vault's injectors, @x.txt that curl reads.
func (h *Hits) isReference(s string, start, end int) bool {
	switch v := s[start:end]; {
	case strings.HasPrefix(v, "ENC["):
		return h.closes(s, end, "]")
	case strings.HasPrefix(v, "(("):
		return h.closes(s, end, "))")
	case strings.HasPrefix(v, "vault:"):
		return strings.Contains(v, "/")
	case strings.HasPrefix(v, "@"):
		dot := strings.LastIndexByte(v, '.')
		return dot > 0 && isFileSuffix(v[dot+1:])
	}
	return false
}

// closes reports whether the bracket stands near the end of the value at i, before a
// blank: a list may have cut it short.
func (h *Hits) closes(s string, i int, bracket string) bool {
	h.spend(4)
	from := max(0, i-len(bracket))
	return strings.Contains(s[from:RunEnd(s, i, maxBraced, func(c byte) bool { return c > ' ' })], bracket)
}

// paramValue returns the value that begins at or after from, without quotes.
func paramValue(s string, from int) (start, end int, quote byte) {
	start = from
	for start < len(s) && start-from < 4 && isBlank(s[start]) {
		start++
	}
	escaped := false
	if At(s, start) == '\\' {
		if i := RunEnd(s, start, maxSlashes, isBackslash); At(s, i) == '"' || At(s, i) == '\'' {
			escaped = true
			start = i
		}
	}
	if c := At(s, start); c == '"' || c == '\'' || c == '`' {
		start++
		return quotedValue(s, from, start, escaped)
	}
	// A '<' that no '>' closes belongs to the value.
	open := At(s, start) == '<' && At(s, RunEnd(s, start, maxParamName, func(c byte) bool { return c != '>' && c != '\n' })) != '>'
	for end = start; end < len(s); end++ {
		c := s[end]
		if c <= ' ' && (c != ' ' || end == start || s[end-1] != '\\') || c == '&' || c == '"' || c == '`' {
			break
		}
		if c == '<' && (end > start || !open) && opensTag(s, end) || c == '>' && !goesOn(s, end+1) {
			break
		}
		if c == '\\' && (At(s, end+1) == '"' || At(s, end+1) == 'n' || At(s, end+1) == 'r' || At(s, end+1) == 't') {
			break
		}
		if (c == ')' || c == '}' || c == ']' || c == '#') && endsValue(s, end+1) || (c == ',' || c == ';' || c == '\'' || c == '|') && endsParam(s, end+1) {
			break
		}
	}
	for end > start && (s[end-1] == '.' || s[end-1] == ',' || s[end-1] == ';') && end-start > 4 && end < len(s) {
		end--
	}
	return start, end, 0
}

// opensTag reports whether the '<' at i ends a text: all but one inside a word.
func opensTag(s string, i int) bool {
	c := At(s, i+1)
	return c == '/' || c == '!' || c <= ' ' || i == 0 || !goesOn(s, i+1) || !IsAlnum(s[i-1]) || strings.IndexByte(s[i:min(len(s), i+maxParamName)], '>') > 0
}

// goesOn reports a byte of a word.
func goesOn(s string, i int) bool { c := At(s, i); return IsAlnum(c) || c >= 0x80 }

// quotedValue reads the value whose quote stands before start.
func quotedValue(s string, from, start int, escaped bool) (int, int, byte) {
	quote := s[start-1]
	doubled := false
	if next := At(s, start); !escaped && next == quote && quote != '`' && inDoubled(s, start+1) {
		// ""value"": the quotes of a field of comma-separated values.
		doubled = true
		start++
	} else if !escaped && start == from+1 && (next == ' ' || next == ',' || next == '}' || next == ')') {
		return start, start, quote // msg="token=" n=1: it closes what was opened before
	}
	limit := min(len(s), start+maxQuoted)
	end := start
	for ; end < limit; end++ {
		c := s[end]
		if escaped && c == '\\' && At(s, RunEnd(s, end, maxSlashes, isBackslash)) == quote {
			return start, end, quote
		}
		if !escaped && c == '\\' {
			end++
			continue
		}
		if c == '\n' {
			return start, end, quote
		}
		if c != quote {
			continue
		}
		switch {
		case doubled:
			if At(s, end+1) == quote {
				return start, end, quote
			}
		case At(s, end+1) == quote && inDoubled(s, end+2):
			end++ // a quote inside of the text
		case quote == '\'' && strings.HasPrefix(s[end+1:], "\\''"):
			end += len("\\''") // the same in a shell
		default:
			return start, end, quote
		}
	}
	return start, min(end, len(s)), quote
}

// inDoubled reports whether a text goes on at i.
func inDoubled(s string, i int) bool {
	c := At(s, i)
	if c == '.' && At(s, i+1) <= ' ' {
		return false // the end of a sentence
	}
	return c > ' ' && c != ',' && c != ';' && c != '}' && c != ')' && c != ']' && c != '"' && c != '\'' && c != '>' && c != '<' && c != ':' && c != '|' && c != '`'
}

// endsValue reports what follows a value and what closes around it.
func endsValue(s string, i int) bool {
	c := At(s, i)
	return c <= ' ' || c == '"' || c == '\'' || c == ',' || c == ';' || c == ')' || c == '}' || c == ']' || c == '<' || c == '&'
}

// endsParam reports whether a separator before i ends an unquoted value: a
// password may hold a comma, but hardly one before a space or another name.
func endsParam(s string, i int) bool {
	if endsValue(s, i) {
		return true
	}
	if !IsLetter(At(s, i)) {
		return false
	}
	end := RunEnd(s, i, 32, func(c byte) bool { return paramByte(c) || c == ' ' })
	return At(s, end) == '=' || At(s, end) == ':'
}
