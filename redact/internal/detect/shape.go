package detect

import "strings"

// shaped is a candidate that matched a shape: its letters and digits without
// separators, letters upper-cased.
type shaped struct {
	text [32]byte
	n    int
	end  int
	// sep is the separator of '~' that was found, or 0.
	sep byte
}

func (m *shaped) bytes() []byte { return m.text[:m.n] }

// match reads a shape at s[at:]. In a shape 'd' stands for a digit, 'a' for a
// letter, 'x' for either, '~' for an optional separator out of space - . + /
// that is the same (or absent) throughout, '?' for an optional one on its own,
// and anything else for itself. A shape holds at most 32 letters and digits.
func (m *shaped) match(s string, at int, shape string) bool {
	m.n, m.sep = 0, 0
	i := at
	decided := false
	for k := range len(shape) {
		switch want := shape[k]; want {
		case 'd', 'a', 'x':
			c := At(s, i)
			switch {
			case want != 'a' && IsDigit(c):
			case want != 'd' && IsLetter(c):
				c &^= 0x20
			default:
				return false
			}
			m.text[m.n] = c
			m.n++
			i++
		case '~':
			c := At(s, i)
			if !decided {
				decided = true
				if isGroupSep(c) {
					m.sep = c
				}
			}
			if m.sep != 0 {
				if c != m.sep {
					return false
				}
				i++
			}
		case '?':
			if isGroupSep(At(s, i)) {
				i++
			}
		default:
			if At(s, i) != want {
				return false
			}
			i++
		}
	}
	m.end = i
	return true
}

func isGroupSep(c byte) bool { return classOf[c]&groupSep != 0 }

// neighbourhood is what stands beside a candidate.
type neighbourhood uint8

const (
	// glued: it is a piece of something longer.
	glued neighbourhood = iota
	// beside: other numbers stand beside it, as its groups do to each other or
	// behind a separator of their own. A number that is named needs no more.
	beside
	apart
)

// neighbours judges what stands beside s[start:end]: whether it is a piece of a
// longer word, number, date, version, path of digits or UUID. sep is the
// separator inside the candidate, or 0.
func neighbours(s string, start, end int, sep byte) neighbourhood {
	if !WordStart(s, start) || !WordEnd(s, end) {
		return glued
	}
	found := apart
	formatted := false // it can't be a piece of a number: a column of a table may begin beside it
	for i := start; i < end && !formatted; i++ {
		formatted = !IsDigit(s[i])
	}
	switch before, further := At(s, start-1), At(s, start-2); before {
	case ',':
		if !formatted && commaJoins(s, start-1) {
			found = beside
		}
	case '.':
		if IsDigit(further) {
			return glued
		}
	case '/':
		if IsDigit(further) {
			found = beside
		}
	case '-', '+':
		// The last group of a UUID or the tail of a longer number. A word of
		// letters before the dash is a label.
		if IsDigit(further) || before == '-' && IsHex(further) && wordHasDigit(s, start-1) {
			return glued
		}
	case ' ':
		if sep == ' ' && IsDigit(further) {
			found = beside
		}
	case '%':
		return glued
	}
	switch after, further := At(s, end), At(s, end+1); after {
	case ',':
		if formatted || !IsDigit(further) {
			break
		}
		if commaJoins(s, end) {
			return glued
		}
		if At(s, start-1) != ',' && At(s, start-1) != '[' && decimals(s, end) {
			found = beside
		}
	case '.', '-', '+', '/':
		if after == '-' && IsHex(further) && end-start >= 8 && sep == 0 && InUUID(s, start, end) {
			return glued
		}
		if IsDigit(further) {
			found = beside
		}
	case ' ':
		if sep == ' ' && IsDigit(further) && !freshNumber(s, end+1) {
			found = beside
		}
	case ':':
		// A time of day, or a port.
		if IsDigit(further) && sep == 0 {
			found = beside
		}
	}
	return found
}

// counts are the last words of names of numbers that identify nobody.
var counts = NewWords("offset", "ns", "us", "nanos", "micros", "millis", "seconds", "sum", "sequence", "seq").and(phoneCounts...)

// counted reports whether the word before the number at i makes it a count:
// mem_bytes=72311503679.
func counted(s string, i int) bool {
	start, end := nameBefore(s, i)
	return start < end && counts.In(s[start:end])
}

// freshNumber reports whether the digits at i are longer than a group of an
// identifier is, so that they are a number of their own.
func freshNumber(s string, i int) bool {
	return RunEnd(s, i, 8, IsDigit)-i > 5
}

// wordHasDigit reports whether the word that ends just before end holds a digit.
func wordHasDigit(s string, end int) bool {
	for i := end - 1; i >= 0 && end-i <= 32 && IsAlnum(s[i]); i-- {
		if IsDigit(s[i]) {
			return true
		}
	}
	return false
}

