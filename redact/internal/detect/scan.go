package detect

import "math/bits"

// Byte classes of the scanner's table.
const (
	classOther   uint8 = iota // skipped
	classSpecial              // first byte of a literal that is no word
	classTrigger              // may be part of a hidden form, and may be special
)

// anchor is one literal of one detector, ready for comparison.
type anchor struct {
	text     string
	fold     bool
	detector int
	// head holds the first eight bytes with the bit of the case set, width the
	// bits of those that the text has.
	head, width uint64
}

func newAnchor(l Literal, detector int) anchor {
	a := anchor{text: l.Text, fold: l.Fold, detector: detector}
	for i := range min(len(l.Text), 8) {
		a.head |= uint64(l.Text[i]|0x20) << (8 * i)
		a.width |= 0xff << (8 * i)
	}
	return a
}

// Scanner is an immutable set of detectors compiled into byte tables. It is
// safe for concurrent use; the scratch is the caller's [Hits].
type Scanner struct {
	detectors []Detector

	class [256]uint8
	// starts tells by a hash of three bytes, case folded, whether a literal may
	// begin with them; startIndex leads to those that may. List 0 is empty.
	// goesOn is 1 for a hash of four bytes with which a literal may begin.
	starts     [slots]uint8
	goesOn     [slots]uint8
	startIndex [slots]uint16
	literalsAt [][]anchor

	special [256][]anchor
	digits  [64][]int
	// gated holds detectors with a gate, by the length of a run and its way
	// on.
	gated     [gateLimit][gateJoined + 1][]int
	gates     [gateLimit]bool
	runs      [64][]int
	anyDigits [64]uint8 // 1 for lengths that some detector is anchored at
	// follows tells by the length of a run, and of the one that a byte joins
	// to it, which kinds of detectors may want it.
	follows [64][gateJoined + 1]uint8
	// lengths holds a bit for each length of a digit run that some detector
	// may want.
	lengths uint64
	// digits1 and digits2 are all ones if runs of one digit, of one or two, may
	// be wanted, and digitWords if some literal begins with a digit.
	digits1, digits2, digitWords uint64
	// pairs holds a bit for two bytes with which a literal that is no word, or
	// a hidden form, may begin. A byte of 0 stands for the end.
	pairs [1 << 16 / 64]uint64
}

// Bits of Scanner.follows.
const (
	// followAny: a detector wants it wherever it stands.
	followAny uint8 = 1 << iota
	// followSep: at a word start, if a separator of groups joins the two.
	followSep
	// followNone: at a word start, if none does.
	followNone
)

// Bits of Scanner.starts.
const (
	startsLiteral uint8 = 1 << iota
	// startsShort: a literal of three bytes may begin, goesOn can't tell.
	startsShort
)

// A few bytes are hashed to one of slots.
const (
	slotBits = 12
	slots    = 1 << slotBits
)

// fold4 reads the four bytes at s[i:] with the bit set that tells the case of
// ASCII letters. Other bytes may coincide by that; anchors are compared later.
func fold4(s string, i int) uint32 {
	b := s[i : i+4]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24 | 0x20202020
}

// lowThree keeps the first three of the four bytes of fold4.
const lowThree = 1<<24 - 1

func slotOf(w uint32) uint32 { return w * 0x9E3779B1 >> (32 - slotBits) }

// NewScanner compiles detectors. Span.Detector is an index into the list.
func NewScanner(detectors []Detector) *Scanner {
	sc := &Scanner{detectors: detectors, literalsAt: [][]anchor{nil}}
	for c := range 256 {
		if b := byte(c); b >= 0x80 || b == '%' || b == '\\' || b == '{' || b == '&' {
			sc.class[c] = classTrigger
		}
	}
	for i := range detectors {
		d := &detectors[i]
		for _, l := range d.Literals {
			a := newAnchor(l, i)
			first := l.Text[0]
			if !IsAlnum(first) {
				if sc.class[first] == classOther {
					sc.class[first] = classSpecial
				}
				sc.special[first] = append(sc.special[first], a)
				continue
			}
			if IsDigit(first) {
				sc.digitWords = ^uint64(0)
			}
			sc.addLiteral(a)
		}
		if d.Gate != nil {
			for n, ways := range d.Gate {
				for way := range gateJoined + 1 {
					if d.Digits.Has(n) && ways>>way&1 != 0 {
						sc.gated[n][way] = append(sc.gated[n][way], i)
						sc.gates[n] = true
					}
				}
			}
		}
		for n := range 64 {
			if d.Digits.Has(n) && d.Gate == nil {
				sc.digits[n] = append(sc.digits[n], i)
			}
			if d.Runs.Has(n) {
				sc.runs[n] = append(sc.runs[n], i)
			}
		}
	}
	for n := range sc.anyDigits {
		if len(sc.digits[n]) != 0 || n < gateLimit && sc.gates[n] {
			sc.anyDigits[n] = 1
		}
	}
	for n, any := range sc.anyDigits {
		if any != 0 {
			sc.lengths |= 1 << n
		}
	}
	if sc.lengths&(1<<1) != 0 {
		sc.digits1, sc.digits2 = ^uint64(0), ^uint64(0)
	}
	if sc.lengths&(1<<2) != 0 {
		sc.digits2 = ^uint64(0)
	}
	sc.compileFollows()
	sc.compilePairs()
	return sc
}

