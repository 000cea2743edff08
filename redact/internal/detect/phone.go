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
		if d := s[at:end]; callable(d) && (phoneStart(s, at) || slashBefore(s, at)) && (phoneEnd(s, end) || slashAfter(s, end)) && !sameByte(d) && !measured(s, at) && h.Near(s, at, end, phoneAsk) {
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
	case s[at+1] == '0' && h.Run >= 4 && (!phoneStart(s, at) || At(s, at-1) == ' ' && IsDigit(At(s, at-2))):
		// A group of a longer number.
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
	start, end := nameBefore(s, i)
	if start == end || !phoneMeasures.In(s[start:end]) {
		return false
	}
	return !callerIDs.In(s[max(0, start-8):end])
}

// nameBefore returns the extent of the word that names the value at i.
func nameBefore(s string, i int) (start, end int) {
	end = i
	for end > 0 && i-end < 4 && !IsAlnum(s[end-1]) {
		end--
	}
	return RunStart(s, end, 16, IsLetter), end
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
		if before == '/' && s[i] == '(' {
			return true // no path, date or fraction goes on so
		}
		return !IsDigit(further) && (before != '-' || !IsHex(further) || !wordHasDigit(s, i-1))
	case '*', '_':
		// Markdown: **415-555-2671**. Not a factor, nor the tail of a name.
		for k := i - 1; k >= 0 && i-k <= 4; k-- {
			if s[k] != before {
				return !IsAlnum(s[k])
			}
		}
		return i <= 3
	case '+':
		return IsLetter(further) // a blank of a form: call+415-555-2671, Tel%3A+415-555-2671
	case '#':
		// WhatsApp #415-555-2671, and no ticket #415-555-2671.
		start, end := nameBefore(s, i)
		return s[i] == '(' || start < end && phoneTalk.In(s[start:end])
	case '$':
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

// slashBefore reports whether a slash joins the number at i to another one, as in
// a list, a path or a date.
func slashBefore(s string, i int) bool {
	return At(s, i-1) == '/' && IsDigit(At(s, i-2)) && WordStart(s, i)
}

// slashAfter is slashBefore for the number that ends before i.
func slashAfter(s string, i int) bool { return At(s, i) == '/' && IsDigit(At(s, i+1)) }

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
	slashed := slashBefore(s, start) && s[start] != '('
	if !slashed && !phoneStart(s, start) {
		return
	}
	var p dialled
	p.read(s, from)
	h.spend(p.groups / 2)
	if s[start] == '(' {
		p.brackets = true
	}
	for g := p.groups - 1; g >= 1; g-- {
		end := p.ends[g]
		slashed := slashed || slashAfter(s, end.Pos)
		if !slashed && !phoneEnd(s, end.Pos) {
			continue
		}
		shape := p.telling(s, start, g)
		if slashed && shape == phoneSure {
			shape = phonePlain
		}
		switch shape {
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
