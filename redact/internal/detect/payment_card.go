package detect

// cardRange is a range of issuer identification numbers and the lengths that
// the network issues in it.
type cardRange struct {
	// lo and hi bound the first Width digits, both included.
	lo, hi  int
	width   int
	lengths Lengths
}

// cardRanges follows ISO/IEC 7812 and the networks' published IIN tables.
// Ranges that begin with 1 (UATP) are left out: every epoch timestamp would be
// a candidate.
var cardRanges = [...]cardRange{
	{4, 4, 1, Len(13, 16, 19)},                // Visa, Electron, Dankort co-brands
	{51, 55, 2, Len(16)},                      // Mastercard
	{2221, 2720, 4, Len(16)},                  // Mastercard 2-series
	{34, 34, 2, Len(15)},                      // American Express
	{37, 37, 2, Len(15)},                      // American Express
	{300, 305, 3, Len(14, 16, 17, 18, 19)},    // Diners Club
	{3095, 3095, 4, Len(14, 16, 17, 18, 19)},  // Diners Club
	{36, 36, 2, LenRange(14, 19)},             // Diners Club International
	{38, 39, 2, Len(14, 16, 17, 18, 19)},      // Diners Club International
	{3528, 3589, 4, LenRange(16, 19)},         // JCB
	{6011, 6011, 4, LenRange(16, 19)},         // Discover
	{644, 649, 3, LenRange(16, 19)},           // Discover
	{65, 65, 2, LenRange(16, 19)},             // Discover, RuPay, Troy, Elo, Verve
	{62, 62, 2, LenRange(16, 19)},             // UnionPay
	{81, 82, 2, LenRange(16, 19)},             // UnionPay, RuPay
	{60, 60, 2, Len(16)},                      // RuPay, Hipercard
	{508, 508, 3, Len(16)},                    // RuPay
	{2200, 2205, 4, LenRange(16, 19)},         // Mir, Borica
	{5018, 5020, 4, LenRange(12, 19)},         // Maestro, Dankort
	{5038, 5038, 4, LenRange(12, 19)},         // Maestro
	{5612, 5612, 4, LenRange(12, 19)},         // Maestro
	{5893, 5893, 4, LenRange(12, 19)},         // Maestro
	{6304, 6304, 4, LenRange(12, 19)},         // Maestro
	{6390, 6390, 4, LenRange(12, 19)},         // Maestro
	{6759, 6763, 4, LenRange(12, 19)},         // Maestro
	{6767, 6771, 4, LenRange(12, 19)},         // Maestro UK, Laser
	{6331, 6334, 4, Len(16, 18, 19)},          // Switch, Solo
	{506099, 506198, 6, Len(16, 18, 19)},      // Verve
	{507865, 507964, 6, Len(16, 18, 19)},      // Verve
	{504175, 504175, 6, Len(16)},              // Elo
	{506699, 506778, 6, Len(16)},              // Elo
	{509000, 509999, 6, Len(16)},              // Elo
	{636, 639, 3, Len(16, 17, 18, 19)},        // InterPayment, InstaPayment, Elo
	{9792, 9792, 4, Len(16)},                  // Troy
	{9860, 9860, 4, Len(16)},                  // Humo
	{8600, 8600, 4, Len(16)},                  // Uzcard
	{5614, 5614, 4, Len(16)},                  // Uzcard
	{60400100, 60420099, 8, LenRange(16, 19)}, // UkrCard
}

// cardStart holds the first two digits that some range begins with.
var cardStart = func() (t [100]bool) {
	for i := range cardRanges {
		r := &cardRanges[i]
		lo, hi := r.lo, r.hi
		for w := r.width; w > 2; w-- {
			lo, hi = lo/10, hi/10
		}
		if r.width == 1 {
			lo, hi = lo*10, hi*10+9
		}
		for ; lo <= hi; lo++ {
			t[lo] = true
		}
	}
	return t
}()

func paymentCard() Detector {
	return Detector{
		Name: "payment_card", Group: Payment, Specificity: Checked, Canonical: DigitsOnly,
		Digits: Len(4, 6, 8) | LenRange(12, 19),
		Joined: cardJoined,
		Find:   findCard,
	}
}

