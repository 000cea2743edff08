package detect

// inAadhaar finds Indian Aadhaar numbers: twelve digits, the first 2 to 9, with
// a Verhoeff check digit (UIDAI). One number in ten passes, so a key word must
// be near unless the number is written in its groups. A virtual id has sixteen
// digits and the same check. UID, the number's other name, is what programs call
// any user id: it counts beside groups only.
func inAadhaar() Detector {
	return (&numbered{
		forms: []form{{shape: "dddd~dddd~dddd", free: " ", grouped: NewWords("uid")}, {shape: "dddd~dddd~dddd~dddd"}},
		valid: func(m shaped) bool {
			d := m.bytes()
			return d[0] >= '2' && verhoeff(d) && !allSame(d)
		},
		words: NewWords("aadhaar", "aadhar", "adhaar", "adhar", "aadhaarnumber", "aadhaarno", "aadhar card", "uidai", "uid number", "uid no", "unique identification", "virtual id", "maadhaar", "आधार", "ekyc", "kyc"),
	}).detector("in_aadhaar", DigitsOnly)
}

// inPAN finds Indian permanent account numbers: three letters, the kind of
// holder, the initial, four digits and a letter (Income Tax Department). Lower
// case counts only with a key word near.
func inPAN() Detector {
	words := NewWords("pan", "pan card", "pancard", "pan number", "pannumber", "pan no", "panno", "permanent account", "income tax", "tax id", "pan num")
	return Detector{
		Name:        "in_pan",
		Group:       NationalIDs,
		Specificity: Shaped,
		Canonical:   UpperAlnum,
		Runs:        Len(10),
		// One with gaps is met at its name.
		Literals: FoldLiterals("pan", "permanent account"),
		Key:      func(key string) bool { return words.In(key) },
		Find: func(h *Hits, s string, at int) {
			var m shaped
			if h.ByKey || IsLetter(s[at]) && (HasFold(s[at:], "pan") || HasFold(s[at:], "permanent account")) {
				h.spend(2)
				digits := RunEnd(s, at, panReach, func(c byte) bool { return !IsDigit(c) })
				start, end := gappedPAN(s, digits)
				if start >= at && end > 0 && (h.ByKey || words.In(s[at:start])) {
					for n := 0; n < panListed && end > 0; n++ {
						h.Add(start, end)
						next := RunEnd(s, end, maxJoint, func(c byte) bool { return !IsAlnum(c) })
						h.spend(2)
						start, end = gappedPAN(s, RunEnd(s, next, 6, func(c byte) bool { return !IsDigit(c) }))
						if start != next {
							break
						}
					}
					return
				}
			}
			if h.ByKey || !m.match(s, at, "aaaaadddda") || !WordStart(s, at) || !WordEnd(s, m.end) {
				return
			}
			telling := true
			for i := at; i < m.end; i++ {
				if IsLetter(s[i]) && !IsUpper(s[i]) {
					telling = false
				}
			}
			switch m.text[3] {
			case 'A', 'B', 'C', 'F', 'G', 'H', 'J', 'K', 'L', 'P', 'T':
			case 'E':
				telling = false
			default:
				return
			}
			if num(m.text[5:9]) == 0 {
				return
			}
			if h.Near(s, at, m.end, words) || telling && !isGlued(s, at, m.end) {
				h.Add(at, m.end)
			}
		},
	}
}

// panReach bounds the bytes from the name of a number to its digits, and panListed
// the numbers of a list behind it.
const (
	panReach  = 40
	panListed = 32
)

// gappedPAN returns the extent of the number whose digits begin at i: in capitals if
// it has gaps, ABCPE 1234 F.
func gappedPAN(s string, i int) (start, end int) {
	start = i - 5
	if isGroupSep(At(s, i-1)) {
		start--
	}
	var m shaped
	if start < 0 || !WordStart(s, start) || !m.match(s, start, "aaaaa?dddd?a") || !WordEnd(s, m.end) || num(m.text[5:9]) == 0 {
		return 0, 0
	}
	for _, c := range []byte(s[start:m.end]) {
		if IsLetter(c) && !IsUpper(c) && m.end-start > m.n {
			return 0, 0
		}
	}
	switch m.text[3] {
	case 'A', 'B', 'C', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'P', 'T':
		return start, m.end
	}
	return 0, 0
}
