package detect

import "strings"

// sqlWords reads words and (quoted) identifiers.
type sqlWords struct {
	s string
	i int
}

func (w *sqlWords) next() string {
	s := w.s
	i := skipSpace(s, w.i)
	// \n and \t as written in a log line.
	for i+1 < len(s) && s[i] == '\\' && (s[i+1] == 'n' || s[i+1] == 't' || s[i+1] == 'r') {
		i = skipSpace(s, i+2)
	}
	if c := At(s, i); c == '`' || c == '"' || c == '[' || c == '\\' {
		i++
	}
	end := RunEnd(s, i, 128, func(c byte) bool {
		return wordBytes.has(c) || c == '.' || c == '`' || c == '"' || c == ']' || c == '[' || c == '$' || c == '#' || c >= 0x80 || c == '\\'
	})
	w.i = end
	return s[i:end]
}

// intoTable reports whether what follows INTO is a table, and no sentence: insert into
// queue failed after 3 retries.
func intoTable(w sqlWords) bool {
	if w.next() == "" {
		return true
	}
	for range 2 { // the first may be an alias
		word := w.next()
		switch strings.ToLower(word) {
		case "", "values", "value", "select", "set", "default", "with", "as", "partition", "output", "overriding", "returning", "exec", "execute", "using", "table":
			return true
		}
		if At(w.s, skipSpace(w.s, w.i)) == '(' || !IsLetter(word[0]) {
			return true
		}
	}
	return false
}

// listed reports whether a list in brackets stands at w, and word behind it.
func (w *sqlWords) listed(word string) bool {
	open := skipSpace(w.s, w.i)
	if At(w.s, open) != '(' {
		return false
	}
	end := RunEnd(w.s, open, 256, func(c byte) bool { return c != ')' && c != '\'' && c != ';' })
	behind := sqlWords{s: w.s, i: end + 1}
	return At(w.s, end) == ')' && foldEqual(behind.next(), word)
}

func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}
