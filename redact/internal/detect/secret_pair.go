package detect

import "strings"

// A name and its value stand side by side, without a separator of their own, in
// lists of arguments, of headers and of pairs, in the parts of a form and in
// what programs write to read again.

// findPair reports the text after a quoted name: ["--password", "x"],
// ('password', 'x'). The name begins at at; its quote stands at end.
func findPair(h *Hits, s string, at, end int) {
	quote := At(s, end)
	if quote != '"' && quote != '\'' || At(s, end+1) != ',' {
		return
	}
	start := RunStart(s, at, maxParamName, paramByte)
	flag := At(s, start) == '-'
	for start < end && !IsAlnum(s[start]) {
		start++
	}
	open := RunStart(s, start, 2, func(c byte) bool { return c == '-' }) - 1
	h.spend(4)
	kind := secretName(s[start:end])
	if kind == notSecret || At(s, open) != quote {
		return
	}
	h.spend(2)
	value := RunEnd(s, end+2, 2, isBlank)
	if next := At(s, value+1); next == quote {
		if c := Lower(At(s, value)); c != 'u' && c != 'b' {
			return
		}
		value++
	}
	if At(s, value) != quote {
		return
	}
	from, to, _ := quotedValue(s, -1, value+1, false)
	h.spend((to - from) / 16)
	if At(s, RunEnd(s, to+1, 2, isBlank)) == ':' {
		return // the value of one member, and the name of the next
	}
	// The value of a member: {"type":"password","value":…}.
	before := RunStart(s, open, 2, isBlank) - 1
	if At(s, before) == ':' || At(s, before) == '=' {
		return
	}
	if v := s[from:to]; !flag && At(s, before) != '(' && (!looksRandom(v) || secretName(v) != notSecret) {
		return // a list of names
	}
	h.addSecret(s, from, to, kind, '=', false)
}

// findFormData reports the part of a form (RFC 7578) whose name stands at from.
func findFormData(h *Hits, s string, from int) {
	escaped := At(s, from) == '\\'
	if escaped {
		from++
	}
	if At(s, from) != '"' {
		return
	}
	end := RunEnd(s, from+1, maxParamName, paramByte)
	kind := secretName(s[from+1 : end])
	if kind == notSecret {
		return
	}
	h.spend(8)
	i := end + 1
	if escaped {
		i++
	}
	for range 2 {
		stop := lineEnd(s, i)
		if stop == i {
			return
		}
		i = stop
	}
	stop := i
	for stop < len(s) && stop-i < maxQuoted && s[stop] != '\r' && s[stop] != '\n' && !(s[stop] == '\\' && lineEnd(s, stop) > stop) {
		stop++
	}
	h.spend((stop - i) / 8)
	h.addSecret(s, i, stop, kind, '=', false)
}

// lineEnd returns where the next line begins if one ends at i, as it is or
// written with escapes.
func lineEnd(s string, i int) int {
	for _, end := range [...]string{"\r\n", "\n", `\r\n`, `\n`, `\u000d\u000a`} {
		if strings.HasPrefix(s[min(i, len(s)):], end) {
			return i + len(end)
		}
	}
	return i
}

// findSerialized reports the value in what PHP's serialize writes:
// s:8:"password";s:1:"x". The name ends before semicolon, its value's length at
// colon.
func findSerialized(h *Hits, s string, semicolon, colon int) {
	if At(s, semicolon-1) != '"' || At(s, colon+1) != '"' {
		return
	}
	start := RunStart(s, semicolon-1, maxParamName, paramByte)
	kind := secretName(s[start : semicolon-1])
	if kind == notSecret || At(s, start-1) != '"' {
		return
	}
	from, to, _ := quotedValue(s, -1, colon+2, false)
	h.spend(6 + (to-from)/16)
	h.addSecret(s, from, to, kind, '=', false)
}
