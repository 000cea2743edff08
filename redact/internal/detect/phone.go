package detect

import "strings"

// phone finds telephone numbers: international ones by calling code and
// length (ITU-T E.164), North American ones by the rules of the NANP, some
// national forms that are unmistakable, and any other behind a word such as
// phone. An extension belongs to the number.
func phone() Detector {
	return Detector{
		Name:        "phone",
		Group:       Personal,
		Specificity: Shaped,
		Canonical:   DigitsOnly,
		Literals:    phoneAnchors(),
		Digits:      LenRange(1, 5) | Len(10, 11),
		Gate:        phoneGate,
		Key: func(key string) bool {
			leaf := key[strings.LastIndexByte(key, '.')+1:]
			return phoneKeys.In(key) && (!phoneFacts.In(leaf) || callerIDs.In(leaf))
		},
		Find: findPhone,
	}
}

// phoneGate lets those numbers pass that have a group of a telephone number
// behind their first.
var phoneGate = gateShapes("d-ddd", "dd-dd", "dd-ddd", "dd-dddd", "dd-dddddddd", "ddd-ddd", "ddd-dddd", "ddd-ddddd", "ddd-dddddd", "ddd-ddddddd", "ddd-dddddddd",
	"dddd-d", "dddd-dd", "dddd-ddd", "dddd-dddd", "dddd-ddddd", "dddd-dddddd", "dddd-ddddddd", "dddd-dddddddd", "ddddd-d", "ddddd-dd", "ddddd-ddd", "ddddd-dddd", "ddddd-ddddd", "ddddd-dddddd", "ddddd-ddddddd", "dddddddddd", "ddddddddddd")

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
				// A longer number than any plan has.
				p.groups = 0
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

func findPhone(h *Hits, s string, at int) {
	if !IsDigit(s[at]) {
		h.spend(4)
	}
	switch c := s[at]; {
	case h.ByKey:
		wordedPhone(h, s, 0)
	case c == '+':
		internationalPhone(h, s, at, at+1)
	case c == '(':
		if end := RunEnd(s, at+1, 6, IsDigit); end-at >= 3 && At(s, end) == ')' {
			nationalPhone(h, s, at, at+1)
		}
	case IsDigit(c):
		digitPhone(h, s, at)
	case !nearDigits(s, at):
		// Most talk of telephones names no number.
	default:
		if end := phoneWordEnd(s, at); end > 0 {
			wordedPhone(h, s, end)
		}
	}
}

// digitPhone looks at digits that no plus or word announces.
func digitPhone(h *Hits, s string, at int) {
	if h.Run >= 10 {
		// 4155552671, 07700900123: only where a call is spoken of.
		end := at + h.Run
		if d := s[at:end]; callable(d) && phoneStart(s, at) && phoneEnd(s, end) && !sameByte(d) && !measured(s, at) && h.Near(s, at, end, phoneAsk) {
			h.Add(at, withExtension(s, end))
		}
		return
	}
	if c := At(s, at+h.Run); c == '+' || !isGroupSep(c) {
		return
	}
	switch {
	case h.Run == 3 || h.Run == 1 && s[at] == '1':
		// 415-555-2671, 1-415-555-2671, 001-415-555-2671, 020 7946 0958.
		nationalPhone(h, s, at, at)
	case s[at] != '0':
	case s[at+1] == '0' && h.Run >= 4:
		// 0044 20 7946 0958
		internationalPhone(h, s, at, at+2)
	default:
		// 06 12 34 56 78, 07700 900123.
		nationalPhone(h, s, at, at)
	}
}

// callable reports whether ten or eleven digits in a row may be a number of a
// plan: behind a trunk 0, of North America, a mobile one of China or Russia.
func callable(d string) bool {
	switch {
	case d[0] == '0':
		return d[1] != '0'
	case len(d) == 10:
		return nanp([]byte(d))
	}
	return d[0] == '1' && (d[1] >= '3' || nanp([]byte(d[1:]))) || (d[0] == '7' || d[0] == '8') && d[1] == '9'
}

// measured reports whether the word before the number at i makes it a count or
// an id: phone_count=4155552671.
func measured(s string, i int) bool {
	end := i
	for end > 0 && i-end < 4 && !IsAlnum(s[end-1]) {
		end--
	}
	start := RunStart(s, end, 16, IsLetter)
	if start == end || !phoneMeasures.In(s[start:end]) {
		return false
	}
	return !callerIDs.In(s[max(0, start-8):end])
}

