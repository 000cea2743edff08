package detect

// caSIN finds Canadian social insurance numbers: nine digits with a Luhn digit
// (ESDC Code of Practice). 0 begins the documented fictitious numbers and 8
// none. One number in ten passes, so a key word must be near.
func caSIN() Detector {
	return (&numbered{
		forms: []form{{shape: "ddd~ddd~ddd"}},
		valid: func(m shaped) bool {
			d := m.bytes()
			return d[0] != '8' && Luhn(d) && !allSame(d)
		},
		words: NewWords("sin", "sin number", "sin no", "sinnumber", "social insurance", "socialinsurance", "social ins", "assurance sociale", "nas", "numero d assurance", "numéro d'assurance", "numéro d assurance",
			"canadian sin", "itn", "tax id"),
	}).detector("ca_sin", DigitsOnly)
}
