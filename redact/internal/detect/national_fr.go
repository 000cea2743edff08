package detect

// frNIR finds French social security numbers (numéro d'inscription au
// répertoire): sex, year, month, department, commune, order, and a key of two
// digits, 97 minus the rest modulo 97, with 2A and 2B read as 19 and 18 (INSEE,
// décret 82-103). Without its key the number counts only with a key word near.
func frNIR() Detector {
	id := &numbered{
		forms: []form{
			{shape: "d~dd~dd~xx~ddd~ddd~dd", free: " -.", bare: true},
			{shape: "d~dd~dd~xx~ddd~ddd?dd", free: " -.", bare: true},
			{shape: "d~dd~dd~xxddd~ddd~dd", free: " -.", bare: true},
			{shape: "d~dd~dd~xx~ddd~ddd"},
			{shape: "ddddddddddddd?dd", free: "*", bare: true},
			{shape: "dddddxxdddddd?dd", free: "*", bare: true},
		},
		valid: validNIR,
		// 2A and 2B cut the run after six digits.
		gate:  gateShapes("d-dd", "dddddda", "ddddddddddddd", "ddddddddddddddd"),
		sure:  bornNIR,
		words: NewWords("nir", "insee", "secu", "sécu", "num secu", "numsecu", "securite sociale", "sécurité sociale", "social security", "numero de securite", "assure", "assuré", "carte vitale", "nss", "ssn", "n° ss", "nº ss", "n ss", "no ss", "num ss"),
	}
	d := id.detector("fr_nir", UpperAlnum)
	d.Find = func(h *Hits, s string, at int) {
		// Six digits are the number of every other order; here only Corsica's
		// letter makes sense of them.
		if c := At(s, at+6) | 0x20; h.Run == 6 && c != 'a' && c != 'b' {
			return
		}
		id.find(h, s, at)
	}
	return d
}

// bornNIR reports whether a number without a key word near may be one: with a
// month of birth and a department that exist. The ids of threads of a Linux
// process are of its length, and begin with 138 to 140: those of men born in
// these years need a key word.
func bornNIR(m shaped) bool {
	t := m.bytes()
	if month := num(t[3:5]); month < 1 || month > 12 {
		return false
	}
	if !IsDigit(t[6]) {
		return true
	}
	if year := num(t[:3]); year >= 138 && year <= 140 && len(t) == 15 {
		return false
	}
	d := num(t[5:7])
	return d >= 1 && d <= 95 && d != 20 || d >= 97
}

func validNIR(m shaped) bool {
	t := m.bytes()
	switch t[0] {
	case '1', '2', '3', '4', '7', '8':
	default:
		return false
	}
	if !allDigits(t[:5]) || !allDigits(t[7:]) {
		return false
	}
	month := num(t[3:5])
	if month < 1 || month > 12 && month < 20 || month > 42 && month < 50 {
		return false
	}
	var number [13]byte
	copy(number[:], t)
	if c := t[6]; !IsDigit(c) {
		if t[5] != '2' || c != 'A' && c != 'B' {
			return false
		}
		number[5], number[6] = '1', '9'-(c-'A')
	}
	return len(t) == 13 || 97-mod97(number[:]) == num(t[13:])
}
