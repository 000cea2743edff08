package detect

// usABA finds US bank routing numbers: nine digits, a Federal Reserve prefix
// and the 3-7-1 check (ABA routing number policy). A key word must be near.
func usABA() Detector {
	return (&numbered{
		forms: []form{{shape: "ddddddddd"}, {shape: "dddd~dddd~d"}, {shape: "ddd~ddd~ddd"}},
		valid: func(m shaped) bool {
			d := m.bytes()
			switch p := num(d[:2]); {
			case p <= 12 && num(d[:4]) != 0, p >= 21 && p <= 32, p >= 61 && p <= 72, p == 80:
			default:
				return false
			}
			return weighted(d, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
		},
		words: NewWords("aba", "aba no", "aba number", "abanumber", "abarouting", "routing", "routing no", "routing number", "routingnumber", "routing num", "routingno", "rtn", "rtn number", "transit number", "routing transit",
			"bank routing", "ach", "wire"),
	}).detector("us_aba", DigitsOnly)
}

// usNPI finds US national provider identifiers: ten digits from 1 or 2 on with
// a Luhn digit over the number after 80840 (45 CFR 162.406). A key word must be
// near.
func usNPI() Detector {
	return (&numbered{
		forms: []form{{shape: "dddddddddd"}, {shape: "dddd~ddd~ddd"}, {shape: "d~ddd~ddd~ddd"}},
		valid: func(m shaped) bool {
			d := m.bytes()
			if d[0] != '1' && d[0] != '2' {
				return false
			}
			var full [15]byte
			copy(full[:], "80840")
			copy(full[5:], d)
			return Luhn(full[:])
		},
		words: NewWords("npi", "npis", "npi number", "npinumber", "npi no", "npi id", "national provider", "nationalprovider", "provider id", "provider identifier", "provider number", "prescriber", "provider npi", "physician"),
	}).detector("us_npi", DigitsOnly)
}

// usDEA finds US Drug Enforcement Administration numbers: the kind of
// registrant, an initial (or 9), and seven digits, the last of which checks the
// others (21 CFR 1301). A key word must be near.
func usDEA() Detector {
	words := NewWords("dea", "dea number", "deanumber", "dea no", "deano", "dea num", "dea reg", "dea registration", "drug enforcement", "prescriber", "registrant")
	return Detector{
		Name:        "us_dea",
		Group:       NationalIDs,
		Specificity: Checked,
		Canonical:   UpperAlnum,
		Runs:        Len(9),
		Digits:      Len(7),
		Gate:        gateShapes("ddddddd"),
		Find: func(h *Hits, s string, at int) {
			var m shaped
			start := at
			if h.Run == 7 {
				start = at - 3
				if start < 0 || !isGroupSep(s[at-1]) {
					return
				}
			}
			if !m.match(s, start, "ax?ddddddd") || !WordStart(s, start) || !WordEnd(s, m.end) {
				return
			}
			t := m.text[:9]
			switch {
			case t[0] > 'X' || t[0] == 'I' || t[0] == 'N' || t[0] == 'O' || t[0] == 'Q' || t[0] == 'V' || t[0] == 'W':
				return
			case IsDigit(t[1]) && t[1] != '9':
				return
			}
			d := t[2:]
			sum := weighted(d, 1, 2, 1, 2, 1, 2)
			if sum%10 == int(d[6]-'0') && !allSame(d) && h.Near(s, start, m.end, words) {
				h.Add(start, m.end)
			}
		},
	}
}
