package detect

// sqlLiteral finds the literals of SQL statements: the contents of strings and
// numbers, so that the shape of the statement stays readable. What bounds rows
// (LIMIT, OFFSET, TOP, FETCH) stays, and so do placeholders, identifiers and
// key words.
func sqlLiteral() Detector {
	return Detector{
		Name:        "sql_literal",
		Cost:        2,
		Group:       SQL,
		Specificity: Broad,
		Literals:    FoldLiterals("select", "insert", "update", "delete", "replace", "merge", "upsert", "call", "exec", "execute", "with", "create", "alter", "values", "set password"),
		Find:        findSQL,
	}
}

const (
	// sqlProof bounds how far into a statement its second key word may stand.
	sqlProof = 4096
	// sqlMax bounds the statement that one anchor reads; the next verb after
	// it is an anchor again.
	sqlMax = 1 << 20
)

func findSQL(h *Hits, s string, at int) {
	kind, body := sqlStatement(h, s, at)
	if kind == sqlNone {
		return
	}
	l := sqlLexer{h: h, s: s, i: body, limit: min(len(s), at+sqlMax), numbers: kind == sqlFull}
	switch Lower(s[at]) {
	case 'i', 'r', 'm':
		// The body begins behind INTO.
		l.into = Lower(At(s, at+1)) != 'f'
	case 'c', 'e', 'v':
		l.listed = true
	}
	l.enclose(at)
	l.run()
	h.SkipTo(l.i)
	h.spend((l.i - at) / 8)
}

type sqlKind uint8

const (
	sqlNone sqlKind = iota
	// sqlStrings: a statement whose numbers say nothing, such as SELECT 1.
	sqlStrings
	sqlFull
)

// sqlStatement reports whether a statement begins at the verb at s[at:], and
// where its body does. English begins sentences with the same verbs, so a
// second key word must follow where the grammar wants it.
func sqlStatement(h *Hits, s string, at int) (sqlKind, int) {
	verbEnd := RunEnd(s, at, 16, IsLetter)
	if At(s, verbEnd) == '_' || At(s, verbEnd) == '-' || At(s, at-1) == '_' || At(s, at-1) == '.' || At(s, at-1) == '-' {
		return sqlNone, 0
	}
	w := sqlWords{s: s, i: verbEnd}
	upper := IsUpper(s[at]) && IsUpper(At(s, at+1))
	switch verb := s[at:verbEnd]; {
	case foldEqual(verb, "insert"), foldEqual(verb, "replace"), foldEqual(verb, "upsert"), foldEqual(verb, "merge"):
		word := w.next()
		for foldEqual(word, "ignore") || foldEqual(word, "low_priority") || foldEqual(word, "delayed") || foldEqual(word, "or") || foldEqual(word, "replace") || foldEqual(word, "overwrite") {
			word = w.next()
		}
		if foldEqual(word, "into") || foldEqual(word, "table") && upper {
			return sqlFull, w.i
		}
	case foldEqual(verb, "update"):
		// update [only] a.b [as x] set
		for range 6 {
			word := w.next()
			if foldEqual(word, "set") {
				return sqlFull, w.i
			}
			if word == "" {
				break
			}
		}
	case foldEqual(verb, "delete"):
		word := w.next()
		if foldEqual(word, "from") {
			table := w.next()
			if table != "" && (upper || sqlProven(h, s, at, w.i, false)) {
				return sqlFull, w.i
			}
		}
	case foldEqual(verb, "select"), foldEqual(verb, "with"):
		if foldEqual(verb, "with") {
			// with [recursive] x [(a, b)] as (
			word := w.next()
			if foldEqual(word, "recursive") {
				w.next()
			}
			if !foldEqual(w.next(), "as") {
				return sqlNone, 0
			}
		}
		if sqlProven(h, s, at, verbEnd, upper) {
			return sqlFull, verbEnd
		}
		// SELECT 'x', SELECT f('x').
		if upper && quoteNear(s, verbEnd) {
			return sqlStrings, verbEnd
		}
	case foldEqual(verb, "call"), foldEqual(verb, "exec"), foldEqual(verb, "execute"):
		if word := w.next(); upper && word != "" {
			c := At(s, skipSpace(s, w.i))
			if c == '(' || c == '\'' || c == '@' || c == 'N' || IsDigit(c) && !foldEqual(verb, "call") {
				return sqlFull, w.i
			}
		}
	case foldEqual(verb, "values"):
		if At(s, skipSpace(s, verbEnd)) == '(' && upper {
			return sqlFull, verbEnd
		}
	case foldEqual(verb, "set"):
		return sqlStrings, verbEnd
	default: // create, alter
		word := w.next()
		if foldEqual(word, "user") || foldEqual(word, "role") || foldEqual(word, "login") {
			return sqlStrings, w.i
		}
	}
	return sqlNone, 0
}

