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
		Literals: append(Literals("+", "("), FoldLiterals("phone", "telephone", "tel", "telefon", "telefono", "telefone", "teléfono", "téléphone", "mobile", "mobil", "movil", "móvil", "celular", "cell", "cellphone",
			"fax", "msisdn", "whatsapp", "mob", "caller", "callee", "handy", "handynummer", "phonenumber", "phonenum", "mobilenumber", "tlf", "rufnummer", "telefonnummer", "portable", "homephone", "workphone", "cellular")...),
		Digits: LenRange(1, 5) | Len(10, 11),
		Gate:   phoneGate,
		Key: func(lower string) bool {
			leaf := lower[strings.LastIndexByte(lower, '.')+1:]
			return phoneKeys.In(lower) && !phoneFacts.In(leaf)
		},
		Find: findPhone,
	}
}

var phoneKeys = NewWords("phone", "phones", "phone number", "phonenumber", "telephone", "tel", "mobile", "mobile number", "mobilenumber", "cell", "cellphone", "cell phone", "fax", "msisdn", "whatsapp", "telefon", "telefono", "homephone", "workphone", "celular", "mob", "caller", "callee", "caller id", "contact number", "contact no")

// phoneGate lets those numbers pass that have a group of a telephone number
// behind their first.
var phoneGate = gateShapes("d-ddd", "dd-dd", "dd-ddd", "dd-dddd", "dd-dddddddd", "ddd-ddd", "ddd-dddd", "ddd-ddddd", "ddd-dddddd", "ddd-ddddddd", "ddd-dddddddd",
	"dddd-d", "dddd-dd", "dddd-ddd", "dddd-dddd", "dddd-ddddd", "dddd-dddddd", "dddd-ddddddd", "dddd-dddddddd", "ddddd-d", "ddddd-dd", "ddddd-ddd", "ddddd-dddd", "ddddd-ddddd", "ddddd-dddddd", "ddddd-ddddddd", "dddddddddd", "ddddddddddd")

// phoneAsk are words that ask for a call, and so tell a bare number.
var phoneAsk = NewWords("phone", "phone number", "telephone", "tel", "mobile", "cell", "contact number", "contact no", "contact num", "call me", "call us", "call him", "call her", "callback", "call back", "call back on", "ph", "ph no", "mob", "mob no", "my number", "dial", "dialed", "dialled", "dialing", "sms", "sms to",
	"whatsapp", "reach me", "reach us", "ring me", "text me", "caller", "callee", "msisdn", "hotline")

// phoneTalk are words of sentences about calls. They are enough where the
// shape of a number is good but plain.
var phoneTalk = NewWords("phone", "phone number", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "msisdn", "whatsapp", "call", "called", "calling", "calls", "caller", "callback", "contact", "contact number", "reach", "reached",
	"dial", "dialed", "dialled", "sms", "text", "texted", "ring", "ph", "mob", "number is", "my number", "voicemail", "hotline", "support")

// phoneFacts are what keys say about telephones that is no number: when it was
// verified, how many there are, what model it is.
var phoneFacts = NewWords("verified", "at", "time", "timestamp", "ts", "date", "expires", "count", "total", "id", "type", "status", "model", "version", "os", "brand", "app", "build", "code", "size", "bytes", "duration", "ms")

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
	default:
		end := RunEnd(s, at, 24, func(c byte) bool { return IsLetter(c) || c >= 0x80 })
		if end-at >= 3 && phoneWord(s[at:end]) {
			wordedPhone(h, s, end)
		}
	}
}

// phoneWord reports whether a word that begins like one for telephones is one,
// and not telemetry or mobility.
func phoneWord(word string) bool {
	if phoneKeys.In(word) {
		return true
	}
	for _, tail := range [...]string{"number", "num", "no", "nr", "nummer"} {
		if cut := len(word) - len(tail); cut >= 3 && HasFold(word[cut:], tail) {
			return true
		}
	}
	for _, w := range [...]string{"telefone", "tel\xc3\xa9fono", "t\xc3\xa9l\xc3\xa9phone", "mobil", "movil", "m\xc3\xb3vil", "handy", "tlf", "portable", "rufnummer", "cellular"} {
		if len(word) == len(w) && HasFold(word, w) {
			return true
		}
	}
	return false
}

// digitPhone looks at digits that no plus or word announces.
func digitPhone(h *Hits, s string, at int) {
	if h.Run >= 10 {
		// 4155552671, 07700900123: only where a call is spoken of.
		end := at + h.Run
		if d := s[at:end]; (d[0] == '0' && d[1] != '0' || h.Run == 10 && nanp([]byte(d))) && phoneStart(s, at) && phoneEnd(s, end) && !sameByte(d) && h.Near(s, at, end, phoneAsk) {
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

// phoneStart reports whether a number may begin at i.
func phoneStart(s string, i int) bool {
	if !WordStart(s, i) {
		return false
	}
	switch before, further := At(s, i-1), At(s, i-2); before {
	case '.', ',', '-', '/', ':':
		return !IsDigit(further) && (before != '-' || !IsHex(further) || !wordHasDigit(s, i-1))
	case '+', '#', '$', '*', '_':
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
	case '.', ',', '-', '/', ':':
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
	code, lengths := callingCode(p.digits[:p.n])
	if code == 0 {
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
	case size(0) == 2 && last == 2 && size(1) >= 3 && size(1) <= 4 && size(2) == 4:
		// Japan: 03-1234-5678. Australia: 02 9876 5432. Korea: 02-123-4567.
		return phoneSure
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

// phoneLinks are the words that may stand between a word for telephones and
// the number.
var phoneLinks = NewWords("number", "num", "no", "nr", "is", "was", "home", "work", "office", "primary", "contact", "and", "or", "at", "on", "phone", "mobile", "cell", "tel", "to", "e164", "value", "str", "raw", "string",
	"ist", "est", "es", "de", "nummer", "numero", "client", "customer", "user", "business", "private", "x", "string value", "stringvalue")

// wordedPhone looks for a number behind a word for telephones that ends at i.
func wordedPhone(h *Hits, s string, i int) {
	const reach = 40
	limit := min(len(s), i+reach)
	for i < limit && !IsDigit(s[i]) {
		switch {
		case s[i] == '+':
			// Left to the anchor on the plus.
			return
		case IsLetter(s[i]):
			end := RunEnd(s, i, 16, IsLetter)
			if !phoneLinks.In(s[i:end]) {
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
	var p dialled
	p.read(s, i)
	for g := p.groups - 1; g >= 0; g-- {
		end := p.ends[g]
		if !phoneEnd(s, end.Pos) || end.Digits > 15 || end.Digits < 7 || g == 0 && end.Digits < 8 {
			continue
		}
		if dated(s, start, end.Pos) || sameByte(s[start:end.Pos]) {
			return
		}
		h.Add(start, withExtension(s, end.Pos))
		return
	}
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