// phoneStart reports whether a number may begin at i.
func phoneStart(s string, i int) bool {
	if !WordStart(s, i) {
		return false
	}
	switch before, further := At(s, i-1), At(s, i-2); before {
	case ',':
		// 1,415-555-2671 is a row, and so is 1,(415) 555-2671.
		return s[i] == '(' || !commaJoins(s, i-1) || At(s, RunEnd(s, i, 4, IsDigit)) == '-'
	case '.', '-', '/', ':':
		return !IsDigit(further) && (before != '-' || !IsHex(further) || !wordHasDigit(s, i-1))
	case '*', '_':
		// Markdown: **415-555-2671**. Not a factor, nor the tail of a name.
		for k := i - 1; k >= 0 && i-k <= 4; k-- {
			if s[k] != before {
				return !IsAlnum(s[k])
			}
		}
		return i <= 3
	case '+', '#', '$':
		return false
	}
	return true
}

// phoneEnd reports whether a number may end before i.
func phoneEnd(s string, i int) bool {
	if !WordEnd(s, i) {
		return withExtension(s, i) > i
	}
	switch after, further := At(s, i), At(s, i+1); after {
	case ',':
		return !commaJoins(s, i)
	case '.', '-', '/', ':':
		return !IsDigit(further)
	case '%':
		return false
	}
	return true
}

// internationalPhone judges the digits after a plus at start.
func internationalPhone(h *Hits, s string, start, from int) {
	if !WordStart(s, start) || At(s, start-1) == '+' || !IsDigit(At(s, from)) && At(s, from) != '(' {
		return
	}
	var p dialled
	if s[from] == '(' {
		from++
	}
	p.read(s, from)
	p.dropFraction(s)
	code, lengths := callingCode(p.digits[:p.n])
	if code == 0 || p.ends[0].Digits < code {
		return
	}
	for g := p.groups - 1; g >= 0; g-- {
		end := p.ends[g]
		if !lengths.Has(end.Digits-code) || !WordEnd(s, end.Pos) && withExtension(s, end.Pos) == end.Pos {
			continue
		}
		national := p.digits[code:end.Digits]
		if code == 1 && p.digits[0] == '1' && !nanp(national) {
			continue
		}
		h.Add(start, withExtension(s, end.Pos))
		return
	}
	// The national trunk digit is often left in: +44 0 20 …, +49 (0)30 was
	// read as an option.
	if p.n > code && p.digits[code] == '0' {
		for g := p.groups - 1; g >= 0; g-- {
			if end := p.ends[g]; lengths.Has(end.Digits-code-1) && WordEnd(s, end.Pos) {
				h.Add(start, withExtension(s, end.Pos))
				return
			}
		}
	}
}

// nanp reports whether ten digits are a number of the North American Numbering
// Plan: area and exchange from 2 on, and neither of the form N11 (ATIS-0300115;
// 555 and toll-free areas included). Areas such as 200 and 400 do not exist,
// status codes do.
func nanp(d []byte) bool {
	if len(d) == 10 && d[1] == '0' && d[2] == '0' && d[0] < '8' {
		return false
	}
	return len(d) == 10 && d[0] >= '2' && d[3] >= '2' && !(d[1] == '1' && d[2] == '1') && !(d[4] == '1' && d[5] == '1')
}

// nationalPhone judges a number without a calling code; from is its first
// digit.
func nationalPhone(h *Hits, s string, start, from int) {
	if !phoneStart(s, start) {
		return
	}
	var p dialled
	p.read(s, from)
	if s[start] == '(' {
		p.brackets = true
	}
	for g := p.groups - 1; g >= 1; g-- {
		end := p.ends[g]
		if !phoneEnd(s, end.Pos) {
			continue
		}
		switch p.telling(s, start, g) {
		case phonePlain:
			if whole := start == 0 && end.Pos == len(s); !whole && !h.Near(s, start, end.Pos, phoneTalk) {
				continue
			}
		case phoneNo:
			continue
		}
		h.Add(start, withExtension(s, end.Pos))
		return
	}
}

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
	if spaced || last == 1 && size(1) < 6 {
		return phonePlain
	}
	return phoneSure
}