// form is one way to write a numbered identifier.
type form struct {
	shape string
	// free holds the separators of '~' that make the form telling enough to
	// need no key word near; "*" stands for whatever the shape holds.
	free string
	// bare says the same of the form without separators.
	bare bool
	// grouped are further key words, which are enough beside groups and say too
	// little beside digits in a row.
	grouped *Words
	// gate lets the runs of digits pass that the form may begin with; nil lets
	// all of them.
	gate *DigitGate
	// digits is how many digits the form has without its separators, 0 for one
	// that holds anything else.
	digits int
}

// countDigits returns form.digits.
func countDigits(shape string) int {
	if strings.Trim(shape, "d~?") != "" {
		return 0
	}
	return strings.Count(shape, "d")
}

// take is match for a run of n digits as it stands.
func (m *shaped) take(s string, at, n int) bool {
	m.n, m.end, m.sep = copy(m.text[:], s[at:min(at+n, len(s))]), at+n, 0
	return m.n == n && allDigits(m.bytes())
}

// telling reports whether the match at s[at:] needs no key word.
func (f *form) telling(s string, at int, m *shaped) bool {
	if m.end-at == m.n {
		return f.bare
	}
	if f.free == "*" {
		return true
	}
	for i := range len(f.free) {
		if f.free[i] == m.sep {
			return m.sep != ' ' || !inColumns(s, at, m.end)
		}
	}
	return false
}

// inColumns reports whether s[start:end] stands among other columns of numbers
// or after a quoted request, as in an access log.
func inColumns(s string, start, end int) bool {
	if At(s, start-1) == ' ' {
		switch c := At(s, start-2); c {
		case '"', ']':
			return true
		case '-':
			// call - 415 555 2671
			if At(s, start-3) != ' ' || !IsLetter(At(s, start-4)) {
				return true
			}
		default:
			if IsDigit(c) {
				return true
			}
		}
	}
	return At(s, end) == ' ' && (IsDigit(At(s, end+1)) || At(s, end+1) == '"')
}

// numbered describes an identifier with a fixed number of digits and letters.
type numbered struct {
	forms []form
	// valid judges the letters and digits without separators. The argument is a
	// copy: behind a pointer it would be allocated for every candidate.
	valid func(m shaped) bool
	// sure, when not nil, is asked beyond valid where a form needs no key word
	// and has no separators.
	sure func(m shaped) bool
	// words are the key words that must be near, unless the form needs none.
	words *Words
	// gate overrides the gate that the forms give, where letters in them
	// would open it wide.
	gate *DigitGate
}

// detector makes a detector of national identifiers.
func (id *numbered) detector(name string, canonical Canonical) Detector {
	return id.detectorIn(NationalIDs, name, canonical)
}

// detectorIn makes a detector of the group.
func (id *numbered) detectorIn(group Group, name string, canonical Canonical) Detector {
	shapes := make([]string, len(id.forms))
	for i := range id.forms {
		f := &id.forms[i]
		shapes[i], f.digits = f.shape, countDigits(f.shape)
		if leading(f.shape) > 0 {
			f.gate = gateShapes(f.shape)
		}
	}
	gate := id.gate
	if gate == nil {
		gate = gateShapes(shapes...)
	}
	return Detector{
		Name:        name,
		Group:       group,
		Specificity: Checked,
		Canonical:   canonical,
		Digits:      gate.lengths(),
		Gate:        gate,
		Find:        id.find,
	}
}

// find tries every form at the anchor.
func (id *numbered) find(h *Hits, s string, at int) {
	var m shaped
	way, besideEnd := -1, 0
	for k := range id.forms {
		f := &id.forms[k]
		if f.gate != nil && h.Run < gateLimit {
			if way < 0 {
				way = joined(s, at+h.Run)
			}
			if f.gate[h.Run]>>way&1 == 0 {
				continue
			}
		}
		h.spend(1)
		switch {
		case way != 0 || f.digits == 0:
			if !m.match(s, at, f.shape) {
				continue
			}
		case f.digits != h.Run || !m.take(s, at, h.Run):
			continue
		}
		h.spend(1)
		around := neighbours(s, at, m.end, m.sep)
		if around == glued || !id.valid(m) {
			continue
		}
		if around == beside {
			// What stands beside may be a part of it in another form.
			besideEnd = max(besideEnd, m.end)
			continue
		}
		if m.end-at == m.n && f.bare && counted(s, at) {
			continue
		}
		if f.telling(s, at, &m) && (id.sure == nil || m.end-at > m.n || id.sure(m)) {
			h.named(s, at, id.words) // for those behind it in a list
			h.Add(at, m.end)
			return
		}
		if h.Near(s, at, m.end, id.words) ||
			f.grouped != nil && m.end-at != m.n && h.Near(s, at, m.end, f.grouped) {
			h.Add(at, m.end)
			return
		}
	}
	// nhs 943 476 5919 200 17, ssn 536904399/12
	if besideEnd > 0 && !counted(s, at) && h.named(s, at, id.words) {
		h.Add(at, besideEnd)
	}
}
