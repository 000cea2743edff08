package detect

import "slices"

// Group is the family that a policy may name in place of single detectors.
type Group string

// The groups of the policy document.
const (
	Payment       Group = "payment"
	Secrets       Group = "secrets"
	Personal      Group = "personal"
	NationalIDs   Group = "national_ids"
	Network       Group = "network"
	CryptoWallets Group = "crypto_wallets"
	SQL           Group = "sql"
)

// Groups lists every group in the order of the documentation.
func Groups() []Group {
	return []Group{Payment, Secrets, Personal, NationalIDs, Network, CryptoWallets, SQL}
}

// Canonical says how a value is normalised before a pseudonym or token is
// derived, so that two spellings of one value share it.
type Canonical uint8

const (
	// Verbatim keeps the value as it stands.
	Verbatim Canonical = iota
	// DigitsOnly drops everything but digits: cards, phone numbers.
	DigitsOnly
	// LowerDomain lower-cases what follows the last '@': RFC 5321 section 2.4.
	LowerDomain
	// UpperAlnum drops separators and upper-cases letters: IBAN, NINO.
	UpperAlnum
	// LowerAll lower-cases the whole value: addresses, hex.
	LowerAll
)

// Specificity ranks detectors on an overlap within one rule: the higher wins.
const (
	Broad    uint8 = 10 // key word plus anything: secret_param, http_auth
	Shaped   uint8 = 20 // a shape and a word near
	Checked  uint8 = 30 // a check digit or structure that decodes
	Prefixed uint8 = 40 // a vendor's literal prefix, length and alphabet
)

// Literal is an anchor of fixed text.
//
// A literal that begins with a letter or digit is looked for at word starts
// only (the byte before is no letter or digit, or is the letter of an escape
// such as \n). Any other literal is looked for at every byte.
type Literal struct {
	Text string
	// Fold matches ASCII letters in either case. Text must then be lower-case.
	Fold bool
}

// Literals makes case-sensitive anchors.
func Literals(texts ...string) []Literal {
	out := make([]Literal, len(texts))
	for i, t := range texts {
		out[i] = Literal{Text: t}
	}
	return out
}

// FoldLiterals makes anchors that ignore ASCII case. Texts are lower-case.
func FoldLiterals(texts ...string) []Literal {
	out := make([]Literal, len(texts))
	for i, t := range texts {
		out[i] = Literal{Text: t, Fold: true}
	}
	return out
}

// Lengths is a set of run lengths; 63 stands for 63 and more.
type Lengths uint64

// Len makes a set of single lengths.
func Len(ns ...int) Lengths {
	var l Lengths
	for _, n := range ns {
		l |= 1 << min(n, 63)
	}
	return l
}

// LenRange makes the set from lo to hi, both included.
func LenRange(lo, hi int) Lengths {
	var l Lengths
	for n := lo; n <= hi; n++ {
		l |= 1 << min(n, 63)
	}
	return l
}

// Has reports whether n is in the set. What is left of a number after a prefix
// that is longer than it is in none.
func (l Lengths) Has(n int) bool { return n >= 0 && l&(1<<min(n, 63)) != 0 }

// Detector finds one kind of sensitive value. Detectors are plain values,
// listed by [All]; they hold no state.
type Detector struct {
	// Name is what a policy, a metric and a pseudonym call it.
	Name  string
	Group Group
	// Specificity decides overlaps within one rule.
	Specificity uint8
	Canonical   Canonical

	// Literals are anchors of fixed text. Find gets the index of the first
	// byte of the literal.
	Literals []Literal
	// Digits anchors at the start of every maximal run of ASCII digits whose
	// length is in the set, in whatever word it stands. Find gets the index of
	// the first digit; Hits.Run is the length of the run.
	Digits Lengths
	// Gate, when not nil, narrows Digits to runs at a word start that go on in
	// one of its ways.
	Gate *DigitGate
	// Joined, when not nil, narrows Digits to runs that go on in one of its
	// ways, whatever stands before the run and whichever byte joins it to the
	// next. It turns most numbers away before Find is called; Find may still
	// be called for others.
	Joined *DigitGate
	// Runs anchors at the start of every maximal run of ASCII letters and
	// digits that holds both and whose length is in the set. Find gets the
	// index of its first byte; Hits.Run is the length of the run.
	Runs Lengths
	// Key, when not nil, is asked once per attribute key (in its own spelling;
	// the answer is cached). If it says yes, Find is called with at 0 and
	// Hits.ByKey set before the value is scanned.
	Key func(lower string) bool

	// Cost is what a call of Find may take beyond a simple look, in looks. Find
	// adds what depends on the text with Hits.spend.
	Cost uint8

	// Find validates a candidate and reports what it finds with [Hits.Add].
	// It must accept any at in [0, len(s)) and any bytes in s.
	Find func(h *Hits, s string, at int)
}

