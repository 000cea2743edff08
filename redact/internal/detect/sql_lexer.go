package detect

// sqlLexer walks a statement and reports its literals.
type sqlLexer struct {
	h       *Hits
	s       string
	i       int
	limit   int
	numbers bool
	// long has numbers of five digits and more reported, where numbers has all.
	long bool
	// identified is set after the word: BY and a password follow.
	identified bool
	// closing is the quote that ends the statement in its surroundings, and
	// escaped whether quotes inside of it are written with a backslash.
	closing byte
	escaped bool
	// dialect is how strings are read.
	dialect sqlDialect
	// ambiguous is where the first string begins that ends at different places in
	// the dialects; 0 if none does. twice: escapes that are escaped are why.
	ambiguous int
	twice     bool
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

// sqlMask begins what the engine writes for a literal, and nothing in SQL.
const sqlMask = "***"

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
			for l.i < l.limit && (wordBytes.has(l.s[l.i]) || l.s[l.i] == ':') {
				l.i++
			}
			l.operator = false
		case IsLetter(c) || c == '_' || c == '#' || c >= 0x80:
			if l.word() {
				return
			}
		case c == '*' && hasPrefixAt(l.s, l.i, sqlMask):
			// What was masked before is a value still: a quote behind it begins a name.
			l.i = RunEnd(l.s, l.i, l.limit-l.i, func(c byte) bool { return c == '*' })
			l.operator = false
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
	if l.closing == '`' && (IsLetter(At(l.s, l.i+1)) || At(l.s, l.i+1) == '_') {
		return false // an identifier in the same quotes
	}
	escaped := At(l.s, l.i-1) == '\\'
	if next := At(l.s, l.i+1); l.closing == '\'' && (next == '\'' || l.operator && goesOn(l.s, l.i+1)) {
		// A message that quotes a statement and leaves its quotes as they are:
		// 'SELECT … WHERE name = 'Schmidt''.
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

func (l *sqlLexer) skipLine() {
	for l.i < l.limit && l.s[l.i] != '\n' {
		switch c := l.s[l.i]; {
		case l.closing != 0 && c == l.closing && l.ends():
			return
		case c == '\'' && (At(l.s, l.i-1) == '=' || At(l.s, l.i-1) == ' ' && At(l.s, l.i-2) == '='):
			// Drivers write the parameters into a comment: $1 = 'x'.
			l.quoted('\'')
			continue
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
	if At(l.s, l.i+8) == '-' && l.uuid() {
		return
	}
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
	if i < len(s) && wordBytes.has(s[i]) {
		// 12ms, 1st: no literal.
		l.i = wordBytes.end(s, i, len(s))
		return
	}
	if (l.numbers || l.long && i-start >= 5) && !l.keep && i > start {
		l.h.Add(start, i)
	}
	l.i = max(i, start+1)
	l.operator = false
}

// uuid reports a literal of Cassandra's query language at l.i, eight bytes after
// which a dash stands.
func (l *sqlLexer) uuid() bool {
	s := l.s
	if At(s, l.i+13) != '-' || len(s)-l.i < uuidLength || !isUUID(s[l.i:l.i+uuidLength]) || !WordEnd(s, l.i+uuidLength) {
		return false
	}
	if l.numbers || l.long {
		l.h.Add(l.i, l.i+uuidLength)
	}
	l.i += uuidLength
	l.operator = false
	return true
}

// password reports what follows IDENTIFIED BY in Oracle's dialect, where it
// needs no quotes.
func (l *sqlLexer) password() {
	s := l.s
	from := skipSpace(s, l.i)
	c := At(s, from)
	if !IsAlnum(c) && c < 0x80 {
		return
	}
	end := RunEnd(s, from, 128, func(c byte) bool {
		return IsAlnum(c) || c == '_' || c == '$' || c == '#' || c == '!' || c == '-' || c == '.' || c == '@' || c == '%' || c >= 0x80
	})
	for end > from && s[end-1] == '.' {
		end--
	}
	if word := s[from:end]; foldEqual(word, "values") || foldEqual(word, "password") || foldEqual(word, "random") || foldEqual(word, "null") {
		return
	}
	// "identified by his badge": a statement in small letters has to end here.
	if !IsUpper(At(s, l.i-1)) {
		if c := At(s, end); c == ' ' || c == ',' || c == '.' {
			return
		}
	}
	l.h.Add(from, end)
	l.i = end
}

// isSQLType reports a type of columns whose brackets hold a size.
func isSQLType(word string) bool {
	if len(word) > 9 {
		return false
	}
	var b [9]byte
	for i := range len(word) {
		b[i] = Lower(word[i])
	}
	switch string(b[:len(word)]) {
	case "varchar", "nvarchar", "varchar2", "nvarchar2", "char", "nchar", "bpchar", "binary", "varbinary", "decimal", "numeric", "number",
		"float", "double", "time", "datetime2", "timestamp", "bit", "int", "tinyint", "smallint", "bigint":
		return true
	}
	return false
}

// word reads an identifier or key word. It reports true where the statement
// has ended and other text goes on.
func (l *sqlLexer) word() bool {
	if At(l.s, l.i+8) == '-' && l.uuid() {
		return false
	}
	s := l.s
	start := l.i
	end := RunEnd(s, start, l.limit-start, func(c byte) bool { return wordBytes.has(c) || c == '$' || c == '#' || c >= 0x80 })
	word := s[start:end]
	l.i = end
	l.operator = false
	identified := l.identified
	l.identified = false
	if At(s, end) == '(' && isSQLType(word) {
		if size := RunEnd(s, end+1, 12, func(c byte) bool { return IsDigit(c) || c == ',' || c == ' ' }); At(s, size) == ')' {
			l.i = size + 1
			return false
		}
	}
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
		l.identified = foldEqual(word, "identified")
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
			switch i := skipSpace(s, end); {
			case identified:
				l.operator = true
				l.password()
			case IsDigit(At(s, i)):
				l.keep = true
			}
			return false
		}
		l.operator = foldEqual(word, "between")
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
