package detect

// zaID finds South African identity numbers: birth date, sequence, citizenship
// (0 to 2), a digit that is 8 or 9 since 1986, and a Luhn digit. Milliseconds
// since 1970 have thirteen digits too, so a key word must be near.
func zaID() Detector {
	return (&numbered{
		forms: []form{{shape: "dddddd~dddd~ddd"}, {shape: "dddddd~dddd~dd~d"}, {shape: "dddddd dddd dd d"}},
		valid: func(m shaped) bool {
			d := m.bytes()
			return monthDay(num(d[2:4]), num(d[4:6])) && d[10] <= '2' && Luhn(d)
		},
		words: NewWords("id number", "id num", "id no", "idno", "idnumber", "identity number", "identity no", "identity document", "sa id", "rsa id", "rsaid", "za id", "zaid",
			"south african", "south africa", "national id", "nationalid", "identitynumber", "id nommer", "identiteitsnommer"),
	}).detector("za_id", DigitsOnly)
}
