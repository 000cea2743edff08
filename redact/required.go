package redact

import (
	"regexp/syntax"
	"strings"
)

// maxRequired bounds the alternatives of one regular expression's gate.
const maxRequired = 64

// required returns texts of which every match of re holds at least one,
// ASCII-lower-cased, or nil if there are none that are at least two bytes long.
func required(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		text := string(re.Rune)
		if re.Flags&syntax.FoldCase != 0 && !ascii(text) {
			return nil // a letter beyond ASCII may fold to another length
		}
		if re.Flags&syntax.FoldCase != 0 && strings.ContainsAny(text, "kKsS") {
			// k and s fold to U+212A and U+017F, which the gate can't see.
			return longest(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("kKsS", r) }))
		}
		return longest([]string{text})
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min >= 1 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if r := required(sub); better(r, best) {
				best = r
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			r := required(sub)
			if r == nil {
				return nil
			}
			all = append(all, r...)
		}
		if len(all) <= maxRequired {
			return all
		}
	}
	return nil
}

func longest(texts []string) []string {
	best := ""
	for _, t := range texts {
		if len(t) > len(best) {
			best = t
		}
	}
	if len(best) < 2 {
		return nil
	}
	return []string{lowerASCII(best)}
}

// better prefers the set whose shortest text is longer.
func better(a, b []string) bool {
	return a != nil && (b == nil || shortest(a) > shortest(b))
}

func shortest(texts []string) int {
	n := len(texts[0])
	for _, t := range texts {
		n = min(n, len(t))
	}
	return n
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func lowerASCII(s string) string {
	for i := range len(s) {
		if s[i]-'A' < 26 {
			b := []byte(s)
			for k := i; k < len(b); k++ {
				if b[k]-'A' < 26 {
					b[k] |= 0x20
				}
			}
			return string(b)
		}
	}
	return s
}
