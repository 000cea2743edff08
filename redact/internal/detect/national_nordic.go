package detect

// sePersonnummer finds Swedish personal identity and coordination numbers:
// birth date (day plus 60 for coordination), serial and a Luhn digit over the
// last ten (Skatteverket SKV 704). A date in the life of the log needs a key
// word near: 240115-1234 is how files and orders are numbered too.
func sePersonnummer() Detector {
	words := NewWords("personnummer", "person nummer", "personnr", "person nr", "persnr", "pers nr", "pnr", "p nr", "pno", "personal number", "personal identity", "personal id", "samordningsnummer", "samordning",
		"swedish id", "identity number", "id number", "ssn", "national id")
	return Detector{
		Name:        "se_personnummer",
		Group:       NationalIDs,
		Specificity: Checked,
		Canonical:   DigitsOnly,
		Digits:      Len(6, 8, 10, 12),
		Gate:        gateShapes("dddddd-dddd", "dddddddd-dddd", "dddddddddd", "dddddddddddd"),
		Find: func(h *Hits, s string, at int) {
			if !WordStart(s, at) {
				return
			}
			var m shaped
			switch {
			case h.Run == 6 || h.Run == 10:
				if !m.match(s, at, "dddddd?dddd") {
					return
				}
			case !m.match(s, at, "dddddddd?dddd"):
				return
			}
			t := m.bytes()
			century := 0
			if len(t) == 12 {
				century = num(t[:2])
				if century < 18 || century > 20 {
					return
				}
				t = t[2:]
			}
			day := num(t[4:6])
			if day > 60 {
				day -= 60
			}
			if !monthDay(num(t[2:4]), day) || !Luhn(t) || !h.alone(s, at, m.end, 0, words) {
				return
			}
			sep := s[m.end-5]
			year := num(t[:2])
			telling := false
			switch {
			case IsDigit(sep):
				telling = century == 19 && year >= 20
			case sep == '-':
				telling = century == 19 || century == 0 && year >= 30
			case sep == '+':
				telling = true
			}
			if h.Near(s, at, m.end, words) || telling && !isGlued(s, at, m.end) {
				h.Add(at, m.end)
			}
		},
	}
}

// fiCheck are the check characters of a Finnish personal identity code, by the
// nine digits modulo 31.
const fiCheck = "0123456789ABCDEFHJKLMNPRSTUVWXY"

// fiHETU finds Finnish personal identity codes: birth date, century sign (+,
// - or U–Y, A–F since 2023), individual number and check character (Digital
// and Population Data Services Agency, henkilötunnus).
func fiHETU() Detector {
	words := NewWords("hetu", "henkilotunnus", "henkilötunnus", "hlötunnus", "hlotunnus", "henkilo", "henkil", "sotu", "personbeteckning", "personal identity", "ssn", "national id", "id code")
	return Detector{
		Name:        "fi_hetu",
		Group:       NationalIDs,
		Specificity: Checked,
		Canonical:   UpperAlnum,
		Digits:      Len(6),
		Gate:        gateShapes("dddddd-ddd", "dddddd-dddd"),
		Runs:        Len(11),
		Find: func(h *Hits, s string, at int) {
			if at+11 > len(s) || !WordStart(s, at) || !WordEnd(s, at+11) {
				return
			}
			sign := s[at+6]
			switch upper := sign &^ 0x20; {
			case sign == '-' || sign == '+':
			case IsLetter(sign) && (upper >= 'A' && upper <= 'F' || upper >= 'U' && upper <= 'Y'):
			default:
				return
			}
			var digits [9]byte
			copy(digits[:6], s[at:])
			copy(digits[6:], s[at+7:at+10])
			if !allDigits(digits[:]) || !monthDay(num(digits[2:4]), num(digits[:2])) {
				return
			}
			check := s[at+10]
			if IsLetter(check) {
				check &^= 0x20
			}
			if fiCheck[num(digits[:])%31] != check || num(digits[6:]) < 2 {
				return
			}
			// All digits but the dash is also how orders and files are named, by a
			// date of the life of the log, and lower case how hashes are written.
			telling := !isGlued(s, at, at+11) && (IsUpper(sign) || IsUpper(s[at+10]) || sign == '+' || sign == '-' && IsDigit(check) && num(digits[4:6]) >= 30)
			if h.Near(s, at, at+11, words) || telling {
				h.Add(at, at+11)
			}
		},
	}
}
