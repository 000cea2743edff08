package detect

// auTFN finds Australian tax file numbers: nine digits (eight in old ones) with
// a weighted sum divisible by 11 (ATO). One number in eleven passes, so a key
// word must be near.
func auTFN() Detector {
	return (&numbered{
		forms: []form{{shape: "ddd~ddd~ddd"}, {shape: "ddd~ddd~dd"}, {shape: "dd~ddd~ddd"}},
		valid: func(m shaped) bool {
			d := m.bytes()
			if allSame(d) {
				return false
			}
			if len(d) == 8 {
				return weighted(d, 10, 7, 8, 4, 6, 3, 5, 1)%11 == 0
			}
			return weighted(d, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0
		},
		words: NewWords("tfn", "tfns", "tfn number", "tfnnumber", "tfn no", "tax file", "taxfile", "taxfilenumber", "tax number", "tax id"),
	}).detector("au_tfn", DigitsOnly)
}

// auMedicare finds Australian Medicare card numbers: eight digits from 2 to 6
// on, a weighted check digit, an issue number and perhaps the line on the card
// (Services Australia). Written 4-5-1 the number speaks for itself.
func auMedicare() Detector {
	return (&numbered{
		forms: []form{
			{shape: "dddd ddddd d/d", free: "*"},
			{shape: "dddd ddddd d-d", free: "*"},
			{shape: "dddd~ddddd~d~d", free: "- "},
			{shape: "dddd~ddddd~d", free: "- "},
			{shape: "dddddddddd/d"},
			{shape: "dddddddddd-d"},
			{shape: "dddd~dddddd"},
		},
		valid: func(m shaped) bool {
			d := m.bytes()
			return d[0] >= '2' && d[0] <= '6' && d[9] != '0' && weighted(d[:8], 1, 3, 7, 9, 1, 3, 7, 9)%10 == int(d[8]-'0')
		},
		words: NewWords("medicare", "medicare no", "medicare number", "medicare card", "medicarenumber", "medicarecard", "irn"),
	}).detector("au_medicare", DigitsOnly)
}
