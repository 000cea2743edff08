package detect

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// NearBefore and NearAfter bound the bytes in which a key word counts as near.
// A word that begins or ends within them is read to its other end, for at most
// nearWord bytes: the name of a column or parameter is often long.
const (
	NearBefore = 60
	NearAfter  = 24
	nearWord   = 40
)

// Words is a list of lower-case key words, each of which may hold spaces,
// compiled for [Hits.Near]. A space in a word matches any one of space, '_',
// '-', '.' and '+', or nothing ("tax id" finds tax_id, tax-id and taxid).
//
// A word of four runes and more that begins with a letter outside of ASCII may
// go on ("телефон" finds телефону), and one of a script without spaces between
// words stands anywhere.
type Words struct {
	byFirst [26][]string
	// high are the words that begin with another letter, in three spellings, by
	// a hash of their first two bytes.
	high [64][]string
}

// NewWords compiles key words. Each must begin with a lower-case letter.
func NewWords(words ...string) *Words {
	w := new(Words)
	for _, word := range words {
		if word[0] >= utf8.RuneSelf {
			w.addHigh(spellings(word))
			continue
		}
		i := word[0] - 'a'
		w.byFirst[i] = append(w.byFirst[i], word)
	}
	return w
}

// spellings returns a word in lower case, in capitals and with one capital.
func spellings(word string) []string {
	out := []string{word}
	if upper := strings.ToUpper(word); upper != word {
		_, first := utf8.DecodeRuneInString(word)
		out = append(out, upper, strings.ToUpper(word[:first])+word[first:])
	}
	return out
}

// and returns the words of both lists.
func (w *Words) and(words ...string) *Words {
	out := NewWords(words...)
	for i := range w.byFirst {
		out.byFirst[i] = append(out.byFirst[i], w.byFirst[i]...)
	}
	for i := range w.high {
		out.high[i] = append(out.high[i], w.high[i]...)
	}
	return out
}

func (w *Words) addHigh(words []string) {
	for _, word := range words {
		i := leadOf(word, 0)
		w.high[i] = append(w.high[i], word)
	}
}

// leadOf hashes the two bytes at i.
func leadOf(s string, i int) uint8 { return (s[i]*31 + At(s, i+1)) % 64 }

// In reports whether s holds one of the words at word boundaries. A change
// from lower to upper case is a boundary too, so taxId holds "tax".
func (w *Words) In(s string) bool {
	found, _ := w.in(s)
	return found
}

// made reports whether s is one of the words, or several of them in camel case.
// A password may end in one: SuperUser.
func (w *Words) made(s string) bool {
	for from := 0; from < len(s); {
		end := from + 1
		for end < len(s) && (!IsUpper(s[end]) || IsUpper(s[end-1])) {
			end++
		}
		if !w.whole(s[from:end]) {
			return false
		}
		from = end
	}
	return s != ""
}

// whole reports whether s is one of the words, or its plural.
func (w *Words) whole(s string) bool {
	c := Lower(s[0]) - 'a'
	if c >= 26 {
		return false
	}
	for _, word := range w.byFirst[c] {
		if len(word) <= len(s) && wordAt(s, word) {
			return true
		}
	}
	return false
}

// in is In, and tells what it took beyond reading s: one for each byte beyond ASCII and
// for each comparison with a word.
func (w *Words) in(s string) (found bool, effort int) {
	for i := range len(s) {
		c := Lower(s[i]) - 'a'
		if c >= 26 {
			if s[i] >= utf8.RuneSelf {
				effort++
				if w.highAt(s, i) > 0 {
					return true, effort
				}
			}
			continue
		}
		if len(w.byFirst[c]) == 0 {
			continue
		}
		if i > 0 && IsLetter(s[i-1]) && !(IsUpper(s[i]) && !IsUpper(s[i-1])) && !WordStart(s, i) {
			continue
		}
		for _, word := range w.byFirst[c] {
			effort++
			if wordAt(s[i:], word) {
				return true, effort
			}
		}
	}
	return false, effort
}

// highAt returns the length of the word that begins with a letter outside of
// ASCII and stands at i, or 0.
func (w *Words) highAt(s string, i int) int {
	for _, word := range w.high[leadOf(s, i)] {
		if strings.HasPrefix(s[i:], word) && highBounded(s, i, word) {
			return len(word)
		}
	}
	return 0
}

// highBounded reports whether the word at s[i:] is one of its own.
func highBounded(s string, i int, word string) bool {
	first, _ := utf8.DecodeRuneInString(word)
	if unspaced(first) {
		return true
	}
	if before, _ := utf8.DecodeLastRuneInString(s[:i]); unicode.IsLetter(before) {
		return false
	}
	after, _ := utf8.DecodeRuneInString(s[i+len(word):])
	return !unicode.IsLetter(after) || utf8.RuneCountInString(word) >= 4
}

func wordAt(s, word string) bool {
	i := 0
	for j := range len(word) {
		if word[j] == ' ' {
			if i < len(s) && (s[i] == ' ' || s[i] == '_' || s[i] == '-' || s[i] == '.' || s[i] == '+') {
				i++
			}
			continue
		}
		if i >= len(s) || Lower(s[i]) != word[j] && !latinCapital(s[i], word, j) {
			return false
		}
		i++
	}
	if i >= len(s) || !IsLetter(s[i]) {
		return true
	}
	// taxId: the next word begins with a capital. taxs: a plural.
	if IsUpper(s[i]) && !IsUpper(s[i-1]) {
		return true
	}
	return Lower(s[i]) == 's' && (i+1 == len(s) || !IsLetter(s[i+1]))
}

// latinCapital reports whether c is the second byte of the capital of the
// Latin-1 letter that ends at word[j]: É for é.
func latinCapital(c byte, word string, j int) bool {
	return j > 0 && word[j-1] == 0xc3 && word[j] >= 0xa0 && c|0x20 == word[j]
}

// Near reports whether one of the words stands in the attribute key, in the
// [NearBefore] bytes before start, or in the [NearAfter] bytes after end, or told
// the value before it in a list.
func (h *Hits) Near(s string, start, end int, w *Words) bool {
	h.spend(3)
	if h.goesOn(s, start) || h.Key != "" && w.In(h.Key) {
		h.tell(start)
		return true
	}
	lo := max(0, start-NearBefore)
	if lo > 0 && lo < start && paramByte(s[lo-1]) && paramByte(s[lo]) {
		lo = RunStart(s, lo, nearWord, paramByte)
	}
	// A window that cuts a word in two must not see its tail as a word.
	for lo > 0 && lo < start && IsAlnum(s[lo-1]) && IsAlnum(s[lo]) {
		lo++
	}
	hi := min(len(s), end+NearAfter)
	if hi < len(s) && hi > end && paramByte(s[hi-1]) && paramByte(s[hi]) {
		hi = RunEnd(s, hi, nearWord, paramByte)
	}
	for hi < len(s) && hi > end && IsAlnum(s[hi-1]) && IsAlnum(s[hi]) {
		hi--
	}
	found, effort := w.in(s[lo:start])
	h.spend(effort / 8)
	if !found {
		found, effort = w.in(s[end:hi])
		h.spend(effort / 8)
	}
	if found {
		h.tell(start)
	}
	return found
}
