package detect

// phoneShape is how sure the shape of a number makes.
type phoneShape uint8

const (
	phoneNo phoneShape = iota
	// phonePlain: three columns of numbers look the same.
	phonePlain
	phoneSure
)

// telling judges the shape of groups 0 to last.
func (p *dialled) telling(s string, start, last int) phoneShape {
	size := func(g int) int {
		if g == 0 {
			return p.ends[0].Digits
		}
		return p.ends[g].Digits - p.ends[g-1].Digits
	}
	n, end := p.ends[last].Digits, p.ends[last].Pos
	d := p.digits[:n]
	spaced := !p.brackets
	for i := start; i < end && spaced; i++ {
		spaced = IsDigit(s[i]) || s[i] == ' '
	}
	// Numbers between spaces are columns, unless nothing is near them.
	if spaced && inColumns(s, start, end) {
		return phoneNo
	}
	lead := 0
	switch {
	case size(0) == 1 && d[0] == '1' && last == 3:
		lead = 1
	case size(0) == 3 && d[0] == '0' && d[1] == '0' && d[2] == '1' && last == 3:
		lead = 3
	}
	first := 0
	if lead > 0 {
		first = 1
	}
	if last-first == 2 && size(first) == 3 && size(first+1) == 3 && size(first+2) == 4 && nanp(d[lead:]) {
		if spaced && lead == 0 {
			return phonePlain
		}
		return phoneSure
	}
	if p.brackets {
		switch {
		case last == 1 && size(0) == 3 && size(1) == 7 && nanp(d):
			// (415) 5552671
			return phoneSure
		case last == 3 && n == 10 && size(0) == 3 && size(1) == 3 && size(2) == 2:
			// Russia: (495) 123-45-67.
			return phoneSure
		case last == 2 && size(0) == 2 && (size(1) == 4 || size(1) == 5) && size(2) == 4 && d[0] != '0':
			// Brazil: (11) 91234-5678.
			return phoneSure
		case d[0] == '0' && d[1] != '0' && n >= 8 && n <= 12 && At(s, start) == '(' && size(1) >= 3:
			// Germany, Australia and others: (030) 901820, (02) 9876 5432.
			return phoneSure
		}
	}
	if d[0] != '0' || d[1] == '0' {
		return phoneNo
	}
	dotted := false
	for i := start; i < end; i++ {
		dotted = dotted || s[i] == '.'
	}
	switch {
	case last == 4 && n == 10 && size(0) == 2 && size(1) == 2 && size(2) == 2 && size(3) == 2:
		// France: 06 12 34 56 78. With dashes it may be a date and a time.
		if spaced || dotted || d[1] >= '6' {
			return phoneSure
		}
		return phoneNo
	case dotted:
		return phoneNo
	case size(0) == 2 && last == 1 && size(1) == 8:
		// Netherlands: 06-12345678.
		return phoneSure
	case size(0) == 2 && last == 2 && size(1) == 4 && size(2) == 4, size(0) == 2 && last == 2 && size(1) == 3 && size(2) == 4 && (spaced || d[1] == '2'):
		// Japan: 03-1234-5678. Australia: 02 9876 5432. Korea: 02-123-4567.
		return phoneSure
	case size(0) == 2 && last == 2 && size(1) == 3 && size(2) == 4:
		// Articles are numbered so too: 01-448-1592.
		return phonePlain
	case size(0) < 3 || n < 9 || n > 12 || last >= 2 && n > 11 || size(0) == 5 && last == 1 && size(1) == 4:
		// 01234-5678 is a ZIP code.
		return phoneNo
	}
	// Anything else behind a trunk 0 whose area has three digits or more:
	// 07700 900123, 0412 345 678, 044 668 18 00, 030/901820.
	for g := 1; g <= last; g++ {
		if size(g) < 2 {
			return phoneNo
		}
	}
	if spaced || last == 1 && size(1) < 6 || size(0) == 3 && last == 2 && size(1) == 3 && size(2) == 4 || size(0) == 3 && last == 1 && size(1) == 8 {
		// Builds and parts are numbered 012-345-6789 too, and air waybills
		// 073-16913363.
		return phonePlain
	}
	return phoneSure
}
