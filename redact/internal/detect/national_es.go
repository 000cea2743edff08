package detect

// esLetters are the check letters of DNI and NIE, by the number modulo 23
// (Orden INT/2058/2008).
const esLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

var esWords = []string{"dni", "n dni", "nif", "nie", "d n i", "n i e", "n i f", "documento", "documento nacional", "identidad", "num documento", "numero documento", "tax id", "extranjero", "foreigner id", "national id", "cif"}

// esDNI finds Spanish DNI numbers: eight digits and a check letter. A lower-case
// letter counts only with a key word near.
func esDNI() Detector {
	words := NewWords(esWords...)
	return Detector{
		Name:        "es_dni",
		Group:       NationalIDs,
		Specificity: Checked,
		Canonical:   UpperAlnum,
		Digits:      Len(1, 2, 7, 8),
		Gate:        gateShapes("dddddddda", "ddddddda", "dd.ddd", "d.ddd"),
		Find: func(h *Hits, s string, at int) {
			if !WordStart(s, at) {
				return
			}
			var m shaped
			if !m.match(s, at, "dddddddd?a") && !m.match(s, at, "dd.ddd.ddd?a") && !m.match(s, at, "ddddddd?a") && !m.match(s, at, "d.ddd.ddd?a") {
				return
			}
			if !spanishLetter(m.bytes()) || !h.alone(s, at, m.end, 0, words) {
				return
			}
			sep := At(s, m.end-2)
			telling := m.n == 9 && IsUpper(s[m.end-1]) && (IsDigit(sep) || sep == '-') && !isGlued(s, at, m.end) && !monthDayPrefix(m.bytes())
			if h.Near(s, at, m.end, words) || telling {
				h.Add(at, m.end)
			}
		},
	}
}

// monthDayPrefix reports whether eight digits are a date of this century, as
// in 20240131Z.
func monthDayPrefix(t []byte) bool {
	return t[0] == '2' && t[1] == '0' && monthDay(num(t[4:6]), num(t[6:8]))
}

// esNIE finds Spanish NIE numbers of foreigners: X, Y or Z, seven digits and a
// check letter.
func esNIE() Detector {
	words := NewWords(esWords...)
	return Detector{
		Name:        "es_nie",
		Group:       NationalIDs,
		Specificity: Checked,
		Canonical:   UpperAlnum,
		Digits:      Len(1, 7),
		Gate:        gateShapes("ddddddda", "d.ddd"),
		Runs:        Len(8, 9),
		Find: func(h *Hits, s string, at int) {
			start := at
			if IsDigit(s[at]) {
				// X-1234567-L
				start = at - 2
			}
			if start < 0 || Lower(s[start])-'x' > 2 || !WordStart(s, start) {
				return
			}
			var m shaped
			if !m.match(s, start, "a?ddddddd?a") && !m.match(s, start, "a?d.ddd.ddd?a") || !WordEnd(s, m.end) {
				return
			}
			t := m.text
			t[0] = t[0] - 'X' + '0'
			if !spanishLetter(t[:9]) {
				return
			}
			telling := IsUpper(s[start]) && IsUpper(s[m.end-1]) && !isGlued(s, start, m.end)
			if h.Near(s, start, m.end, words) || telling {
				h.Add(start, m.end)
			}
		},
	}
}

func spanishLetter(t []byte) bool {
	last := len(t) - 1
	return esLetters[num(t[:last])%23] == t[last]
}
