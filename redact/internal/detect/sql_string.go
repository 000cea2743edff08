package detect

// sqlDialect says what a backslash is in a string.
type sqlDialect uint8

const (
	// sqlEscapes: it escapes, as in MySQL. One that is escaped itself escapes a quote
	// only before a letter: O\\'Brien, as JSON has it.
	sqlEscapes sqlDialect = iota
	// sqlStandard: it is a character like others.
	sqlStandard
	// sqlTwiceEscaped: it escapes, and is always escaped itself.
	sqlTwiceEscaped
)

// quoted reports the content of a string whose opening quote is at l.i.
func (l *sqlLexer) quoted(q byte) {
	start := l.i + 1
	if l.closing == q && At(l.s, start) == q && goesOn(l.s, start+1) {
		l.doubled(q)
		return
	}
	i := start
	for i < len(l.s) {
		c := l.s[i]
		if c == '\\' && i+1 < len(l.s) && l.dialect != sqlStandard {
			i += l.escape(i, start, q)
			continue
		}
		if c == q {
			if At(l.s, i+1) == q && !(l.closing == q && !goesOn(l.s, i+2)) {
				i += 2
				continue
			}
			break
		}
		i++
	}
	// A string without an end is cut by a limit of the logger: all of it.
	l.h.Add(start, min(i, len(l.s)))
	l.i = min(i+1, len(l.s))
	l.operator = false
}

// escape returns the bytes of the escape at i in a string that begins at start and
// ends in q.
func (l *sqlLexer) escape(i, start int, q byte) int {
	width, differs := 2, false
	switch {
	case l.s[i+1] == q:
		differs = sqlGoesOn(l.s, i+2)
	case l.s[i+1] == '\\' && At(l.s, i+2) == q:
		named := IsAlnum(At(l.s, i+3))
		if named || l.dialect == sqlTwiceEscaped {
			width = 3
		}
		// In JSON this is \' of either dialect. Elsewhere it ends the string, if a
		// statement goes on.
		differs = !named && (l.closing != 0 || !sqlGoesOn(l.s, i+3))
		l.twice = l.twice || differs
	}
	if differs && l.ambiguous == 0 {
		l.ambiguous = start
	}
	return width
}

// sqlGoesOn reports whether a statement goes on at i, behind a string, or ends.
func sqlGoesOn(s string, i int) bool {
	i = skipSpace(s, i)
	c := At(s, i)
	if c < 0x80 && !IsLetter(c) {
		return true
	}
	word := s[i:RunEnd(s, i, 10, IsLetter)]
	for _, next := range [...]string{
		"and", "or", "as", "on", "in", "is", "like", "ilike", "rlike", "regexp", "similar", "between", "collate", "not", "from", "into", "set", "where", "group", "having", "order", "asc", "desc", "limit", "offset", "fetch", "for",
		"union", "except", "intersect", "join", "inner", "left", "right", "full", "cross", "using", "with", "values", "then", "else", "end", "when", "escape", "at", "returning",
	} {
		if foldEqual(word, next) {
			return true
		}
	}
	return false
}

// doubled is quoted in a statement that is itself a string of SQL, where each quote
// is written twice.
func (l *sqlLexer) doubled(q byte) {
	start := l.i + 2
	i := start
	for i < len(l.s) && (l.s[i] != q || At(l.s, i+1) != q) {
		i++
	}
	l.h.Add(start, i)
	l.i = min(i+2, len(l.s))
	l.operator = false
}

// escapedQuoted is quoted for \" and \' in a statement inside of JSON.
func (l *sqlLexer) escapedQuoted(q byte) {
	start := l.i + 1
	i := start
	for i < len(l.s) {
		if l.s[i] == '\\' && At(l.s, i+1) == q {
			break
		}
		if l.closing != 0 && l.s[i] == l.closing && At(l.s, i-1) != '\\' {
			break
		}
		i++
	}
	l.h.Add(start, i)
	l.i = min(i+2, len(l.s))
	l.operator = false
}

// dollar reads a placeholder $1 or a PostgreSQL string $tag$…$tag$.
func (l *sqlLexer) dollar() {
	s := l.s
	l.operator = false
	end := wordBytes.end(s, l.i+1, 32)
	if At(s, end) != '$' || end > l.i+1 && IsDigit(s[l.i+1]) {
		l.i = max(end, l.i+1)
		return
	}
	tag := s[l.i : end+1]
	start := end + 1
	for i := start; i < len(s); i++ {
		if s[i] == '$' && hasPrefixAt(s, i, tag) {
			l.h.Add(start, i)
			l.i = i + len(tag)
			return
		}
	}
	l.h.Add(start, len(s))
	l.i = len(s)
}