// compileFollows fills the table of digit runs.
func (sc *Scanner) compileFollows() {
	for n := range 64 {
		for way := range gateJoined + 1 {
			for _, d := range sc.digits[n] {
				if g := sc.detectors[d].Joined; g == nil || n >= gateLimit || g[n]>>way&1 != 0 {
					sc.follows[n][way] |= followAny
				}
			}
			if n >= gateLimit {
				continue
			}
			if len(sc.gated[n][way]) != 0 {
				sc.follows[n][way] |= followSep
			}
			if len(sc.gated[n][0]) != 0 {
				sc.follows[n][way] |= followNone
			}
		}
	}
}

// compilePairs fills the table of bytes that are neither letter nor digit.
func (sc *Scanner) compilePairs() {
	for c := range 256 {
		for next := range 256 {
			n := byte(next)
			ok := false
			switch {
			case c >= 0x80:
				ok = wideLead(byte(c), n)
			case c == '%':
				ok = IsHex(n)
			case c == '\\':
				ok = n == 'u' || n == 'x' || n == '"' || n == '/' || n == 'n' || n == 't' || n == 'r'
			case c == '&':
				ok = n == '#' || n == 'q' || n == 'a' || n == 'l' || n == 'g'
			case c == '{':
				ok = n == '"' || n == ' ' || n == '\n' || n == '\r' || n == '\t'
			}
			for _, a := range sc.special[c] {
				ok = ok || len(a.text) == 1 || a.text[1] == n || a.fold && a.text[1] == Lower(n)
			}
			if ok {
				t := c<<8 | next
				sc.pairs[t/64] |= 1 << (t % 64)
			}
		}
	}
}

// wanted reports whether some detector may want the run of n digits that
// begins at base+p, which the block shows. at is base+p.
func (sc *Scanner) wanted(s string, digits, starts uint64, p, n, at int) bool {
	if n >= 63 || p+n >= 63 {
		return sc.anyDigits[min(n, 63)] != 0
	}
	joint := At(s, at+n)
	way := bits.TrailingZeros64(^(digits >> (p + n + 1)))
	if p+n+1+way >= 64 || joint == '%' {
		return sc.anyDigits[n] != 0
	}
	f := sc.follows[n][min(way, gateJoined)]
	if f&followAny != 0 {
		return true
	}
	if way > 0 && isGroupSep(joint) {
		f &= followSep
	} else {
		f &= followNone
	}
	return f != 0 && (starts>>p&1 != 0 || WordStart(s, at))
}

// addLiteral enters a literal that begins a word. One that is shorter than
// three bytes is entered for every way in which it may go on.
func (sc *Scanner) addLiteral(a anchor) {
	var b [3]byte
	n := copy(b[:], a.text)
	seen := map[uint32]bool{}
	var enter func(n int)
	enter = func(n int) {
		if n < 3 {
			for c := range 256 {
				b[n] = byte(c)
				enter(n + 1)
			}
			return
		}
		slot := slotOf((uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | 0x20202020) & lowThree)
		if seen[slot] {
			return
		}
		seen[slot] = true
		k := sc.startIndex[slot]
		if k == 0 {
			k = uint16(len(sc.literalsAt))
			sc.startIndex[slot] = k
			sc.literalsAt = append(sc.literalsAt, nil)
			sc.starts[slot] = startsLiteral
		}
		if len(a.text) < 4 {
			sc.starts[slot] |= startsShort
		}
		sc.literalsAt[k] = append(sc.literalsAt[k], a)
	}
	enter(n)
	if len(a.text) > 3 {
		sc.goesOn[slotOf(fold4(a.text, 0))] = 1
	}
}

