package detect

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

	// trigger marks bytes that may begin a hidden form, and a literal too.
	trigger [256]bool
	// starts tells by a hash of three bytes, case folded, whether a literal may
	// begin with them; startIndex leads to those that may. List 0 is empty.
	// goesOn is 1 for a hash of four bytes with which a literal may begin.
	starts     [Slots]uint8
	goesOn     [Slots]uint8
	startIndex [Slots]uint16
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
	// a hidden form, may begin. A byte of 0 stands for the end. There is one
	// table for each set of forms that need no trigger any more.
	pairs [triggered + 1][1 << 16 / 64]uint64
}

// triggered are the forms that are noted once: the next sign of one says
// nothing new.
const triggered = Wide | Escaped

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

// A few bytes are hashed to one of Slots.
const (
	slotBits = 12
	Slots    = 1 << slotBits
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
		b := byte(c)
		sc.trigger[c] = b >= 0x80 || b == '%' || b == '\\' || b == '{' || b == '&' || b == escape
	}
	for i := range detectors {
		d := &detectors[i]
		for _, l := range d.Literals {
			a := newAnchor(l, i)
			first := l.Text[0]
			if !IsAlnum(first) {
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

// compilePairs fills the tables of bytes that are neither letter nor digit.
func (sc *Scanner) compilePairs() {
	for noted := range triggered + 1 {
		for t := range 1 << 16 {
			if sc.mayBegin(byte(t>>8), byte(t), noted) {
				sc.pairs[noted][t/64] |= 1 << (t % 64)
			}
		}
	}
}

// mayBegin reports whether a literal, or a hidden form that was not noted, may
// begin with the two bytes.
func (sc *Scanner) mayBegin(c, next byte, noted Forms) bool {
	fresh := noted&Escaped == 0
	ok := false
	switch {
	case c >= 0x80:
		ok = noted&Wide == 0 && wideLead(c, next)
	case c == '%':
		ok = fresh && IsHex(next)
	case c == '\\':
		// A word may begin behind the last three.
		ok = fresh && (next == 'u' || next == 'x' || next == '"' || next == '/') || next == 'n' || next == 't' || next == 'r'
	case c == escape:
		ok = fresh && next == '['
	case c == '&':
		ok = fresh && (next == '#' || next == 'q' || next == 'a' || next == 'l' || next == 'g' || next == 'n' || next == 'c')
	case c == '{':
		ok = next == '"' || next == ' ' || next == '\n' || next == '\r' || next == '\t'
	}
	for _, a := range sc.special[c] {
		ok = ok || len(a.text) == 1 || a.text[1] == next || a.fold && a.text[1] == Lower(next)
	}
	return ok
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
