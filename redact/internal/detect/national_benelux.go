package detect

// nlBSN finds Dutch citizen service numbers: nine (or eight) digits that pass
// the eleven test with weights 9 to 2 and -1 (Logisch Ontwerp BSN). One number
// in eleven passes, so a key word must be near.
func nlBSN() Detector {
	return (&numbered{
		forms: []form{{shape: "ddd~ddd~ddd"}, {shape: "dddd~dd~ddd"}, {shape: "dddd~ddddd"}, {shape: "dddddddd"}},
		valid: func(m shaped) bool {
			d := m.bytes()
			var t [9]byte
			t[0] = '0'
			copy(t[9-len(d):], d)
			sum := weighted(t[:], 9, 8, 7, 6, 5, 4, 3, 2, -1)
			return sum%11 == 0 && !allSame(d)
		},
		words: NewWords("bsn", "bsnnummer", "bsn nummer", "bsn number", "burgerservice", "burgerservicenummer", "burgerservicenr", "burger service", "burger service nr", "sofi", "sofinummer", "sofi nummer", "citizen service", "persoonsnummer"),
	}).detector("nl_bsn", DigitsOnly)
}

// beNN finds Belgian national register numbers: birth date, serial, and 97
// minus the rest modulo 97; those born from 2000 on put a 2 before the number
// to compute it (arrêté royal du 3 avril 1984). Months may be raised by 20 or
// 40 (bis numbers).
func beNN() Detector {
	return (&numbered{
		forms: []form{
			{shape: "dd.dd.dd-ddd.dd", free: "*"},
			{shape: "dd.dd.dd-ddd-dd", free: "*"},
			{shape: "dddddd~ddd~dd", free: " -.", bare: true},
			{shape: "dddddd-ddd.dd", free: "*"},
			{shape: "dd~dd~dd~ddd~dd", free: " -."},
			{shape: "dd/dd/dd-ddd.dd", free: "*"},
			{shape: "dddddd?ddddd", free: ""},
		},
		valid: func(m shaped) bool {
			d := m.bytes()
			month, day := num(d[2:4])%20, num(d[4:6])
			if num(d[2:4]) > 52 || month > 12 || day > 31 || num(d[6:9]) == 0 || allSame(d) {
				return false
			}
			n, check := num(d[:9]), num(d[9:])
			return check == 97-n%97 || check == 97-(2_000_000_000+n)%97
		},
		words: NewWords("rijksregister", "rijksregisternummer", "rijksregisternr", "rijksregister nr", "nationalregister", "nationalregisternummer", "nationalregisternr", "registre national", "numero national", "numéro national", "nationaal nummer", "national number", "national register",
			"niss", "insz", "nn", "rrn", "bis nummer", "nrn"),
	}).detector("be_nn", DigitsOnly)
}
