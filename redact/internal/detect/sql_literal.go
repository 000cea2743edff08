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
		Literals:    append(Literals(firstParameter), FoldLiterals("select", "insert", "update", "delete", "replace", "merge", "upsert", "call", "exec", "execute", "with", "create", "alter", "values", "set password", "set @", "declare @", "grant ", "identified by '", "identified by \"")...),
		Find:        findSQL,
	}
}

const (
	// sqlProof bounds how far into a statement its second key word may stand.
	sqlProof = 4096
	// sqlMax bounds the statement that one anchor reads; the next verb after
	// it is an anchor again.
	sqlMax = 1 << 20
	// sqlTwice bounds the statement that is read in several dialects. Where it is
	// longer, all goes from the string on in which they differ.
	sqlTwice = 64 << 10
)

func findSQL(h *Hits, s string, at int) {
	if s[at] == '$' {
		h.sqlParameters(s, at)
		return
	}
	kind, body := sqlStatement(h, s, at)
	if kind == sqlNone {
		return
	}
	l := sqlLexer{h: h, s: s, i: body, limit: min(len(s), at+sqlMax), dialect: sqlEscapes, numbers: kind == sqlFull, long: kind == sqlLong}
	switch Lower(s[at]) {
	case 'i', 'r', 'm':
		// The body begins behind INTO.
		l.into = Lower(At(s, at+1)) != 'f'
	case 'c', 'e', 'v':
		l.listed = true
	}
	l.enclose(at)
	fresh := l
	l.run()
	h.spend((l.i-at)/8 + 1)
	h.SkipTo(l.i)
	if l.ambiguous != 0 && l.i > h.sqlTo {
		h.readAgain(at, fresh, &l)
		// Statements in what the other dialects took for a part of this one are looked
		// for as if it were none.
		h.skip[h.current] = l.i
	}
}

// readAgain reads the statement at at in the other dialects: 'C:\' ends there or goes
// on, and nothing says whose dialect this is. What is a literal in one of them goes.
// first is the reading that found out, fresh its beginning.
func (h *Hits) readAgain(at int, fresh sqlLexer, first *sqlLexer) {
	limit := min(fresh.limit, at+sqlTwice)
	all := [...]sqlLexer{*first, fresh, fresh}
	from := [...]int{first.i, at, at}
	readings := all[:sqlTwiceEscaped]
	if first.twice {
		readings = all[:]
	}
	for d := range readings {
		readings[d].dialect, readings[d].limit = sqlDialect(d), limit
	}
	// A statement that ends in one dialect goes on in another, where the next one is a
	// part of a string: all of them read to the same end.
	end := first.i
	for behind := true; behind && end <= limit; {
		behind = false
		for d := range readings {
			if r := &readings[d]; r.i < end {
				r.run()
				end, behind = max(end, r.i), true
			}
		}
	}
	for d := range readings {
		h.spend((readings[d].i-from[d])/8 + 1)
	}
	if end >= limit && limit < fresh.limit {
		end = max(end, fresh.limit)
		h.Add(first.ambiguous, end)
	}
	h.sqlTo = end
}

const (
	// firstParameter begins what PostgreSQL logs of the parameters of a statement,
	// behind parametersWord.
	firstParameter = "$1 = "
	parametersWord = "parameters: "
)

// sqlParameters reports the values in DETAIL:  parameters: $1 = 'x', $2 = NULL. Their
// quotes are doubled, and no backslash escapes.
func (h *Hits) sqlParameters(s string, at int) {
	if at < len(parametersWord) || !HasFold(s[at-len(parametersWord):], parametersWord) {
		return
	}
	i, limit := at, min(len(s), at+sqlMax)
	for i < limit && s[i] == '$' {
		value := RunEnd(s, i+1, 5, IsDigit) + len(" = ")
		if value >= limit || s[value-len(" = "):value] != " = " {
			break
		}
		if i = value; s[i] == '\'' {
			end := i + 1
			for end < limit && (s[end] != '\'' || At(s, end+1) == '\'') {
				if s[end] == '\'' {
					end++
				}
				end++
			}
			end = min(end, limit)
			h.Add(i+1, end)
			i = end + 1
		} else {
			i = RunEnd(s, i, len("NULL"), IsLetter)
		}
		if At(s, i) != ',' || At(s, i+1) != ' ' {
			break
		}
		i += len(", ")
	}
	h.spend((i-at)/8 + 3)
	h.SkipTo(min(i, len(s)))
}

