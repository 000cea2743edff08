package detect

// itCF finds Italian fiscal codes: sixteen letters and digits with surname,
// name, year, month letter, day, municipality and a check letter (DM 23
// December 1976). Digits may be replaced by the letters of omocodia.
func itCF() Detector {
	return Detector{
		Name:        "it_cf",
		Group:       NationalIDs,
		Specificity: Checked,
		Canonical:   UpperAlnum,
		// Sixteen together, or the five of the date of birth behind a
		// separator, alone or with what stands before or behind it.
		Runs: Len(5, 10, 11, 16),
		Find: func(h *Hits, s string, at int) {
			var m shaped
			start := at
			switch h.Run {
			case 5, 10:
				start = at - 8
				if start < 0 || !m.match(s, start, "aaa~aaa~xxaxx~axxxa") {
					start = at - 7
					if start < 0 || !m.match(s, start, "aaaaaa?xxaxx?axxxa") {
						return
					}
				}
			default:
				if !m.match(s, at, "aaaaaaxxaxx?axxxa") {
					return
				}
			}
			if WordStart(s, start) && WordEnd(s, m.end) && validCF(m.bytes()) {
				h.Add(start, m.end)
			}
		},
	}
}

// cfOdd are the values of 0–9 and A–Z at odd positions; a digit and the letter
// of the same index share one.
var cfOdd = [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}

// cfOmocodia are the letters that stand for the digits 0–9.
const cfOmocodia = "LMNPQRSTUV"

func validCF(t []byte) bool {
	digit := func(c byte) int {
		if IsDigit(c) {
			return int(c - '0')
		}
		for i := range len(cfOmocodia) {
			if cfOmocodia[i] == c {
				return i
			}
		}
		return -1
	}
	for _, i := range [...]int{6, 7, 9, 10, 12, 13, 14} {
		if digit(t[i]) < 0 {
			return false
		}
	}
	switch t[8] {
	case 'A', 'B', 'C', 'D', 'E', 'H', 'L', 'M', 'P', 'R', 'S', 'T':
	default:
		return false
	}
	day := digit(t[9])*10 + digit(t[10])
	if day > 40 {
		day -= 40
	}
	if day < 1 || day > 31 {
		return false
	}
	sum := 0
	for i, c := range t[:15] {
		v := int(c - 'A')
		if IsDigit(c) {
			v = int(c - '0')
		}
		if i%2 == 0 {
			v = cfOdd[v]
		}
		sum += v
	}
	return byte('A'+sum%26) == t[15]
}