// Detectors returns the compiled list. It must not be changed.
func (sc *Scanner) Detectors() []Detector { return sc.detectors }

// MaxSpans bounds the spans of one value. A scan that finds more stops, as one
// that reaches [Hits.Limit] does.
const MaxSpans = 1 << 16

// Scan reads s once and leaves what it finds in h.Spans.
//
// It works in blocks of 64 bytes and on masks of them: all words of a block
// take the same few instructions, without a branch that depends on the text.
// What may begin a value is then looked at in the order of its position, on
// which [Hits.SkipTo] relies.
func (sc *Scanner) Scan(h *Hits, s string) {
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && isUUID(s) {
		return // a request's or pod's identifier, and nothing else
	}
	var runLength [64]uint8     // of the wanted digit run that begins there, at most 255
	var inWord, inDigits uint64 // 1 if the byte before the block is one
	for base := 0; base < len(s); base += 64 {
		b := readBlock(s, base)
		all := b.letters | b.digits
		starts := all &^ (all<<1 | inWord)
		var words, digits, others uint64
		// Literals that begin with a digit are rare: see Scanner.digitWords.
		for rest := starts & (b.letters | sc.digitWords); rest != 0; rest &= rest - 1 {
			p := bits.TrailingZeros64(rest)
			i := base + p
			if i+4 > len(s) {
				words |= 1 << (p & 63)
				continue
			}
			words |= uint64(sc.starts[slotOf(fold4(s, i)&lowThree)]&startsLiteral) << (p & 63)
		}
		for rest := b.others; rest != 0; rest &= rest - 1 {
			p := bits.TrailingZeros64(rest)
			t := uint(s[base+p])<<8 | uint(At(s, base+p+1))
			others |= sc.pairs[t/64] >> (t % 64) & 1 << (p & 63)
		}
		runs := sc.blockRuns(s, base, &b, starts)
		for rest := runs; rest != 0; rest &= rest - 1 {
			// A UUID or a hash holds digits by chance only.
			h.skipHex(s, base+bits.TrailingZeros64(rest))
		}
		// A run that the block does not end may be of any length.
		atLeast2 := b.digits>>1 | 1<<63
		atLeast3 := b.digits>>2 | 3<<62
		for rest := b.digits &^ (b.digits<<1 | inDigits) & (atLeast2 | sc.digits1) & (atLeast3 | sc.digits2); rest != 0; rest &= rest - 1 {
			p := bits.TrailingZeros64(rest)
			n := bits.TrailingZeros64(^(b.digits >> (p & 63)))
			if sc.lengths>>(n&63)&1 == 0 && p+n < 64 {
				continue
			}
			at := base + p
			if p+n >= 64 {
				n = RunEnd(s, base+64, len(s), IsDigit) - at
			}
			if at < h.hexEnd && at >= h.hexStart {
				continue
			}
			if n == 4 && at+11 < len(s) && s[at+4] == '-' && s[at+7] == '-' {
				if end := timestampEnd(s, at); end > 0 {
					h.dateStart, h.dateEnd = at, end
				}
			}
			if at < h.dateEnd && at >= h.dateStart {
				continue
			}
			if sc.wanted(s, b.digits, starts, p, n, at) {
				digits |= 1 << (p & 63)
				runLength[p&63] = uint8(min(n, 255))
			}
		}
		for rest := words | runs | digits | others; rest != 0; rest &= rest - 1 {
			p := bits.TrailingZeros64(rest)
			bit := uint64(1) << (p & 63)
			if words&bit != 0 {
				sc.wordStart(h, s, base+p)
			}
			if at := base + p; runs&bit != 0 && !(h.uuid && at < h.hexEnd && at >= h.hexStart) && !(at < h.dateEnd && at >= h.dateStart) {
				n := bits.TrailingZeros64(^(all >> (p & 63)))
				if extent := (uint64(1)<<n - 1) << (p & 63); p+n < 64 {
					sc.run(h, s, base+p, n, b.letters&extent != 0 && b.digits&extent != 0)
				} else {
					sc.longRun(h, s, base+p)
				}
			}
			if digits&bit != 0 {
				sc.digitRun(h, s, base+p, int(runLength[p&63]))
			}
			if others&bit != 0 && !repeated(s, base+p) {
				sc.other(h, s, base+p)
			}
		}
		if len(h.Spans) > MaxSpans || h.Limit > 0 && h.Work > h.Limit {
			if base+64 < len(s) {
				h.Stopped = base + 64
			}
			return
		}
		inWord, inDigits = all>>63, b.digits>>63
	}
}

