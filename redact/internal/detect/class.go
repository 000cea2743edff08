package detect

// Bits of byteBits. A table costs one load where comparisons cost a branch that
// random text makes the processor mispredict.
const (
	bitAlnum uint8 = 1 << iota
	bitHex
	bitBase64
	bitGroupSep
)

var byteBits = func() (t [256]uint8) {
	for i := range t {
		c := byte(i)
		if IsDigit(c) || IsLetter(c) {
			t[i] |= bitAlnum | bitBase64
		}
		if IsDigit(c) || (c|0x20)-'a' < 6 {
			t[i] |= bitHex
		}
		switch c {
		case '+', '/', '-', '_':
			t[i] |= bitBase64
		}
		switch c {
		case ' ', '-', '.', '+', '/':
			t[i] |= bitGroupSep
		}
	}
	return t
}()

// IsDigit reports an ASCII digit.
func IsDigit(c byte) bool { return c-'0' < 10 }

// IsLetter reports an ASCII letter.
func IsLetter(c byte) bool { return (c|0x20)-'a' < 26 }

// IsUpper reports an upper-case ASCII letter.
func IsUpper(c byte) bool { return c-'A' < 26 }

// IsAlnum reports an ASCII letter or digit.
func IsAlnum(c byte) bool { return byteBits[c]&bitAlnum != 0 }

// IsHex reports a hexadecimal digit in either case.
func IsHex(c byte) bool { return byteBits[c]&bitHex != 0 }

// IsBase64 reports a byte of the standard or URL base64 alphabet, without '='.
func IsBase64(c byte) bool { return byteBits[c]&bitBase64 != 0 }

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

// WordEnd reports whether no letter or digit stands at i.
func WordEnd(s string, i int) bool { return i >= len(s) || !IsAlnum(s[i]) }
