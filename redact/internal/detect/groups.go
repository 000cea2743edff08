package detect

// MaxGroupDigits bounds the digits that [DigitGroups.Read] collects.
const MaxGroupDigits = 24

// DigitGroups holds digit groups that are joined by single separators.
type DigitGroups struct {
	// Digits are the digit bytes without separators.
	Digits [MaxGroupDigits]byte
	// N is the number of digits.
	N int
	// Ends are, per group, the index in the value just after it and the number
	// of digits up to there.
	Ends [MaxGroupDigits]GroupEnd
	// Count is the number of groups.
	Count int
}

// GroupEnd is the end of one digit group.
type GroupEnd struct {
	Pos, Digits int
}

// Size returns the number of digits of group i.
func (g *DigitGroups) Size(i int) int {
	if i == 0 {
		return g.Ends[0].Digits
	}
	return g.Ends[i].Digits - g.Ends[i-1].Digits
}

// Read reads digit groups from at, joined by one of the bytes in seps
// each, the same one throughout ("%20" counts as a space if seps holds one).
// It stops at the first group that would exceed [MaxGroupDigits] digits.
func (g *DigitGroups) Read(s string, at int, seps string) {
	g.N, g.Count = 0, 0
	var sep byte
	for i := at; ; {
		n := g.N
		for i < len(s) && IsDigit(s[i]) {
			if n == MaxGroupDigits {
				return
			}
			g.Digits[n] = s[i]
			n++
			i++
		}
		if n == g.N {
			return
		}
		g.N = n
		g.Ends[g.Count] = GroupEnd{Pos: i, Digits: n}
		g.Count++
		if i >= len(s) {
			return
		}
		c, width := s[i], 1
		if c == '%' && i+2 < len(s) && s[i+1] == '2' && s[i+2] == '0' {
			c, width = ' ', 3
		}
		if sep == 0 {
			for k := range len(seps) {
				if seps[k] == c {
					sep = c
				}
			}
		}
		if sep == 0 || c != sep {
			return
		}
		i += width
	}
}

// Luhn reports whether ASCII digits pass the check of ISO/IEC 7812-1 annex B.
func Luhn(digits []byte) bool {
	sum, double := 0, false
	for i := len(digits) - 1; i >= 0; i-- {
		d := int(digits[i] - '0')
		if double {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}