type sqlKind uint8

const (
	sqlNone sqlKind = iota
	// sqlStrings: a statement whose numbers say nothing, such as those of a
	// table's columns.
	sqlStrings
	// sqlLong: a statement whose short numbers say nothing, such as SELECT 1.
	sqlLong
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
		body := w.i
		h.spend(4) // for the list that may follow
		switch {
		case foldEqual(word, "into"):
			if upper || intoTable(w) {
				return sqlFull, body
			}
		case foldEqual(word, "table") && upper, w.listed("values"): // T-SQL may leave INTO out
			return sqlFull, body
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
		if upper && word != "" && !foldEqual(word, "from") {
			if body := w.i; foldEqual(w.next(), "where") { // T-SQL may leave FROM out
				return sqlFull, body
			}
			return sqlNone, 0
		}
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
		// SELECT 'x', SELECT f('x'), SELECT f(4711).
		if upper && literalNear(s, verbEnd) {
			return sqlLong, verbEnd
		}
	case foldEqual(verb, "call"), foldEqual(verb, "exec"), foldEqual(verb, "execute"):
		if word := w.next(); word != "" {
			i := skipSpace(s, w.i)
			c := At(s, i)
			if !upper {
				// execute the 'x' is English, exec p N'x' and exec p @a='x' are none.
				if c == 'N' && At(s, i+1) == '\'' || c == '@' && At(s, skipSpace(s, wordBytes.end(s, i+1, 128))) == '=' {
					return sqlFull, w.i
				}
			} else if c == '(' || c == '\'' || c == '@' || c == 'N' || IsDigit(c) && !foldEqual(verb, "call") {
				return sqlFull, w.i
			}
		}
	case foldEqual(verb, "values"):
		if At(s, skipSpace(s, verbEnd)) == '(' && upper {
			return sqlFull, verbEnd
		}
	case foldEqual(verb, "set"), foldEqual(verb, "declare"):
		i := skipSpace(s, verbEnd)
		if At(s, i) != '@' {
			return sqlStrings, verbEnd // SET PASSWORD
		}
		// SET @a = 'x', DECLARE @p varchar(20) = 'x'
		name := wordBytes.end(s, i+1, 128)
		if foldEqual(verb, "set") {
			name = skipSpace(s, RunEnd(s, name, 2, func(c byte) bool { return c == ' ' || c == ':' }))
			if At(s, name) == '=' {
				return sqlFull, name
			}
		} else if IsLetter(At(s, skipSpace(s, name))) && name > i+1 {
			return sqlFull, name
		}
	case foldEqual(verb, "identified"):
		if upper { // a piece of a statement, as errors quote it, and no prose
			return sqlStrings, at
		}
	case foldEqual(verb, "grant"):
		// GRANT ALL ON db.* TO 'app'@'%' IDENTIFIED BY 'x'
		if h.identified(s, at) {
			return sqlStrings, verbEnd
		}
	default: // create, alter
		word := w.next()
		for foldEqual(word, "or") || foldEqual(word, "replace") || foldEqual(word, "temporary") || foldEqual(word, "temp") || foldEqual(word, "external") {
			word = w.next()
		}
		switch {
		case foldEqual(word, "table"):
			return sqlTable(h, s, at, w)
		case foldEqual(word, "user"), foldEqual(word, "role"), foldEqual(word, "login"):
			h.spend(3)
			if sqlAccount(w) {
				return sqlStrings, w.i
			}
		}
	}
	return sqlNone, 0
}

