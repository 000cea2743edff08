package detect

// deTaxID finds German tax identification numbers (steuerliche
// Identifikationsnummer, § 139b AO): eleven digits that do not begin with 0, of
// the first ten one digit twice or three times, the last by ISO 7064 MOD 11,10.
func deTaxID() Detector {
	return (&numbered{
		forms: []form{{shape: "dd~ddd~ddd~ddd"}, {shape: "ddd~ddd~ddd~dd"}, {shape: "dd ddddddddd"}, {shape: "dd ddd ddd ddd", free: ""}},
		valid: func(m shaped) bool {
			d := m.bytes()
			if d[0] == '0' {
				return false
			}
			var count [10]int
			for _, c := range d[:10] {
				count[c-'0']++
			}
			repeated := 0
			for _, n := range count {
				switch {
				case n > 3:
					return false
				case n > 1:
					repeated++
				}
			}
			return repeated == 1 && mod11by10(d)
		},
		words: NewWords("steuer", "steuerid", "steuer id", "steuer idnr", "steueridnr", "steuernummer", "steuer nr", "idnr", "id nr", "tin", "tax id", "tax identification", "tax number", "taxid",
			"taxpayer", "identifikationsnummer", "steueridentifikationsnummer", "steueridentnummer", "steuer identnummer", "steueridentnr", "steuer identnr", "steuer identifikationsnummer", "steuerliche"),
	}).detector("de_tax_id", DigitsOnly)
}
