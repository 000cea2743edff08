package detect

var vinWords = NewWords("vin", "vins", "vin number", "vehicle", "chassis", "vehicle id", "vehicle identification", "fin", "fahrgestell", "fahrgestellnummer", "fgst", "vincode", "vin code", "numero chassis", "châssis", "telaio", "bastidor")

// vin finds vehicle identification numbers: seventeen letters and digits
// without I, O and Q (ISO 3779). Where a key word is near that is enough;
// without one the check digit of 49 CFR 565.15 and its other rules must hold.
func vin() Detector {
	return Detector{
		Name:        "vin",
		Group:       Personal,
		Specificity: Checked,
		Canonical:   UpperAlnum,
		Runs:        Len(17),
		Find: func(h *Hits, s string, at int) {
			if h.Run != 17 || at+17 > len(s) || !WordStart(s, at) {
				return
			}
			text := s[at : at+17]
			letters, upper, sum := 0, true, 0
			for i := range 17 {
				c := text[i]
				v := int(c - '0')
				if IsLetter(c) {
					letters++
					upper = upper && IsUpper(c)
					v = int(vinValues[Lower(c)-'a'] - '0')
					if v == 0 {
						return
					}
				}
				sum += v * vinWeights[i]
			}
			if letters < 2 || letters > 13 || !anyOf(text[13:], IsDigit) {
				return
			}
			check := byte('0' + sum%11)
			if sum%11 == 10 {
				check = 'X'
			}
			telling := upper && text[8] == check && RunEnd(text, 13, 4, IsDigit) == 17 && vinYear(text[9]) && letters >= 3 && !isGlued(s, at, at+17)
			if h.Near(s, at, at+17, vinWords) || telling {
				h.Add(at, at+17)
			}
		},
	}
}

// vinValues are the transliterations of a to z; 0 marks the letters that are
// not allowed.
const vinValues = "12345678012345070923456789"

var vinWeights = [17]int{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2}

// vinYear reports a code of the model year.
func vinYear(c byte) bool {
	return c != 'U' && c != 'Z' && c != '0'
}
