package detect

// The check digit schemes that several countries share. Arguments are ASCII
// digits; a length that does not fit is never valid.

// weighted returns the sum of digits times weights, over the shorter of both.
func weighted(digits []byte, weights ...int) int {
	sum := 0
	for i := range min(len(digits), len(weights)) {
		sum += int(digits[i]-'0') * weights[i]
	}
	return sum
}

// mod97 returns the number that the digits write, modulo 97.
func mod97(digits []byte) int {
	r := 0
	for _, c := range digits {
		r = (r*10 + int(c-'0')) % 97
	}
	return r
}

// mod11by10 reports whether digits pass ISO 7064 MOD 11,10.
func mod11by10(digits []byte) bool {
	p := 10
	for _, c := range digits[:len(digits)-1] {
		v := (int(c-'0') + p) % 10
		if v == 0 {
			v = 10
		}
		p = v * 2 % 11
	}
	return (11-p)%10 == int(digits[len(digits)-1]-'0')
}

// verhoeffMul is the multiplication table of the dihedral group D5, and
// verhoeffPos the position permutation (Verhoeff, Error Detecting Decimal
// Codes, 1969).
var (
	verhoeffMul = [10][10]uint8{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		{1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
		{2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
		{3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
		{4, 0, 1, 2, 3, 9, 5, 6, 7, 8},
		{5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
		{6, 5, 9, 8, 7, 1, 0, 4, 3, 2},
		{7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
		{8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
		{9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
	}
	verhoeffPos = [8][10]uint8{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		{1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
		{5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
		{8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
		{9, 4, 5, 3, 1, 2, 6, 8, 7, 0},
		{4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
		{2, 7, 9, 3, 8, 0, 6, 4, 1, 5},
		{7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
	}
)

// verhoeff reports whether digits, the last of which is the check digit, pass.
func verhoeff(digits []byte) bool {
	c := uint8(0)
	for i := range digits {
		d := digits[len(digits)-1-i] - '0'
		c = verhoeffMul[c][verhoeffPos[i%8][d]]
	}
	return c == 0
}

// allSame reports whether every byte is the same: 000000000 and its like pass
// many check digits and are placeholders.
func allSame(b []byte) bool {
	for _, c := range b[1:] {
		if c != b[0] {
			return false
		}
	}
	return true
}

// allDigits reports whether b holds ASCII digits alone.
func allDigits(b []byte) bool {
	for _, c := range b {
		if !IsDigit(c) {
			return false
		}
	}
	return true
}

// num returns the number that a few digits write.
func num(digits []byte) int {
	n := 0
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return n
}

// monthDay reports whether four digits are a month and a day of it. February
// may have 29 days: the year is often cut to two digits.
func monthDay(month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	switch month {
	case 2:
		return day <= 29
	case 4, 6, 9, 11:
		return day <= 30
	}
	return day <= 31
}
