package detect

import "strings"

// IsNameWord reports the name under which a list of settings keeps their names.
func IsNameWord(name string) bool {
	switch len(name) {
	case 3:
		return HasFold(name, "key")
	case 4:
		return HasFold(name, "name")
	case 5:
		return HasFold(name, "param") || HasFold(name, "field")
	case 6:
		return HasFold(name, "header")
	}
	return false
}

// isValueWord reports the name under which a list of settings keeps its values.
func isValueWord(name string) bool {
	switch len(name) {
	case 5:
		return HasFold(name, "value")
	case 11:
		return HasFold(name, "stringvalue")
	case 12:
		return HasFold(name, "string_value")
	}
	return false
}

// pairName returns the name that stands before a value in a list of settings:
// {"name":"DB_PASSWORD","value":…}, <add key="ApiKey" value=…>.
func pairName(s string, at int) string {
	between := func(c byte) bool {
		return c <= ' ' || c == '"' || c == '\'' || c == '\\' || c == ',' || c == ';' || c == '{' || c == ':'
	}
	end := RunStart(s, at, 48, between)
	if end >= 5 && HasFold(s[end-5:], "value") { // {"value":{"stringValue":…}}
		end = RunStart(s, end-5, 48, between)
	}
	start := RunStart(s, end, maxParamName, paramByte)
	if start == end || end == at {
		return ""
	}
	stop := RunStart(s, start, 12, func(c byte) bool {
		return c == ' ' || c == '"' || c == '\'' || c == '\\' || c == ':' || c == '='
	})
	from := RunStart(s, stop, 8, IsLetter)
	if stop != start && IsNameWord(s[from:stop]) {
		return s[start:end]
	}
	return ""
}

// maxNamed bounds the value behind which a name is looked for, in bytes.
const maxNamed = 256

// nameBehind returns the name that stands behind the quoted value at from:
// {"value":…,"name":"DB_PASSWORD"}, as programs write that sort the members.
func (h *Hits) nameBehind(s string, from int) string {
	if c := At(s, RunEnd(s, from, 2, isBlank)); c != '"' && c != '\'' && c != '\\' {
		return ""
	}
	start, end, quote := paramValue(s[:min(len(s), from+maxNamed)], from)
	h.spend(2 + (end-start)/16)
	if quote == 0 {
		return ""
	}
	word := RunEnd(s, end, 24, func(c byte) bool { return c <= ' ' || c == quote || c == '\\' || c == ',' })
	stop := RunEnd(s, word, 8, IsLetter)
	if !IsNameWord(s[word:stop]) {
		return ""
	}
	name := RunEnd(s, stop, 12, func(c byte) bool { return c == ' ' || c == quote || c == '\\' || c == ':' || c == '=' })
	if name == stop || s[name-1] != quote {
		return ""
	}
	return s[name:RunEnd(s, name, maxParamName, paramByte)]
}

// findElement reports the text of an element whose name, or whose attribute,
// says it is a secret: <password>…</password>, <p:Password Type="x">…,
// <entry key="password">….
func findElement(h *Hits, s string, at int) {
	// Where it is printed to be read, the text stands on a line of its own.
	from := RunEnd(s, at+1, maxAlign, isSpace)
	if c := At(s, from); c == 0 || c == '<' && !strings.HasPrefix(s[from:], cdata) || c == '>' {
		return
	}
	h.spend(3 + (from-at)/8)
	open := RunStart(s, at, 128, func(c byte) bool { return c != '<' && c != '>' })
	if open == 0 || s[open-1] != '<' {
		return
	}
	tag := s[open:at]
	end := RunEnd(tag, 0, len(tag), func(c byte) bool { return paramByte(c) || c == ':' })
	local := tag[strings.IndexByte(tag[:end], ':')+1 : end]
	kind := secretName(local)
	if kind == notSecret && end == len(tag) && (local == "key" || local == "name") {
		findListed(h, s, from, local)
		return
	}
	if kind == notSecret && end == len(tag) && isValueWord(local) {
		h.spend(4)
		kind = elementBefore(s, open-1)
	}
	if kind == notSecret {
		value, _ := paramName(s, at)
		if value.from <= open || At(s, value.from-2) != '=' {
			return
		}
		if word := RunStart(s, value.from-2, 8, IsLetter); !HasFold(s[word:], "key") && !HasFold(s[word:], "name") {
			return
		}
		kind = secretName(s[value.from:value.to])
	}
	if kind == notSecret {
		return
	}
	h.addText(s, from, kind)
}

// cdata begins text that holds no markup (XML 1.0 section 2.7).
const cdata = "<![CDATA["

// findListed reports the text of the element after one that names it:
// <key>password</key><string>…</string>.
func findListed(h *Hits, s string, from int, local string) {
	end := RunEnd(s, from, maxParamName, paramByte)
	kind := secretName(s[from:end])
	if kind == notSecret || !strings.HasPrefix(s[end:], "</"+local+">") {
		return
	}
	i := RunEnd(s, end+len("</>")+len(local), maxAlign, isSpace)
	word := RunEnd(s, i+1, 16, IsLetter)
	if At(s, i) != '<' || At(s, word) != '>' || word == i+1 {
		return
	}
	h.addText(s, word+1, kind)
}

// addText reports the text of an element, of which from is the first byte.
func (h *Hits) addText(s string, from int, kind secretKind) {
	h.spend(2)
	if strings.HasPrefix(s[from:], cdata) {
		h.spend(min(len(s)-from, maxQuoted) / 32)
		from += len(cdata)
		if n := strings.Index(s[from:min(len(s), from+maxQuoted)], "]]>"); n >= 0 {
			h.addSecret(s, from, from+n, kind, '<', false)
		}
		return
	}
	stop := RunEnd(s, from, maxQuoted, func(c byte) bool { return c != '<' })
	if At(s, stop) == '<' {
		stop = RunStart(s, stop, min(maxAlign, stop-from), isSpace)
		h.addSecret(s, from, stop, kind, '<', false)
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// elementBefore judges the name that the element gives which begins before the one that
// opens at open: <setting name="password"><value>.
func elementBefore(s string, open int) secretKind {
	end := RunStart(s, open, maxAlign, isSpace) - 1
	if At(s, end) != '>' {
		return notSecret
	}
	from := RunStart(s, end, 160, func(c byte) bool { return c != '<' && c != '>' })
	tag := s[from:end]
	for _, word := range [...]string{" name=", " key="} {
		i := strings.Index(tag, word)
		if i < 0 || !isQuote(At(tag, i+len(word))) {
			continue
		}
		i += len(word) + 1
		return secretName(tag[i:RunEnd(tag, i, maxParamName, paramByte)])
	}
	return notSecret
}

// elementName returns the name of the element in which the attribute at at stands:
// <password value=…>.
func elementName(s string, at int) string {
	open := RunStart(s, at, 128, func(c byte) bool { return c != '<' && c != '>' })
	if open == 0 || s[open-1] != '<' {
		return ""
	}
	end := RunEnd(s, open, maxParamName, func(c byte) bool { return paramByte(c) || c == ':' })
	return s[open+strings.IndexByte(s[open:end], ':')+1 : end]
}