// phoneReach bounds the bytes between a word for telephones and the number.
const phoneReach = 40

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

// nearDigits reports whether a digit stands in reach of the word at i.
func nearDigits(s string, i int) bool {
	for _, c := range []byte(s[i:min(len(s), i+phoneWordMax+phoneReach)]) {
		if IsDigit(c) {
			return true
		}
	}
	return false
}

// wordedPhone looks for a number behind a word for telephones that ends at i.
func wordedPhone(h *Hits, s string, i int) {
	limit := min(len(s), i+phoneReach)
	for i < limit && !IsDigit(s[i]) {
		switch {
		case s[i] == '+':
			// Left to the anchor on the plus.
			return
		case IsLetter(s[i]):
			end := RunEnd(s, i, 16, IsLetter)
			// The users that have one are counted: mobile_users=33526773.
			if word := s[i:end]; !phoneLinks.In(word) || Lower(s[end-1]) == 's' && phoneMeasures.In(word) {
				return
			}
			i = end
		default:
			i++
		}
	}
	if i >= limit {
		return
	}
	start := i
	if i > 0 && s[i-1] == '(' {
		start--
	}
	if !WordStart(s, i) || At(s, start-1) == '.' || At(s, start-1) == '-' && IsDigit(At(s, start-2)) {
		return
	}
	for range phoneListed {
		end, digits := listedPhone(h, s, start, i)
		if digits == 0 {
			return
		}
		// phones: [4152368734,4152368735]
		next := end
		for next < len(s) && next-end < 8 && (s[next] == ',' || s[next] == ';' || s[next] == ' ' || s[next] == '"' || s[next] == '\'' || s[next] == '\n') {
			next++
		}
		n := RunEnd(s, next, 16, IsDigit) - next
		if next == end || n < 9 || digits-n > 2 || n-digits > 2 {
			return
		}
		start, i = next, next
	}
}

// phoneListed bounds the numbers behind one word.
const phoneListed = 32

// listedPhone reports the number behind a word for telephones, or the one
// before it in a list, whose digits begin at i. It returns where the number
// ends and how many digits it has, 0 if there is none.
func listedPhone(h *Hits, s string, start, i int) (end, digits int) {
	var p dialled
	p.read(s, i)
	for g := p.groups - 1; g >= 0; g-- {
		end := p.ends[g]
		if !phoneEnd(s, end.Pos) || end.Digits > 15 || end.Digits < 7 || g == 0 && end.Digits < 8 {
			continue
		}
		if dated(s, start, end.Pos) || allSame(p.digits[:end.Digits]) || g == 0 && end.Digits >= 12 && p.digits[0] == '1' {
			// Of the plans that begin with 1 none has twelve digits in a row:
			// milliseconds since 1970 have thirteen.
			return 0, 0
		}
		if g > 0 && At(s, end.Pos) == ',' && decimals(s, end.Pos) && p.thousands(s, g) {
			return 0, 0
		}
		stop := withExtension(s, end.Pos)
		h.Add(start, stop)
		return stop, end.Digits
	}
	return 0, 0
}

// dated reports whether s[start:] begins like a date: 2024-01-31.
func dated(s string, start, end int) bool {
	return end-start >= 10 && (s[start] == '1' && s[start+1] == '9' || s[start] == '2' && s[start+1] == '0') && IsDigit(s[start+3]) && !IsDigit(s[start+4]) && !IsDigit(s[start+7]) && s[start+4] == s[start+7]
}

// withExtension returns the end of the number including an extension behind
// it: x123, ext. 123, #123.
func withExtension(s string, end int) int {
	i := end
	for i < len(s) && i < end+2 && (s[i] == ' ' || s[i] == ',') {
		i++
	}
	switch {
	case i < len(s) && HasFold(s[i:], "extension"):
		i += len("extension")
	case i < len(s) && HasFold(s[i:], "ext"):
		i += len("ext")
	case Lower(At(s, i)) == 'x' || At(s, i) == '#':
		i++
	default:
		return end
	}
	for n := 0; n < 2 && (At(s, i) == '.' || At(s, i) == ' ' || At(s, i) == ':'); n++ {
		i++
	}
	stop := RunEnd(s, i, 7, IsDigit)
	if n := stop - i; n < 1 || n > 6 || !WordEnd(s, stop) {
		return end
	}
	return stop
}