// sqlAccount reports whether the name of an account follows and a word of its
// definition: CREATE USER 'bob'@'%' IDENTIFIED BY, but no "Create user 'bob'
// failed".
func sqlAccount(w sqlWords) bool {
	for range 4 { // if not exists
		from := skipSpace(w.s, w.i)
		word := w.next()
		if foldEqual(word, "if") || foldEqual(word, "not") || foldEqual(word, "exists") {
			continue
		}
		w.i = accountEnd(w.s, from)
		break
	}
	if At(w.s, w.i) == '@' && (isSQLQuote(At(w.s, w.i-1)) || isSQLQuote(At(w.s, w.i+1))) {
		return true
	}
	switch word := w.next(); {
	case foldEqual(word, "identified"), foldEqual(word, "password"), foldEqual(word, "encrypted"), foldEqual(word, "set"), foldEqual(word, "default"), foldEqual(word, "account"), foldEqual(word, "require"), foldEqual(word, "valid"):
		return true
	case foldEqual(word, "with"), foldEqual(word, "login"), foldEqual(word, "superuser"), foldEqual(word, "nologin"), foldEqual(word, "createdb"):
		// English goes on with the first two as well.
		next := w.next()
		return foldEqual(next, "password") || foldEqual(next, "encrypted") || foldEqual(next, "login") || foldEqual(next, "superuser") || foldEqual(next, "createdb") || foldEqual(next, "with") || foldEqual(next, "sysid") ||
			foldEqual(next, "noinherit") || foldEqual(next, "inherit") || foldEqual(next, "valid")
	}
	return false
}

func isSQLQuote(c byte) bool { return c == '\'' || c == '"' || c == '`' || c == '\\' }

// accountEnd returns the end of a name at i, which may stand in quotes.
func accountEnd(s string, i int) int {
	i = RunEnd(s, i, 2, func(c byte) bool { return c == '\\' })
	q := At(s, i)
	switch q {
	case '\'', '"', '`':
	case '[':
		q = ']'
	default:
		return RunEnd(s, i, 128, func(c byte) bool { return c > ' ' && c != '@' && c != ';' && c != '\'' && c != '"' })
	}
	end := RunEnd(s, i+1, 128, func(c byte) bool { return c != q && c != '\n' })
	return min(end+1, len(s))
}

// sqlTable reports whether the definition of a table follows: its literals are
// those of defaults and checks.
func sqlTable(h *Hits, s string, at int, w sqlWords) (sqlKind, int) {
	word := w.next()
	for foldEqual(word, "if") || foldEqual(word, "not") || foldEqual(word, "exists") || foldEqual(word, "only") {
		word = w.next()
	}
	if word == "" {
		return sqlNone, 0
	}
	from := w.i
	switch Lower(s[at]) {
	case 'c':
		if At(s, skipSpace(s, from)) == '(' {
			return sqlStrings, from
		}
	default:
		word = w.next()
		if foldEqual(word, "add") || foldEqual(word, "alter") || foldEqual(word, "modify") || foldEqual(word, "change") {
			h.spend(15)
			for i := w.i; i < min(len(s), w.i+256) && s[i] != ';'; i++ {
				if c := s[i] | 0x20; (c == 'd' && wordIs(s, i, "default") || c == 'c' && wordIs(s, i, "check")) && WordStart(s, i) {
					return sqlStrings, w.i
				}
			}
		}
	}
	return sqlNone, 0
}

// identified reports whether IDENTIFIED BY follows within the statement at at.
func (h *Hits) identified(s string, at int) bool {
	h.spend(20)
	to := false
	for i := at + 1; i < min(len(s), at+512) && s[i] != ';'; i++ {
		to = to || s[i]|0x20 == 't' && s[i-1] == ' ' && wordIs(s, i, "to")
		if s[i]|0x20 == 'i' && to && WordStart(s, i) && HasFold(s[i:], "identified ") && (HasFold(s[i+len("identified "):], "by ") || HasFold(s[i+len("identified "):], "with ")) {
			return true
		}
	}
	return false
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
	h.spend(max(0, limit-from) / 24)
	return false
}

func wordIs(s string, i int, word string) bool {
	return HasFold(s[i:], word) && WordEnd(s, i+len(word)) && At(s, i+len(word)) != '_'
}

// literalNear reports whether a string literal begins within the next 64 bytes,
// or the arguments of a function.
func literalNear(s string, i int) bool {
	for end := min(len(s), i+64); i < end; i++ {
		switch c := s[i]; {
		case c == '\'', c == '(' && IsLetter(At(s, i-1)):
			return true
		case c == '$' && !IsDigit(At(s, i+1)) && At(s, wordBytes.end(s, i+1, 32)) == '$': // $tag$x$tag$
			return true
		}
	}
	return false
}

func foldEqual(s, lower string) bool { return len(s) == len(lower) && HasFold(s, lower) }
