package detect

// ukNHS finds NHS numbers of England, Wales and the Isle of Man: ten digits,
// often 3-3-4, with a modulus 11 check digit (NHS Data Dictionary, "NHS
// NUMBER"). One number in eleven passes, so a key word must be near.
func ukNHS() Detector {
	return (&numbered{
		forms: []form{{shape: "ddd~ddd~dddd"}},
		valid: func(m shaped) bool {
			d := m.bytes()
			check := 11 - weighted(d, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
			if check == 11 {
				check = 0
			}
			return check == int(d[9]-'0') && !allSame(d)
		},
		words: NewWords("nhs", "nhsno", "nhsnum", "nhsnumber", "national health", "patient id", "patient no", "patient number", "patientnumber"),
	}).detector("uk_nhs", DigitsOnly)
}

// ukNINO finds UK national insurance numbers: two prefix letters, six digits
// and a suffix A to D (HMRC NIM39110). The prefix QQ is HMRC's own example.
func ukNINO() Detector {
	words := NewWords("nino", "ninos", "ni no", "ni num", "ni number", "nin", "ninumber", "national insurance", "nat ins", "nationalinsurance", "insurance number", "insurance no")
	valid := func(prefix1, prefix2 byte) bool {
		if prefix1 == 'Q' && prefix2 == 'Q' {
			return true
		}
		switch prefix1 {
		case 'D', 'F', 'I', 'Q', 'U', 'V':
			return false
		}
		switch prefix2 {
		case 'D', 'F', 'I', 'O', 'Q', 'U', 'V':
			return false
		}
		switch string([]byte{prefix1, prefix2}) {
		case "BG", "GB", "KN", "NK", "NT", "TN", "ZZ":
			return false
		}
		return true
	}
	return Detector{
		Name:        "uk_nino",
		Group:       NationalIDs,
		Specificity: Checked,
		Canonical:   UpperAlnum,
		Digits:      Len(2, 3, 6),
		Gate:        gateShapes("dd-dd", "ddd-ddd", "dddddd-a"),
		Runs:        Len(7, 8, 9),
		Find: func(h *Hits, s string, at int) {
			start := at
			if IsDigit(s[at]) {
				// AB 12 34 56 C
				start = at - 3
			}
			if start < 0 || !IsLetter(s[start]) || !IsLetter(At(s, start+1)) || !WordStart(s, start) {
				return
			}
			var m shaped
			if m.match(s, start, "aa~dd~dd~dd") && WordEnd(s, m.end) && valid(m.text[0], m.text[1]) && At(s, m.end) != ' ' && At(s, m.end) != '-' && h.Near(s, start, m.end, words) {
				// The suffix is often left out.
				h.Add(start, m.end)
				return
			}
			if m.match(s, start, "aa~ddd~ddd~a") && WordEnd(s, m.end) && m.text[8] <= 'D' && valid(m.text[0], m.text[1]) && h.Near(s, start, m.end, words) {
				h.Add(start, m.end)
				return
			}
			if !m.match(s, start, "aa~dd~dd~dd~a") && !m.match(s, start, "aa?dddddd?a") {
				return
			}
			if m.text[8] > 'D' || !WordEnd(s, m.end) || !valid(m.text[0], m.text[1]) {
				return
			}
			// Lower case is common in hashes and names of pods.
			upper := IsUpper(s[start]) && IsUpper(s[start+1]) && IsUpper(s[m.end-1])
			if h.Near(s, start, m.end, words) || upper && m.sep != '+' && m.sep != '/' && !isGlued(s, start, m.end) {
				h.Add(start, m.end)
			}
		},
	}
}

// isGlued reports whether a dash or underscore joins s[start:end] to more
// letters and digits, as in a part number or the name of a host.
func isGlued(s string, start, end int) bool {
	joins := func(c byte) bool { return c == '-' || c == '_' }
	return joins(At(s, start-1)) && IsAlnum(At(s, start-2)) || joins(At(s, end)) && IsAlnum(At(s, end+1))
}
