package detect

// dialled collects the digits of a number as written.
type dialled struct {
	digits [20]byte
	n      int
	// ends are the index after each group and the number of digits up to it.
	ends   [20]GroupEnd
	groups int
	// trunk is set if an optional trunk digit, (0), was passed over.
	trunk bool
	// separators counts the separators between groups, and kinds has a bit per
	// kind.
	separators int
	brackets   bool
}

// read reads digit groups from i: at most 20 digits, joined by up to three of
// space - . / and brackets, or by the + that a query writes for a space.
func (p *dialled) read(s string, i int) {
	p.n, p.groups, p.trunk, p.separators, p.brackets = 0, 0, false, 0, false
	for {
		from := p.n
		for i < len(s) && IsDigit(s[i]) {
			if p.n == len(p.digits) {
				// A longer number than any plan has, or another one behind it.
				p.n = from
				return
			}
			p.digits[p.n] = s[i]
			p.n++
			i++
		}
		if p.n > from {
			p.ends[p.groups] = GroupEnd{Pos: i, Digits: p.n}
			p.groups++
		}
		// Separators: at most "-(", ") ", ")-", " (0) ".
		j := i
		for j < len(s) && j-i < 3 {
			if s[j] == '(' && At(s, j+1) == '0' && At(s, j+2) == ')' && !p.trunk && p.n <= 3 {
				p.trunk = true
				j += 3
				i = j - 1
				continue
			}
			if s[j] == '(' || s[j] == ')' {
				p.brackets = true
			} else if s[j] != ' ' && s[j] != '-' && s[j] != '.' && s[j] != '/' && (s[j] != '+' || p.n == 0 || j > i && s[j-1] != ')') {
				break
			}
			j++
		}
		if j >= len(s) || !IsDigit(s[j]) || p.groups == len(p.ends)-1 {
			return
		}
		if j == i && p.n > 0 {
			return
		}
		p.separators++
		i = j
	}
}

// dropFraction cuts off what no number is written with: a fraction of small
// numbers behind a space (12/27), and columns behind a float (+5.64436 200 17).
func (p *dialled) dropFraction(s string) {
	at := func(g int) byte { return At(s, p.ends[g].Pos) }
	for g := 1; g+1 < p.groups; g++ {
		small := p.ends[g].Digits-p.ends[g-1].Digits <= 2 && p.ends[g+1].Digits-p.ends[g].Digits <= 2
		if at(g) == '/' && at(g-1) == ' ' && small || at(0) == '.' && at(g) == ' ' {
			p.groups = g
			if at(0) == '.' {
				p.groups = 1
			}
			p.n = p.ends[p.groups-1].Digits
			return
		}
	}
}

// thousands reports whether the groups up to last are those of an amount:
// 12 345 678,90.
func (p *dialled) thousands(s string, last int) bool {
	for g := 1; g <= last; g++ {
		if p.ends[g].Digits-p.ends[g-1].Digits != 3 || At(s, p.ends[g-1].Pos) != ' ' {
			return false
		}
	}
	return p.ends[0].Digits <= 3 && p.digits[0] != '0'
}
