package detect

import "strings"

// keyShape is the form of a vendor's key: a literal prefix and a body of one
// alphabet. A check sum inside the body never spares a value: a revoked or
// mistyped key is still masked.
type keyShape struct {
	prefix string
	body   class
	// min and max bound the length of the body in bytes.
	min, max int
	// mixed asks for a digit and a letter in the body, for prefixes that also
	// begin ordinary words.
	mixed bool
}

const (
	// maxKey is the length of the body of a key whose vendor names no limit.
	maxKey = 4096
	// longKey is the length from which on a limit is none.
	longKey = 200
)

// vendorKey makes a detector of keys with a literal prefix.
func vendorKey(name string, shapes ...keyShape) Detector {
	texts := make([]string, len(shapes))
	for i, k := range shapes {
		texts[i] = k.prefix
	}
	return Detector{
		Name:        name,
		Group:       Secrets,
		Specificity: Prefixed,
		Literals:    Literals(texts...),
		Find: func(h *Hits, s string, at int) {
			h.spend(1)
			for i := range shapes {
				if end := shapes[i].match(s, at); end > 0 {
					h.Add(at, end)
					return
				}
			}
		},
	}
}

// match returns the end of the key at s[at:], or 0.
func (k *keyShape) match(s string, at int) int {
	if len(s)-at < len(k.prefix)+k.min || s[at:at+len(k.prefix)] != k.prefix {
		return 0
	}
	from := at + len(k.prefix)
	limit := k.max + 1
	if k.max >= longKey {
		// What is longer than the vendor says is masked too, rather than read
		// again from every prefix inside of it.
		limit = len(s)
	}
	end := k.body.end(s, from, limit)
	// The full stop of a sentence.
	for end > from && s[end-1] == '.' {
		end--
	}
	body := s[from:end]
	if len(body) < k.min || sameByte(body) {
		return 0
	}
	if k.min == k.max && len(body) > k.max && (s[from+k.max] == '-' || s[from+k.max] == '_') {
		// A name goes on behind a key of one length: AIza…-old
		return from + k.max
	}
	// A longer word is another thing.
	if k.max < longKey && (len(body) > k.max || !WordEnd(s, end)) {
		return 0
	}
	if k.mixed && !(anyOf(body, IsDigit) && anyOf(body, IsLetter)) {
		return 0
	}
	return end
}

// sameByte reports whether s repeats one byte: a placeholder.
func sameByte(s string) bool {
	for i := 1; i < len(s); i++ {
		if s[i] != s[0] {
			return false
		}
	}
	return true
}

// anyOf reports whether a byte of s passes.
func anyOf(s string, ok func(byte) bool) bool {
	for i := range len(s) {
		if ok(s[i]) {
			return true
		}
	}
	return false
}

// wordedKey describes a key without a prefix, which only a word before it or
// the name of its attribute tells from any other random text.
type wordedKey struct {
	words []string
	body  class
	// length is the exact length of the body without padding.
	lengths Lengths
	// pad is what must follow the body and belongs to it.
	pad string
	// accept judges the body.
	accept func(body string) bool
	// reach is how far after the start of the word the key may begin.
	reach int
}

// find looks for the key after the word at s[at:].
func (k *wordedKey) find(h *Hits, s string, at int) {
	limit := min(len(s), at+k.reach)
	if h.ByKey {
		limit = min(len(s), at+16)
	}
	h.spend((limit - at) / 16)
	for i := at; i < limit; {
		if !k.body.has(s[i]) {
			i++
			continue
		}
		i = pastEscape(s, i)
		end := k.body.end(s, i, 62)
		// The word itself may stand in the middle of a run, as in a path.
		whole := i == 0 || !k.body.has(s[i-1]) && !IsAlnum(s[i-1]) || pastEscape(s, i-1) == i
		if n := end - i; whole && k.lengths.Has(n) && len(s)-end >= len(k.pad) && s[end:end+len(k.pad)] == k.pad {
			end += len(k.pad)
			if (end == len(s) || !k.body.has(s[end]) && !IsAlnum(s[end]) && s[end] != '=') && k.accept(s[i:end-len(k.pad)]) {
				h.Add(i, end)
				return
			}
		}
		if end == i+62 {
			return
		}
		i = end
	}
}

// worded makes a detector of keys that a word introduces.
func worded(name string, k wordedKey) Detector {
	words := NewWords(k.words...)
	literals := make([]string, 0, len(k.words))
	for _, w := range k.words {
		// One literal per spelling of the space.
		for _, sep := range []string{"", " ", "_", "-", ".", "+"} {
			literals = append(literals, strings.ReplaceAll(w, " ", sep))
			if !strings.Contains(w, " ") {
				break
			}
		}
	}
	return Detector{
		Name:        name,
		Group:       Secrets,
		Specificity: Shaped,
		Literals:    FoldLiterals(literals...),
		Key:         words.In,
		Find:        k.find,
	}
}

// isRandomMixed reports whether a body has upper- and lower-case letters and a
// digit or sign, as random base64 has and words, paths and hashes have not.
func isRandomMixed(body string) bool {
	return anyOf(body, IsUpper) && anyOf(body, func(c byte) bool { return c-'a' < 26 }) && anyOf(body, func(c byte) bool { return !IsLetter(c) && c != '/' })
}

// isRandomHex reports whether a body of hexadecimal digits holds both digits
// and letters.
func isRandomHex(body string) bool {
	return anyOf(body, IsDigit) && anyOf(body, IsLetter)
}