// Span is a half-open byte range of a value and the detector, as an index into
// the scanner's list, that found it.
type Span struct {
	Start, End int
	Detector   int
}

// Hits collects the spans of one value. It is scratch: the owner resets it
// with [Hits.Reset] between values and may keep it in a pool.
type Hits struct {
	// Key is the attribute key of the value in its original spelling, or empty.
	Key string
	// Run is the length of the run at the anchor of Digits and Runs.
	Run int
	// ByKey is set while Find is called because of the key.
	ByKey bool
	// Spans are in order of discovery and may overlap.
	Spans []Span
	// Forms tells which hidden forms the value may hold, Encoded where base64
	// that decodes to text begins and ends.
	Forms   Forms
	Encoded []Span

	// Alike says that whatever covers encoded text is all that the owner wants
	// to know of it: it is not noted then. The owner sets it.
	Alike bool

	// Limit bounds the work of a scan, in units of about 15 ns: to come to a
	// candidate costs one, a detector's look at it [Look]. 0 is no bound. A scan that reaches it stops at the end of a
	// block of 64 bytes, and Stopped tells where: what follows was not judged,
	// and has to be masked. Work is what the scan took.
	Limit, Stopped, Work int

	extents
	// lengths are those of the digit runs of a block that some detector wants,
	// at most 255, by where they begin.
	lengths [64]uint8
	// decoded is the scratch for the header of a token.
	decoded [maxJOSEHeader]byte
	current int
	skip    []int
	skipped bool
	// listed is, per detector, where the last value ends that a word told; lists
	// is set if there is one. The detector toldBy was told at toldAt.
	listed         []int
	lists          bool
	toldBy, toldAt int
}

// extents are what a scan knows of the bytes around it.
type extents struct {
	encodedTo int
	// encodedNoted: a part of the base64 that ends there was noted.
	encodedNoted bool
	// wrappedTo is where the last lines of base64 end that are one text.
	wrappedTo int
	// overfull: there is more base64 than is opened.
	overfull bool
	// hexStart and hexEnd bound the last UUID or hash: digits in it are no
	// anchors.
	hexStart, hexEnd int
	// dateStart and dateEnd bound the last date with a time of day.
	dateStart, dateEnd int
	// sqlTo is how far statements were read in all dialects.
	sqlTo int
	// From atFrom on, the first '@' stands at atNext.
	atFrom, atNext int
	uuid           bool
}

// Reset prepares h for a value under key.
func (h *Hits) Reset(key string) {
	h.Key, h.Run, h.ByKey = key, 0, false
	h.Spans, h.Stopped, h.Work = h.Spans[:0], 0, 0
	h.Forms, h.Encoded = 0, h.Encoded[:0]
	h.extents = extents{atNext: -1}
	if h.skipped {
		clear(h.skip)
		h.skipped = false
	}
	if h.lists {
		clear(h.listed)
		h.lists = false
	}
	h.toldBy = -1
}

// Add reports s[start:end] as sensitive. The same detector is not called again
// for an anchor inside the span. An empty or reversed range is ignored.
func (h *Hits) Add(start, end int) {
	if start < 0 || end <= start {
		return
	}
	h.spend(3)
	if len(h.Spans) == cap(h.Spans) {
		// append would grow a long list by a quarter and copy it time and again.
		h.Spans = slices.Grow(h.Spans, len(h.Spans)+8)
	}
	h.Spans = append(h.Spans, Span{Start: start, End: end, Detector: h.current})
	h.SkipTo(end)
	if h.toldBy == h.current && h.toldAt == start {
		h.listTo(end)
	}
}

// SkipTo keeps the current detector from being called for an anchor before
// pos in this value. A detector that reads far ahead calls it so that the
// bytes it has judged are not judged again.
func (h *Hits) SkipTo(pos int) {
	for len(h.skip) <= h.current {
		h.skip = append(h.skip, 0)
	}
	h.skipped = true
	h.skip[h.current] = max(h.skip[h.current], pos)
}

// Look is the work of a detector's simple look at one candidate.
const Look = 4

// spend counts work that depends on the text, in looks.
func (h *Hits) spend(looks int) { h.Work += Look * looks }
