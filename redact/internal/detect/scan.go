package detect

// Byte classes of the scanner's table.
const (
	classOther   uint8 = iota // skipped
	classLetter               // may begin a word
	classDigit                // may begin a word and a digit run
	classSpecial              // first byte of a literal that is no word
	classTrigger              // may be part of a hidden form, and may be special
)

// anchor is one literal of one detector, ready for comparison.
type anchor struct {
	text     string
	fold     bool
	detector int
}

// Scanner is an immutable set of detectors compiled into byte tables. It is
// safe for concurrent use; the scratch is the caller's [Hits].
type Scanner struct {
	detectors []Detector

	class [256]uint8
	// fold maps a byte to one of 64 codes, case folded, so that a pair of
	// bytes is an index into 4096 bits.
	fold  [256]uint8
	pairs [64]uint64

	special [256][]anchor
	// words holds the literals that begin with a pair of bytes; wordIndex
	// leads from the pair to them.
	words     [][]anchor
	wordIndex [64 * 64]uint16
	// quads tells by a hash of four bytes, case folded, that no literal of
	// four bytes or more begins there; quadIndex leads to those that may.
	quads     [quadSlots / 64]uint64
	quadIndex [quadSlots]uint16
	quadWords [][]anchor
	digits    [64][]int
	// gated holds detectors with a gate, by the length of a run and its way
	// on.
	gated  [gateLimit][gateJoined + 1][]int
	gates  [gateLimit]bool
	runs   [64][]int
	anyRun bool
}

// quadSlots is the number of slots that four bytes are hashed to.
const (
	quadSlots = 1 << 12
	quadShift = 32 - 12
)

// quad hashes the four bytes at s[i:], with the bit that tells ASCII letters'
// case set.
func quad(s string, i int) uint32 {
	b := s[i : i+4]
	w := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
	return (w | 0x20202020) * 0x9E3779B1 >> quadShift
}

// NewScanner compiles detectors. Span.Detector is an index into the list.
func NewScanner(detectors []Detector) *Scanner {
	sc := &Scanner{detectors: detectors}
	for c := range 256 {
		b := byte(c)
		switch {
		case IsLetter(b):
			sc.class[c] = classLetter
			sc.fold[c] = Lower(b) - 'a' + 1
		case IsDigit(b):
			sc.class[c] = classDigit
			sc.fold[c] = b - '0' + 27
		case b >= 0x80 || b == '%' || b == '\\' || b == '{' || b == '&':
			sc.class[c] = classTrigger
		case b == '_':
			sc.fold[c] = 37
		case b == '-':
			sc.fold[c] = 38
		case b == '.':
			sc.fold[c] = 39
		case b == '/':
			sc.fold[c] = 40
		}
	}
	for i := range detectors {
		d := &detectors[i]
		for _, l := range d.Literals {
			a := anchor{text: l.Text, fold: l.Fold, detector: i}
			first := l.Text[0]
			if !IsAlnum(first) {
				if sc.class[first] == classOther {
					sc.class[first] = classSpecial
				}
				sc.special[first] = append(sc.special[first], a)
				continue
			}
			code := sc.fold[first]
			if len(l.Text) >= 4 {
				sc.addQuad(quad(l.Text, 0), a)
			} else if len(l.Text) == 1 {
				sc.pairs[code] = ^uint64(0)
				for next := range uint8(64) {
					sc.addWord(code, next, a)
				}
			} else {
				next := sc.fold[l.Text[1]] & 63
				sc.pairs[code] |= 1 << next
				sc.addWord(code, next, a)
			}
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
				sc.anyRun = true
			}
		}
	}
	return sc
}

func (sc *Scanner) addQuad(slot uint32, a anchor) {
	if sc.quadIndex[slot] == 0 {
		if len(sc.quadWords) == 0 {
			sc.quadWords = append(sc.quadWords, nil)
		}
		sc.quadIndex[slot] = uint16(len(sc.quadWords))
		sc.quadWords = append(sc.quadWords, nil)
		sc.quads[slot/64] |= 1 << (slot % 64)
	}
	k := sc.quadIndex[slot]
	sc.quadWords[k] = append(sc.quadWords[k], a)
}

