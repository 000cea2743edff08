package detect

// NearBefore and NearAfter bound the bytes in which a key word counts as near.
const (
	NearBefore = 48
	NearAfter  = 24
)

// Words is a list of lower-case key words, each of which may hold spaces,
// compiled for [Hits.Near]. A space in a word matches any one of space, '_',
// '-', '.' and '+', or nothing ("tax id" finds tax_id, tax-id and taxid).
type Words struct {
	byFirst [26][]string
}

// NewWords compiles key words. Each must begin with a lower-case letter.
func NewWords(words ...string) *Words {
	w := new(Words)
	for _, word := range words {
		i := word[0] - 'a'
		w.byFirst[i] = append(w.byFirst[i], word)
	}
	return w
}

// In reports whether s holds one of the words at word boundaries. A change
// from lower to upper case is a boundary too, so taxId holds "tax".
func (w *Words) In(s string) bool {
	for i := range len(s) {
		c := Lower(s[i]) - 'a'
		if c >= 26 || len(w.byFirst[c]) == 0 {
			continue
		}
		if i > 0 && IsLetter(s[i-1]) && !(IsUpper(s[i]) && !IsUpper(s[i-1])) && !WordStart(s, i) {
			continue
		}
		for _, word := range w.byFirst[c] {
			if wordAt(s[i:], word) {
				return true
			}
		}
	}
	return false
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
		if i >= len(s) || Lower(s[i]) != word[j] {
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

// Near reports whether one of the words stands in the attribute key, in the
// [NearBefore] bytes before start, or in the [NearAfter] bytes after end.
func (h *Hits) Near(s string, start, end int, w *Words) bool {
	h.spend(2)
	if h.Key != "" && w.In(h.Key) {
		return true
	}
	lo := max(0, start-NearBefore)
	// A window that cuts a word in two must not see its tail as a word.
	for lo > 0 && lo < start && IsAlnum(s[lo-1]) && IsAlnum(s[lo]) {
		lo++
	}
	hi := min(len(s), end+NearAfter)
	for hi < len(s) && hi > end && IsAlnum(s[hi-1]) && IsAlnum(s[hi]) {
		hi--
	}
	return w.In(s[lo:start]) || w.In(s[end:hi])
}
