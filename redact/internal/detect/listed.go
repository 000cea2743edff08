package detect

// maxJoint bounds the bytes between two values of a list: `", "`, ` und `.
const maxJoint = 8

// alone reports whether s[start:end] is a whole value, or has other numbers
// beside it and is named by one of the words: ssn 536904399/12.
func (h *Hits) alone(s string, start, end int, sep byte, w *Words) bool {
	switch neighbours(s, start, end, sep) {
	case apart:
		return true
	case beside:
		return !counted(s, start) && h.named(s, start, w)
	}
	return false
}

// named reports whether one of the words is the key, or stands before start
// with no other number between them, but one that a slash joins, or those of
// the same list.
func (h *Hits) named(s string, start int, w *Words) bool {
	h.spend(2)
	if h.goesOn(s, start) {
		h.tell(start)
		return true
	}
	first := start
	if c := At(s, start-1); c == '/' || c == '+' {
		first = RunStart(s, start, MaxGroupDigits, func(b byte) bool { return IsDigit(b) || b == c })
	}
	if h.Key != "" && first == 0 && w.In(h.Key) ||
		w.In(s[RunStart(s, first, NearBefore, func(c byte) bool { return !IsDigit(c) }):first]) {
		h.tell(start)
		return true
	}
	return false
}

// tell notes that a word tells what the current detector reports at start, if
// it does: a list may go on behind it.
func (h *Hits) tell(start int) { h.toldBy, h.toldAt = h.current, start }

// listTo notes the end of a value that a word told.
func (h *Hits) listTo(end int) {
	for len(h.listed) <= h.current {
		h.listed = append(h.listed, 0)
	}
	h.listed[h.current] = end
	h.lists = true
}

// goesOn reports whether the value at start follows in a list on one that a
// word told the current detector. The word may be out of reach by then, and
// what has been masked before it must not decide how far that is.
func (h *Hits) goesOn(s string, start int) bool {
	if !h.lists || h.current >= len(h.listed) {
		return false
	}
	end := h.listed[h.current]
	return end > 0 && end < start && start-end <= maxJoint && joins(s[end:start])
}

// joins reports whether the text between two values is that of a list: no
// number, and no word but "and" and its like.
func joins(gap string) bool {
	lo, hi := len(gap), 0
	for i := range len(gap) {
		switch {
		case IsDigit(gap[i]):
			return false
		case IsLetter(gap[i]):
			lo, hi = min(lo, i), i+1
		}
	}
	if hi == 0 {
		return true
	}
	if lo > 1 && gap[lo-1] == '\\' && hi == lo+1 {
		return gap[lo] == 'n' || gap[lo] == 't' || gap[lo] == 'r'
	}
	if At(gap, lo-1) != ' ' || At(gap, hi) != ' ' {
		return false
	}
	switch gap[lo:hi] {
	case "and", "or", "und", "oder", "et", "ou", "y", "o", "e", "i", "en", "of", "og", "och", "ja":
		return true
	}
	return false
}