// blockRuns returns the starts of the words of a block that are long or mix
// letters and digits, the one that goes on in the next block included.
func (sc *Scanner) blockRuns(s string, base int, b *block, starts uint64) uint64 {
	all := b.letters | b.digits
	long := all & (all >> 1)
	long &= long >> 2
	long &= long >> 4
	long &= long >> 4
	marks := long | b.letters&(b.digits<<1) | b.digits&(b.letters<<1)
	if all>>63 != 0 && starts != 0 {
		// The last word: its rest stands in the next block.
		from := 63 - bits.LeadingZeros64(starts)
		if marks>>from == 0 {
			digit := b.digits>>63 != 0
			for i := base + 64; ; i++ {
				c := At(s, i)
				if !IsAlnum(c) {
					break
				}
				if IsDigit(c) != digit || i-base-from >= minEncodedRun-1 {
					marks |= 1 << from
					break
				}
			}
		}
	}
	runs := uint64(0)
	for rest := marks; rest != 0; {
		p := bits.TrailingZeros64(rest)
		if before := starts & (2<<p - 1); before != 0 {
			from := 63 - bits.LeadingZeros64(before)
			// Without a start in the block, the word began in the one before.
			if all>>from&(2<<(p-from)-1) == 2<<(p-from)-1 {
				runs |= 1 << from
			}
		}
		end := p + bits.TrailingZeros64(^(all >> p))
		if end >= 64 {
			break
		}
		rest &^= uint64(1)<<end - 1
	}
	return runs
}

// skipHex notes the extent of a UUID (RFC 9562) or of a long run of
// hexadecimal digits that begins at i.
func (h *Hits) skipHex(s string, i int) {
	if i < h.hexEnd {
		return
	}
	if i+36 <= len(s) && s[i+8] == '-' && s[i+13] == '-' && isUUID(s[i:i+36]) {
		h.hexStart, h.hexEnd, h.uuid = i, i+36, true
		return
	}
	if i+16 > len(s) || !IsHex(s[i+15]) || !IsHex(s[i+8]) {
		return
	}
	end, union := i, uint64(0)
	for end+8 <= len(s) {
		w := load8(s, end)
		if !allHex(w) {
			break
		}
		union |= w
		end += 8
	}
	for end < len(s) && IsHex(s[end]) {
		union |= uint64(s[end])
		end++
	}
	// Letters have a bit that digits have not.
	if union&(ones*0x40) != 0 && end-i >= 16 && WordEnd(s, end) {
		h.hexStart, h.hexEnd, h.uuid = i, end, false
	}
}

// timestampEnd returns the end of a date with a time of day (RFC 3339, with T
// or a space between them, and any fraction) that begins at i, or 0. Digits in
// it are no number of a person or a card. The caller has seen the dashes.
func timestampEnd(s string, i int) int {
	if i+19 > len(s) || !WordStart(s, i) || s[i:i+2] != "20" && s[i:i+2] != "19" || s[i+5] > '1' || s[i+8] > '3' {
		return 0
	}
	if s[i+10] != 'T' && s[i+10] != ' ' || s[i+11] > '2' || s[i+13] != ':' || s[i+14] > '5' || s[i+16] != ':' || s[i+17] > '6' {
		return 0
	}
	for _, k := range [...]int{2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18} {
		if !IsDigit(s[i+k]) {
			return 0
		}
	}
	end := i + 19
	if c := At(s, end); c == '.' || c == ',' {
		end = RunEnd(s, end+1, 10, IsDigit)
	}
	if IsDigit(At(s, end)) {
		return 0
	}
	return end
}

// repeated reports the second one of two bytes before which a name or a local
// part stands: none does.
func repeated(s string, i int) bool {
	c := s[i]
	return i > 0 && s[i-1] == c && (c == '@' || c == '=' || c == ':' || c == '>')
}