// sqlProven reports whether the key words of a query follow: FROM and, unless
// the verb is in capitals, a piece of grammar that prose has not.
func sqlProven(h *Hits, s string, at, from int, upper bool) bool {
	limit := min(len(s), at+sqlProof)
	hasFrom, grammar := !upper && At(s, at) != 's' && At(s, at) != 'S' && At(s, at) != 'w' && At(s, at) != 'W', false
	for i := from; i < limit; i++ {
		switch c := s[i]; {
		case c == '=' && hasFrom, c == '*', c == '?' && hasFrom, c == '$' && IsDigit(At(s, i+1)), c == '(' && IsLetter(At(s, i-1)):
			grammar = true
		case c == ';':
			limit = i
		case (c|0x20 == 'f' || c|0x20 == 'w' || c|0x20 == 'l') && WordStart(s, i):
			switch {
			case wordIs(s, i, "from"):
				hasFrom = true
			case wordIs(s, i, "where"):
				grammar = true
			}
		}
		if hasFrom && (grammar || upper) {
			return true
		}
	}
	// What was read need not be read again from the next verb.
	h.SkipTo(limit)
	return false
}

func wordIs(s string, i int, word string) bool {
	return HasFold(s[i:], word) && WordEnd(s, i+len(word)) && At(s, i+len(word)) != '_'
}

// quoteNear reports whether a string literal begins within the next 64 bytes.
func quoteNear(s string, i int) bool {
	for end := min(len(s), i+64); i < end; i++ {
		if s[i] == '\'' {
			return true
		}
	}
	return false
}

func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

func foldEqual(s, lower string) bool { return len(s) == len(lower) && HasFold(s, lower) }

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
		return isWordByte(c) || c == '.' || c == '`' || c == '"' || c == ']' || c == '[' || c == '$' || c == '#' || c >= 0x80 || c == '\\'
	})
	w.i = end
	return s[i:end]
}

// sqlLexer walks a statement and reports its literals.
type sqlLexer struct {
	h       *Hits
	s       string
	i       int
	limit   int
	numbers bool
	// closing is the quote that ends the statement in its surroundings, and
	// escaped whether quotes inside of it are written with a backslash.
	closing byte
	escaped bool
	// keep is set after a word whose numbers bound rows.
	keep bool
	// operator is set after what a value follows: = < > ( , and words such as
	// IN or LIKE. A double quote is a string there, as MySQL has it.
	operator bool
	// into is set between INTO and the values: names stand in the brackets
	// there. listed is set where brackets and commas hold values.
	into, listed bool
}

// enclose finds the quote that the statement stands in.
func (l *sqlLexer) enclose(at int) {
	i := at
	for i > 0 && (l.s[i-1] == ' ' || l.s[i-1] == '(') {
		i--
	}
	if c := At(l.s, i-1); i > 0 && (c == '"' || c == '`' || c == '\'') {
		l.closing = c
		l.escaped = At(l.s, i-2) == '\\'
	}
}