// cardJoined follows cardShape: what the first two groups may be.
var cardJoined = func() *DigitGate {
	g := new(DigitGate)
	g[4] = 1<<3 | 1<<4 | 1<<6
	for n := 10; n <= gateJoined; n++ {
		g[6] |= 1 << n
	}
	g[8] = 1 << 8
	for n := 12; n < gateLimit; n++ {
		g[n] = ^uint16(0)
	}
	return g
}()

func findCard(h *Hits, s string, at int) {
	// Most four-digit runs are years and counters: judge the issuer range and
	// that digits follow before anything else is read.
	if !cardStart[(s[at]-'0')*10+s[at+1]-'0'] {
		return
	}
	if next := at + h.Run; h.Run < 12 && !IsDigit(At(s, next+1)) && At(s, next) != '%' {
		return
	}
	// 4123.456: milliseconds, and no 4-3-3-3.
	if h.Run == 4 && At(s, at+4) != '%' && !IsDigit(At(s, at+8)) && !IsDigit(At(s, at+9)) {
		return
	}
	if InHexRun(s, at, at+h.Run) && !onTrack(s, at, at+h.Run) {
		return
	}
	// The fraction of a float is no number of its own, nor is what 0x begins.
	if before := At(s, at-1); h.Run >= 12 && (before == '.' && IsDigit(At(s, at-2)) || before|0x20 == 'x' && At(s, at-2) == '0' && WordStart(s, at-2)) {
		return
	}
	var g DigitGroups
	end := cardEnd(h, s, at, &g)
	if end == 0 {
		return
	}
	// A number before a card may make another one with its first groups: what
	// is left of the second would stand in clear.
	for next := nextGroup(s, at); next < end; next = nextGroup(s, next) {
		h.spend(1)
		if cardStart[(s[next]-'0')*10+s[next+1]-'0'] {
			end = max(end, cardEnd(h, s, next, &g))
		}
	}
	h.Add(at, end)
}

// nextGroup returns where the next group of two digits or more begins behind
// the one at i, or len(s) if the groups end.
func nextGroup(s string, i int) int {
	end := RunEnd(s, i, len(s), IsDigit)
	if At(s, end) == '%' {
		end += 2
	}
	if !IsDigit(At(s, end+1)) || !IsDigit(At(s, end+2)) {
		return len(s)
	}
	return end + 1
}

// cardEnd returns the end of the card number whose groups begin at i, or 0. It
// leaves the groups in g.
func cardEnd(h *Hits, s string, i int, g *DigitGroups) int {
	g.Read(s, i, " -.+_\t")
	for last := g.Count - 1; last >= 0; last-- {
		n, end := g.Ends[last].Digits, g.Ends[last].Pos
		if n < 12 {
			return 0
		}
		if n > 19 || !cardShape(g, last) || !Luhn(g.Digits[:n]) || !issued(g.Digits[:n]) {
			continue
		}
		if last == g.Count-1 && (IsDigit(At(s, end)) || InHexRun(s, i, end) && !onTrack(s, i, end)) {
			continue
		}
		if last == 0 && At(s, end) == '.' && fraction(s, end+1) && !h.Near(s, i, end, cardWords) {
			continue
		}
		if n == 18 && last == 0 && s[i] == '6' && s[i+1] == '3' && s[i+2] >= '7' && !h.Near(s, i, end, cardWords) {
			// Ticks of .NET: tenths of a microsecond since the year 1, from 2019 on.
			continue
		}
		if sep := At(s, g.Ends[0].Pos); last == 3 && g.Size(1) == 3 && s[i] == '4' && (sep == ' ' || sep == '\t') && !isQuoted(s, i, end) && !h.Near(s, i, end, cardWords) {
			continue // 4096 512 256 128: a row of numbers
		}
		if n >= 17 && last == 0 && h.traced(s, i) {
			continue // 64 bits in decimal: dd.trace_id=6011…
		}
		if sep := At(s, g.Ends[0].Pos); last == 1 && n == 19 && g.Digits[6] == '1' && g.Digits[7] >= '5' && g.Digits[7] <= '8' && sep == ' ' && !h.Near(s, i, end, cardWords) {
			continue // a sample of a metric and its time: milliseconds from 2017 to 2030
		} else if last == 2 && n == 12 && At(s, i-1) == sep && RunStart(s, i-1, 5, IsDigit) == i-5 && RunEnd(s, end, 1, IsDigit) == end {
			continue // the rest of four groups of four
		}
		if InUUID(s, i, end) {
			return 0
		}
		return end
	}
	return 0
}

