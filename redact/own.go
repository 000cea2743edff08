package redact

import (
	"slices"
	"sort"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// extent is where a pseudonym or token stands. From body on stands what nobody
// chooses; the label and the id of the key before it are anybody's.
type extent struct{ start, body, end int }

// maxOpened bounds the tokens of one value that are tried under the policy's keys.
// A sender decides how many there seem to be; further ones are read like any text.
const maxOpened = 64

// ownOutputs leaves in r.own the extents of the pseudonyms and tokens in s, so that
// an agent and a gateway may both redact. No byte of theirs is '<': one pass.
func (r *Run) ownOutputs(s string) {
	r.own = r.own[:0]
	opened := 0
	for i := 0; ; {
		k := strings.IndexByte(s[i:], '<')
		if k < 0 {
			return
		}
		i += k
		end := ownEnd(s, i)
		if end == 0 {
			i++
			continue
		}
		own := isPseudonym(s[i:end])
		if !own && opened < maxOpened && len(r.e.ciphers) > 0 {
			opened++
			own = r.e.opensAny(s[i:end])
		}
		if own {
			r.own = append(r.own, extent{i, i + strings.LastIndexByte(s[i:end], ':') + 1, end})
		}
		i = end
	}
}

// within reports whether [start, end) lies in one of the extents, which are in order,
// and reaches into its body.
func within(list []extent, start, end int) bool {
	if len(list) == 0 {
		return false
	}
	i := sort.Search(len(list), func(i int) bool { return list[i].start > start })
	return i > 0 && end <= list[i-1].end && end > list[i-1].body
}

// beginsIn returns the end of the extent in which start lies, or 0.
func beginsIn(list []extent, start int) int {
	if len(list) == 0 {
		return 0
	}
	i := sort.Search(len(list), func(i int) bool { return list[i].start > start })
	if i == 0 || start >= list[i-1].end {
		return 0
	}
	return list[i-1].end
}

// isOwn reports whether the whole text is a pseudonym that was written with a key
// of the policy, or a token that opens under the rule's key. A sender who writes
// like us must not keep a rule from its value.
func (r *Run) isOwn(rule int, s string) bool {
	if s == "" || s[0] != '<' || ownEnd(s, 0) != len(s) {
		return false
	}
	if r.e.policy.rules[rule].action.verb == Token {
		return r.e.opens(rule, s)
	}
	return isPseudonym(s) && r.e.knows(keyIDOf(s)) && r.e.labels[labelOf(s)] || r.e.opensAny(s)
}

// isPseudonym reports the length and the alphabet of a pseudonym, for what has
// its form.
func isPseudonym(s string) bool {
	body := s[strings.LastIndexByte(s, ':')+1 : len(s)-1]
	return len(body) == pseudonymChars && strings.Trim(body, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// labelOf returns the label of a pseudonym or token.
func labelOf(s string) string { return s[1:strings.IndexByte(s, ':')] }

// keyIDOf returns the id of the key in a pseudonym or token.
func keyIDOf(s string) string {
	id := s[strings.IndexByte(s, ':')+1:]
	return id[:strings.IndexByte(id, ':')]
}

// knows reports whether a key of the policy has the id, be it retired or not.
func (e *Engine) knows(id string) bool {
	for _, ring := range e.keys {
		if slices.ContainsFunc(ring.entries, func(k keyEntry) bool { return k.id == id }) {
			return true
		}
	}
	return false
}

// opensAny reports a token that opens under some key of the policy.
func (e *Engine) opensAny(token string) bool {
	for _, list := range e.ciphers {
		if _, err := openToken(list, token); err == nil {
			return true
		}
	}
	return false
}

// ownEnd returns the end of what has the form of a pseudonym or token at s[open],
// or 0.
func ownEnd(s string, open int) int {
	i := open + 1
	label := i
	for i < len(s) && (s[i]-'a' < 26 || detect.IsDigit(s[i]) || s[i] == '_') {
		i++
	}
	if i == label || i-label > maxLabel || detect.At(s, i) != ':' {
		return 0
	}
	i++
	id := i
	for i < len(s) && (s[i]-'a' < 26 || detect.IsDigit(s[i]) || s[i] == '_') {
		i++
	}
	if i == id || i-id > maxKeyID || detect.At(s, i) != ':' {
		return 0
	}
	i++
	body := i
	for i < len(s) && (detect.IsAlnum(s[i]) || s[i] == '-' || s[i] == '_') {
		i++
	}
	if detect.At(s, i) != '>' {
		return 0
	}
	if n := i - body; n >= minTokenChars && n <= maxTokenChars {
		return i + 1
	}
	return 0
}