func (l *sqlLexer) run() {
	for l.i < l.limit {
		switch c := l.s[l.i]; {
		case c == ';':
			l.i++
			return
		case l.closing != 0 && c == l.closing && l.ends():
			l.i++
			return
		case c == '\'':
			l.quoted('\'')
		case c == '"':
			if l.operator && l.mayList() {
				l.quoted('"')
			} else {
				l.skipIdentifier('"')
			}
		case c == '`':
			l.skipIdentifier('`')
		case c == '$':
			l.dollar()
		case c == '-' && At(l.s, l.i+1) == '-':
			l.skipLine()
		case c == '/' && At(l.s, l.i+1) == '*':
			l.skipComment()
		case IsDigit(c) || c == '.' && IsDigit(At(l.s, l.i+1)):
			l.number()
		case c == ':' || c == '@':
			// A named placeholder, or a cast.
			l.i++
			for l.i < l.limit && (isWordByte(l.s[l.i]) || l.s[l.i] == ':') {
				l.i++
			}
			l.operator = false
		case IsLetter(c) || c == '_' || c == '#' || c >= 0x80:
			if l.word() {
				return
			}
		case c == '=' || c == '<' || c == '>' || c == '(' || c == ',' || c == '+' || c == '-' || c == '*' || c == '/' || c == '|' || c == '%':
			l.operator = true
			if c == '(' && !l.into && IsAlnum(At(l.s, l.i-1)) {
				// The arguments of a function.
				l.listed = true
			}
			l.keep = l.keep && c == ','
			l.i++
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			l.i++
		case c == '\\':
			l.backslash()
		default:
			l.operator = false
			l.i++
		}
	}
}

// mayList reports whether a double quote behind the last operator begins a
// string: behind a bracket or comma it may begin a name as well.
func (l *sqlLexer) mayList() bool {
	i := l.i
	for i > 0 && (l.s[i-1] == ' ' || l.s[i-1] == '\\' || l.s[i-1] == '\n' || l.s[i-1] == '\t') {
		i--
	}
	if c := At(l.s, i-1); c != '(' && c != ',' {
		return true
	}
	return l.listed && !l.into
}

// ends reports whether the enclosing quote is met here and not one inside.
func (l *sqlLexer) ends() bool {
	escaped := At(l.s, l.i-1) == '\\'
	if l.closing == '\'' && At(l.s, l.i+1) == '\'' {
		return false
	}
	return escaped == l.escaped
}

// backslash passes an escape of the surroundings: \n, \t, or a quote.
func (l *sqlLexer) backslash() {
	next := At(l.s, l.i+1)
	switch next {
	case '"', '\'':
		if l.closing == next && l.escaped {
			l.i++
			return
		}
		if l.operator && l.mayList() || next == '\'' {
			l.i++
			l.escapedQuoted(next)
			return
		}
		l.i += 2
	case 'n', 't', 'r', '\\':
		l.i += 2
	default:
		l.i++
	}
}