// isQuoted reports that s[start:end] is all of the text, or of what stands in quotes.
func isQuoted(s string, start, end int) bool {
	open, closed := At(s, start-1), At(s, end)
	return (start == 0 || open == '"' || open == '\'') && (end == len(s) || closed == '"' || closed == '\'' || closed == '\\')
}

// traced reports whether the number at i is named as that of a trace or a span.
func (h *Hits) traced(s string, i int) bool {
	end := i
	for n := 0; n < 6 && end > 0 && (s[end-1] == ' ' || s[end-1] == '=' || s[end-1] == ':' || s[end-1] == '"' || s[end-1] == '\'' || s[end-1] == '\\'); n++ {
		end--
	}
	if start := RunStart(s, end, 24, paramByte); start < end && end < i {
		return traceWords.In(s[start:end])
	}
	return h.Key != "" && i == 0 && traceWords.In(h.Key)
}

var traceWords = NewWords("trace id", "span id", "parent id")

// fraction reports whether the digits at i are the fraction of a float: not the
// next number, a date, or the zero of a whole number.
func fraction(s string, i int) bool {
	n := RunEnd(s, i, 12, IsDigit) - i
	zeros := RunEnd(s, i, 12, func(c byte) bool { return c == '0' }) - i
	return n > zeros && n < 12 && WordEnd(s, i+n) && (At(s, i+n) == ' ' || !isGroupSep(At(s, i+n)) || !IsDigit(At(s, i+n+1)))
}

var cardWords = NewWords("card", "cards", "pan", "maestro", "credit", "debit", "payment", "cardno", "cardnumber", "karte", "kreditkarte", "carte", "carta", "tarjeta", "kaart", "kort", "kortnummer", "karta")

// onTrack reports whether the digits s[start:end] are the account number of a
// magnetic stripe (ISO/IEC 7813): behind the B of track 1, or before what ends
// it on track 2, written in hexadecimal: D and at least a date and a service
// code, or the F that fills the last byte.
func onTrack(s string, start, end int) bool {
	if n := end - start; n < 12 || n > 19 {
		return false
	}
	if IsAlnum(At(s, start-1)) && !(s[start-1]|0x20 == 'b' && WordStart(s, start-1)) {
		return false
	}
	switch At(s, end) | 0x20 {
	case 'd':
		return RunEnd(s, end+1, 7, IsDigit) == end+8
	case 'f':
		return WordEnd(s, end+1)
	}
	return WordEnd(s, end)
}

// cardShape accepts the groupings that cards are printed and typed in. Any
// other row of numbers passes Luhn once in ten times.
func cardShape(g *DigitGroups, last int) bool {
	switch last {
	case 0:
		return true
	case 1: // 6-13, 8-8
		return g.Size(0) == 6 && g.Size(1) >= 10 || g.Size(0) == 8 && g.Size(1) == 8
	case 2: // 4-6-5 American Express, 4-6-4 Diners Club, 4-4-4 Maestro
		return g.Size(0) == 4 && (g.Size(1) == 6 && g.Size(2) <= 5 || g.Size(1) == 4 && g.Size(2) >= 4)
	case 3, 4: // 4-4-4-4, with a rest of up to three digits; 4-3-3-3 Visa, Maestro
		if last == 3 && g.Size(0) == 4 && g.Size(1) == 3 {
			return g.Size(2) == 3 && g.Size(3) == 3
		}
		return g.Size(0) == 4 && g.Size(1) == 4 && g.Size(2) == 4 &&
			(last == 3 || g.Size(3) == 4 && g.Size(4) <= 3)
	}
	return false
}

func issued(digits []byte) bool {
	prefix := [9]int{}
	for i := 1; i < 9; i++ {
		prefix[i] = prefix[i-1]*10 + int(digits[i-1]-'0')
	}
	for i := range cardRanges {
		r := &cardRanges[i]
		if p := prefix[r.width]; p >= r.lo && p <= r.hi && r.lengths.Has(len(digits)) {
			return true
		}
	}
	return false
}