// other judges a byte that may begin a literal or a hidden form.
func (sc *Scanner) other(h *Hits, s string, i int) {
	c := s[i]
	if i < h.dateEnd && i >= h.dateStart {
		return
	}
	if sc.class[c] == classTrigger {
		h.trigger(s, i)
		if c == '\\' {
			sc.escapedWord(h, s, i+1)
		}
	}
	if list := sc.special[c]; len(list) != 0 {
		sc.literals(h, s, i, list)
	}
}

// longRun judges a run of letters and digits that leaves its block.
func (sc *Scanner) longRun(h *Hits, s string, start int) {
	end, letters, digits := start, false, false
	if start == h.hexStart && !h.uuid && h.hexEnd > start {
		// A hash: its extent is known, and it holds letters.
		end, letters = h.hexEnd, true
		for i := start; i < end && !digits; i++ {
			digits = IsDigit(s[i])
		}
	}
	for ; end < len(s) && IsAlnum(s[end]); end++ {
		digit := IsDigit(s[end])
		letters = letters || !digit
		digits = digits || digit
	}
	sc.run(h, s, start, end-start, letters && digits)
}

// run judges the run of n letters and digits at start; mixed tells that it
// holds both.
func (sc *Scanner) run(h *Hits, s string, start, n int, mixed bool) {
	// A hash is no base64 of a text.
	if n >= minEncodedRun && !(start == h.hexStart && start+n == h.hexEnd) {
		h.encodedRun(s, start, start+n)
	}
	if mixed {
		if list := sc.runs[min(n, 63)]; len(list) != 0 {
			h.Run = n
			sc.call(h, s, start, list)
		}
	}
}

// escapedWord begins a word after the letter of a written \n, which belongs to
// the escape.
func (sc *Scanner) escapedWord(h *Hits, s string, start int) {
	if c := At(s, start); (c == 'n' || c == 't' || c == 'r') && start+1 < len(s) && IsAlnum(s[start+1]) {
		sc.wordStart(h, s, start+1)
	}
}

func (sc *Scanner) digitRun(h *Hits, s string, at, n int) {
	if n == 255 {
		n = RunEnd(s, at, len(s), IsDigit) - at
	}
	k := min(n, 63)
	if list := sc.digits[k]; len(list) != 0 {
		h.Run = n
		sc.call(h, s, at, list)
	}
	if k < gateLimit && sc.gates[k] && WordStart(s, at) {
		if list := sc.gated[k][joined(s, at+n)]; len(list) != 0 {
			h.Run = n
			sc.call(h, s, at, list)
		}
	}
}

func (sc *Scanner) wordStart(h *Hits, s string, i int) {
	if i+3 > len(s) {
		return // no value is that short
	}
	slot := foldSlot(s[i], s[i+1], s[i+2])
	if i+4 <= len(s) && sc.starts[slot]&startsShort == 0 && sc.goesOn[slotOf(fold4(s, i))] == 0 {
		return
	}
	if list := sc.literalsAt[sc.startIndex[slot]]; len(list) != 0 {
		sc.literals(h, s, i, list)
	}
}

func (sc *Scanner) literals(h *Hits, s string, i int, list []anchor) {
	rest := s[i:]
	var head uint64
	if len(rest) >= 8 {
		head = load8(rest, 0)
	} else {
		for k := range len(rest) {
			head |= uint64(rest[k]) << (8 * k)
		}
	}
	head |= caseBits
	for k := range list {
		a := &list[k]
		// One comparison turns most literals away that begin alike.
		if (head^a.head)&a.width != 0 || len(rest) < len(a.text) {
			continue
		}
		if a.fold {
			if !HasFold(rest, a.text) {
				continue
			}
		} else if rest[:len(a.text)] != a.text {
			continue
		}
		sc.one(h, s, i, a.detector)
	}
}

func (sc *Scanner) call(h *Hits, s string, at int, list []int) {
	run := h.Run
	for _, d := range list {
		h.Run = run
		sc.one(h, s, at, d)
	}
}

func (sc *Scanner) one(h *Hits, s string, at, d int) {
	if d < len(h.skip) && at < h.skip[d] {
		return
	}
	h.current = d
	det := &sc.detectors[d]
	h.spend(1 + int(det.Cost))
	det.Find(h, s, at)
}

// Start calls detector d at the beginning of s because of the key.
func (sc *Scanner) Start(h *Hits, s string, d int) {
	if len(s) == 0 {
		return
	}
	h.current, h.ByKey = d, true
	sc.detectors[d].Find(h, s, 0)
	h.ByKey = false
}
