package detect

// plPESEL finds Polish PESEL numbers: birth date with the century in the month,
// serial and a weighted check digit (ustawa o ewidencji ludności, art. 15–18).
// One number in ten with a date passes, so a key word must be near.
func plPESEL() Detector {
	return (&numbered{
		forms: []form{{shape: "ddddddddddd"}, {shape: "dddddd?ddddd"}},
		valid: func(m shaped) bool {
			d := m.bytes()
			sum := weighted(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
			return sum%10 == 0 && monthDay(num(d[2:4])%20, num(d[4:6]))
		},
		words: NewWords("pesel", "pesele", "nr pesel", "numer pesel", "peselnumber", "peselnr", "national id", "numer ewidencyjny", "ewidencyjny"),
	}).detector("pl_pesel", DigitsOnly)
}
