package detect

// class is a set of bytes: a bit for each of the parts that alphabets of keys,
// names and numbers are made of.
type class uint32

const (
	inDigit     class = 1 << iota
	inHexLower        // a to f
	inRestLower       // g to z
	inHexUpper        // A to F
	inRestUpper       // G to Z
	inUnderscore
	inDash
	inDot
	inPlus
	inSlash
	inEquals
	inPercent
	inSpace
	inHigh // 0x80 and above: not ASCII
)

const (
	upperAlnum = inDigit | inHexUpper | inRestUpper
	alnum      = upperAlnum | inHexLower | inRestLower
	hexLower   = inDigit | inHexLower
	hexDigit   = hexLower | inHexUpper
	wordBytes  = alnum | inUnderscore
	urlSafe    = wordBytes | inDash
	dotted     = urlSafe | inDot
	nameBytes  = dotted | inHigh
	base64Any  = urlSafe | inPlus | inSlash // the standard and the URL alphabet
	base64Pad  = base64Any | inEquals
	groupSep   = inSpace | inDash | inDot | inPlus | inSlash
)

// classOf costs one load where comparisons cost a branch that random text makes
// the processor mispredict.
var classOf = func() (t [256]class) {
	for i := range t {
		switch c := byte(i); {
		case c >= 0x80:
			t[i] = inHigh
		case IsDigit(c):
			t[i] = inDigit
		case c-'a' < 6:
			t[i] = inHexLower
		case c-'a' < 26:
			t[i] = inRestLower
		case c-'A' < 6:
			t[i] = inHexUpper
		case c-'A' < 26:
			t[i] = inRestUpper
		}
	}
	for c, in := range map[byte]class{
		'_': inUnderscore, '-': inDash, '.': inDot, '+': inPlus, '/': inSlash, '=': inEquals, '%': inPercent, ' ': inSpace,
	} {
		t[c] = in
	}
	return t
}()

// has reports whether c is in the set.
func (k class) has(c byte) bool { return classOf[c]&k != 0 }

// end returns the end of the run of such bytes from at, but looks at no more
// than limit bytes.
func (k class) end(s string, at, limit int) int {
	end := min(len(s), at+limit)
	for at < end && classOf[s[at]]&k != 0 {
		at++
	}
	return at
}

// read is end, and tells which parts of the set it met.
func (k class) read(s string, at, limit int) (end int, seen class) {
	limit = min(len(s), at+limit)
	for at < limit && classOf[s[at]]&k != 0 {
		seen |= classOf[s[at]]
		at++
	}
	return at, seen
}

// IsDigit reports an ASCII digit.
func IsDigit(c byte) bool { return c-'0' < 10 }

// IsLetter reports an ASCII letter.
func IsLetter(c byte) bool { return (c|0x20)-'a' < 26 }

// IsUpper reports an upper-case ASCII letter.
func IsUpper(c byte) bool { return c-'A' < 26 }

// IsAlnum reports an ASCII letter or digit.
func IsAlnum(c byte) bool { return classOf[c]&alnum != 0 }

// IsHex reports a hexadecimal digit in either case.
func IsHex(c byte) bool { return classOf[c]&hexDigit != 0 }

// IsBase64 reports a byte of the standard or URL base64 alphabet, without '='.
func IsBase64(c byte) bool { return classOf[c]&base64Any != 0 }

// Lower folds one ASCII letter.
func Lower(c byte) byte {
	if c-'A' < 26 {
		return c | 0x20
	}
	return c
}

// HasFold reports whether s begins with the lower-case text, in either case.
func HasFold(s, text string) bool {
	if len(s) < len(text) {
		return false
	}
	for i := range len(text) {
		if Lower(s[i]) != text[i] {
			return false
		}
	}
	return true
}

// At returns s[i], or 0 outside of s, so that a look to either side needs no
// bounds of its own.
func At(s string, i int) byte {
	if uint(i) < uint(len(s)) {
		return s[i]
	}
	return 0
}

// RunEnd returns the end of the run of bytes that ok accepts from at, but
// looks at no more than limit bytes.
func RunEnd(s string, at, limit int, ok func(byte) bool) int {
	end := min(len(s), at+limit)
	for at < end && ok(s[at]) {
		at++
	}
	return at
}

// RunStart returns the start of the run of bytes that ok accepts which ends
// just before at, but looks at no more than limit bytes.
func RunStart(s string, at, limit int, ok func(byte) bool) int {
	start := max(0, at-limit)
	for at > start && ok(s[at-1]) {
		at--
	}
	return at
}

// WordStart reports whether a word of letters and digits may start at i: the
// byte before is none, or is the letter of a JSON or log escape such as \n.
func WordStart(s string, i int) bool {
	if i <= 0 || !IsAlnum(s[i-1]) {
		return true
	}
	return i >= 2 && s[i-2] == '\\' && (s[i-1] == 'n' || s[i-1] == 't' || s[i-1] == 'r')
}

// pastEscape returns the index behind the letter of a written \n, \t or \r at i, which
// is no part of what follows, or i.
func pastEscape(s string, i int) int {
	if c := At(s, i); (c == 'n' || c == 't' || c == 'r') && At(s, i-1) == '\\' {
		return i + 1
	}
	return i
}

// WordEnd reports whether no letter or digit stands at i.
func WordEnd(s string, i int) bool { return i >= len(s) || !IsAlnum(s[i]) }