func (sc *Scanner) addWord(first, second uint8, a anchor) {
	if len(sc.words) == 0 {
		sc.words = append(sc.words, nil)
	}
	index := &sc.wordIndex[int(first)*64+int(second)]
	if *index == 0 {
		*index = uint16(len(sc.words))
		sc.words = append(sc.words, nil)
	}
	sc.words[*index] = append(sc.words[*index], a)
}

// Detectors returns the compiled list. It must not be changed.
func (sc *Scanner) Detectors() []Detector { return sc.detectors }

// Scan reads s once and leaves what it finds in h.Spans.
func (sc *Scanner) Scan(h *Hits, s string) {
	for i := 0; i < len(s); {
		switch sc.class[s[i]] {
		case classOther:
			i++
		case classSpecial:
			sc.literals(h, s, i, sc.special[s[i]])
			i++
		case classTrigger:
			h.trigger(s, i)
			if list := sc.special[s[i]]; len(list) != 0 {
				sc.literals(h, s, i, list)
			}
			i++
		default:
			i = sc.word(h, s, i)
		}
	}
}

// word reads the maximal run of letters and digits at start, calls what is
// anchored at it and returns its end.
func (sc *Scanner) word(h *Hits, s string, start int) int {
	i := start
	letters, digits := false, false
	sc.wordStart(h, s, start)
	for i < len(s) {
		c := sc.class[s[i]]
		if c == classLetter {
			letters = true
			i++
			for i < len(s) && sc.class[s[i]] == classLetter {
				i++
			}
			continue
		}
		if c != classDigit {
			break
		}
		digits = true
		from := i
		i++
		for i < len(s) && sc.class[s[i]] == classDigit {
			i++
		}
		n := min(i-from, 63)
		if list := sc.digits[n]; len(list) != 0 {
			h.Run = i - from
			sc.call(h, s, from, list)
		}
		if n < gateLimit && sc.gates[n] && WordStart(s, from) {
			if list := sc.gated[n][joined(s, i)]; len(list) != 0 {
				h.Run = i - from
				sc.call(h, s, from, list)
			}
		}
	}
	if i-start >= minEncodedRun {
		h.encodedRun(s, start, i)
	}
	// The n of a written \n belongs to the escape, not to the word after it.
	if start > 0 && s[start-1] == '\\' && i-start > 1 && (s[start] == 'n' || s[start] == 't' || s[start] == 'r') {
		sc.wordStart(h, s, start+1)
	}
	if letters && digits && sc.anyRun {
		n := min(i-start, 63)
		if list := sc.runs[n]; len(list) != 0 {
			h.Run = i - start
			sc.call(h, s, start, list)
		}
	}
	return i
}

func (sc *Scanner) wordStart(h *Hits, s string, i int) {
	if i+4 <= len(s) {
		slot := quad(s, i)
		if sc.quads[slot/64&(quadSlots/64-1)]&(1<<(slot%64)) != 0 {
			sc.literals(h, s, i, sc.quadWords[sc.quadIndex[slot%quadSlots]])
		}
	}
	code := sc.fold[s[i]]
	row := sc.pairs[code&63]
	if row == 0 {
		return
	}
	var next uint8
	if i+1 < len(s) {
		next = sc.fold[s[i+1]]
	}
	if row&(1<<(next&63)) != 0 {
		sc.literals(h, s, i, sc.words[sc.wordIndex[int(code&63)*64+int(next&63)]])
	}
}

func (sc *Scanner) literals(h *Hits, s string, i int, list []anchor) {
	rest := s[i:]
	for k := range list {
		a := &list[k]
		if len(rest) < len(a.text) {
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
	sc.detectors[d].Find(h, s, at)
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
