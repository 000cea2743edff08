package redact

import (
	"errors"
	"regexp"
	"strings"
)

// keyPattern matches attribute keys: a glob or a regular expression. Keys come
// lower-cased.
type keyPattern struct {
	// text is the lower-case glob, and what describes the pattern.
	text string
	// kind picks the cheapest comparison that is right for the glob.
	kind keyKind
	re   *regexp.Regexp
	// need is the longest text between the stars of a keyGlob, which is looked for
	// before the stars are tried. parted: it holds a separator, so that no single
	// segment can match.
	need   string
	parted bool
}

type keyKind uint8

const (
	keyLiteral  keyKind = iota // no star
	keyContains                // *text*
	keyGlob                    // anything else
	keyRegex
)

var errEmptyGlob = errors.New("a glob of stars alone names every key: use a rule without keys instead")

func newGlob(text string) (keyPattern, error) {
	k := keyPattern{text: lowerKey(text)}
	if strings.Trim(text, "*") == "" {
		return k, errEmptyGlob
	}
	inner := strings.Trim(k.text, "*")
	switch {
	case !strings.Contains(k.text, "*"):
		k.kind = keyLiteral
	case len(inner) == len(k.text)-2 && !strings.Contains(inner, "*") && k.text[0] == '*' && k.text[len(k.text)-1] == '*':
		k.kind, k.text = keyContains, inner
	default:
		k.kind = keyGlob
		for part := range strings.SplitSeq(k.text, "*") {
			if len(part) > len(k.need) {
				k.need = part
			}
		}
		for i := range len(k.text) {
			k.parted = k.parted || isSeparator(k.text[i])
		}
	}
	return k, nil
}

// lowerKey lower-cases a key, or a glob, before they are compared.
func lowerKey(s string) string {
	if ascii(s) {
		return lowerASCII(s)
	}
	return strings.ToLower(s)
}

// whole reports whether the pattern matches the whole key.
func (k *keyPattern) whole(key string) bool {
	switch k.kind {
	case keyLiteral:
		return key == k.text
	case keyContains:
		return strings.Contains(key, k.text)
	case keyRegex:
		return k.re.MatchString(key)
	}
	return strings.Contains(key, k.need) && globMatch(k.text, key)
}

// segments reports whether the pattern matches the whole key or a row of its
// segments, which '.', '_', '-', '/' and ' ' part.
func (k *keyPattern) segments(key string) bool {
	switch k.kind {
	case keyContains, keyRegex:
		return k.whole(key)
	case keyLiteral:
		for from := 0; ; {
			i := strings.Index(key[from:], k.text)
			if i < 0 {
				return false
			}
			i += from
			end := i + len(k.text)
			if (i == 0 || isSeparator(key[i-1])) && (end == len(key) || isSeparator(key[end])) {
				return true
			}
			from = i + 1
		}
	}
	if !strings.Contains(key, k.need) {
		return false
	}
	if globMatch(k.text, key) {
		return true
	}
	for from := 0; from <= len(key) && !k.parted; {
		end := from
		for end < len(key) && !isSeparator(key[end]) {
			end++
		}
		if end > from && globMatch(k.text, key[from:end]) {
			return true
		}
		from = end + 1
	}
	return false
}

func isSeparator(c byte) bool {
	return c == '.' || c == '_' || c == '-' || c == '/' || c == ' '
}

// globMatch matches s against a pattern in which '*' stands for any bytes. It
// keeps one point to return to, so it takes at most len(s)·len(pattern) steps.
func globMatch(pattern, s string) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