// quoted reports the content of a string whose opening quote is at l.i.
func (l *sqlLexer) quoted(q byte) {
	start := l.i + 1
	i := start
	for i < len(l.s) {
		c := l.s[i]
		if c == '\\' && i+1 < len(l.s) {
			// In JSON the escape is escaped itself: O\\'Brien.
			if l.s[i+1] == '\\' && At(l.s, i+2) == q && IsAlnum(At(l.s, i+3)) {
				i++
			}
			i += 2
			continue
		}
		if c == q {
			if At(l.s, i+1) == q {
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

func (l *sqlLexer) skipIdentifier(q byte) {
	for i := l.i + 1; i < min(l.limit, l.i+256); i++ {
		if l.s[i] == q {
			l.i = i + 1
			l.operator = false
			return
		}
	}
	l.i++
}

// dollar reads a placeholder $1 or a PostgreSQL string $tag$…$tag$.
func (l *sqlLexer) dollar() {
	s := l.s
	l.operator = false
	end := RunEnd(s, l.i+1, 32, isWordByte)
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

func (l *sqlLexer) skipLine() {
	for l.i < l.limit && l.s[l.i] != '\n' {
		if l.closing != 0 && l.s[l.i] == l.closing && l.ends() {
			return
		}
		l.i++
	}
}

func (l *sqlLexer) skipComment() {
	for l.i += 2; l.i < l.limit; l.i++ {
		if l.s[l.i] == '*' && At(l.s, l.i+1) == '/' {
			l.i += 2
			return
		}
	}
}

// number reports an integer, decimal, exponent or hexadecimal literal.
func (l *sqlLexer) number() {
	start := l.i
	s := l.s
	i := start
	if s[i] == '0' && Lower(At(s, i+1)) == 'x' && IsHex(At(s, i+2)) {
		i = RunEnd(s, i+2, len(s), IsHex)
	} else {
		i = RunEnd(s, i, len(s), func(c byte) bool { return IsDigit(c) || c == '.' })
		if Lower(At(s, i)) == 'e' {
			j := i + 1
			if c := At(s, j); c == '+' || c == '-' {
				j++
			}
			if IsDigit(At(s, j)) {
				i = RunEnd(s, j, 8, IsDigit)
			}
		}
	}
	for i > start+1 && s[i-1] == '.' {
		i--
	}
	if i < len(s) && isWordByte(s[i]) {
		// 12ms, 1st: no literal.
		l.i = RunEnd(s, i, len(s), isWordByte)
		return
	}
	if l.numbers && !l.keep && i > start {
		l.h.Add(start, i)
	}
	l.i = max(i, start+1)
	l.operator = false
}

// word reads an identifier or key word. It reports true where the statement
// has ended and other text goes on.
func (l *sqlLexer) word() bool {
	s := l.s
	start := l.i
	end := RunEnd(s, start, l.limit-start, func(c byte) bool { return isWordByte(c) || c == '$' || c == '#' || c >= 0x80 })
	word := s[start:end]
	l.i = end
	l.operator = false
	if At(s, end) == '\'' && len(word) <= 2 {
		// E'…', N'…', X'…', B'…', U&'…'.
		return false
	}
	switch Lower(word[0]) {
	case 'l':
		l.keep = foldEqual(word, "limit") || l.keep && foldEqual(word, "limit")
		l.operator = foldEqual(word, "like")
		return false
	case 's':
		if foldEqual(word, "select") || foldEqual(word, "set") {
			l.into, l.listed = false, false
		}
	case 'i':
		l.into = l.into || foldEqual(word, "into")
		l.listed = l.listed || foldEqual(word, "in")
		l.operator = foldEqual(word, "in") || foldEqual(word, "ilike") || foldEqual(word, "is")
	case 'o':
		if foldEqual(word, "offset") {
			l.keep = true
			return false
		}
		l.operator = foldEqual(word, "or")
	case 't':
		if foldEqual(word, "top") {
			l.keep = true
			return false
		}
		if foldEqual(word, "took") || foldEqual(word, "time") && At(s, end) == '=' {
			return true
		}
		l.operator = foldEqual(word, "then")
	case 'f':
		if foldEqual(word, "fetch") || foldEqual(word, "first") || foldEqual(word, "for") {
			l.keep = true
			return false
		}
	case 'n':
		if foldEqual(word, "next") {
			return false
		}
		l.operator = foldEqual(word, "not")
	case 'b':
		// ORDER BY 1, GROUP BY 2.
		if foldEqual(word, "by") {
			if i := skipSpace(s, end); foldEqual(word, "by") && IsDigit(At(s, i)) {
				l.keep = true
			}
			return false
		}
		l.operator = foldEqual(word, "between")
		if foldEqual(word, "by") {
			l.operator = true
		}
	case 'a':
		l.operator = foldEqual(word, "and")
	case 'e':
		l.operator = foldEqual(word, "else")
		if foldEqual(word, "elapsed") {
			return true
		}
	case 'v':
		if foldEqual(word, "values") || foldEqual(word, "value") {
			l.into, l.listed, l.operator = false, true, true
		}
	case 'w':
		l.operator = foldEqual(word, "when")
	case 'r':
		l.operator = foldEqual(word, "regexp") || foldEqual(word, "rlike")
		if foldEqual(word, "rows") && At(s, end) == '=' {
			return true
		}
	case 'd':
		if foldEqual(word, "duration") || foldEqual(word, "duration_ms") {
			return true
		}
	}
	l.keep = false
	return false
}
