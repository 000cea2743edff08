package detect

// brCPF finds Brazilian individual taxpayer numbers: nine digits and two check
// digits (Receita Federal, IN RFB 1548/2015). Written 000.000.000-00 the
// number speaks for itself; eleven bare digits need a key word near.
func brCPF() Detector {
	return (&numbered{
		forms: []form{
			{shape: "ddd.ddd.ddd-dd", free: "*"},
			{shape: "ddddddddd-dd", free: "*"},
			{shape: "ddd~ddd~ddd~dd", free: "-"},
			{shape: "ddd.ddd.ddd/dd", free: "*"},
		},
		valid: func(m shaped) bool {
			d := m.bytes()
			check := func(n int) byte {
				sum := 0
				for i := range n {
					sum += int(d[i]-'0') * (n + 1 - i)
				}
				return byte('0' + sum*10%11%10)
			}
			return !allSame(d) && check(9) == d[9] && check(10) == d[10]
		},
		words: NewWords("cpf", "cpfs", "cpf number", "cpfnumber", "cpf cnpj", "cpfcnpj", "cadastro de pessoa", "cadastro", "pessoa fisica", "documento", "tax id", "taxpayer", "contribuinte", "titular"),
	}).detector("br_cpf", DigitsOnly)
}

// brCNPJ finds Brazilian company numbers: a root of eight, a branch of four and
// two check digits. Root and branch may hold letters (IN RFB 2229/2024), worth
// their ASCII code minus 48.
func brCNPJ() Detector {
	words := NewWords("cnpj", "cnpjs", "cnpj number", "cpf cnpj", "cpfcnpj", "cadastro nacional", "cadastro", "pessoa juridica", "tax id", "empresa")
	return Detector{
		Name:        "br_cnpj",
		Group:       NationalIDs,
		Specificity: Checked,
		Canonical:   UpperAlnum,
		Digits:      Len(4, 8, 12, 14),
		// A number in groups is met at its branch: the groups before it are
		// too common to stop at, and may be letters.
		Gate: gateShapes("dddd-dd", "dddddddd/dddd", "dddddddddddd-dd", "dddddddddddddd"),
		// Where letters make the branch, it is met at the group before or the
		// one before that.
		Runs: Len(3, 4, 8, 12, 14),
		// One of letters alone is met at its name.
		Literals: FoldLiterals("cnpj"),
		Key:      func(key string) bool { return words.In(key) },
		Find: func(h *Hits, s string, at int) {
			var m shaped
			if h.ByKey || HasFold(s[at:], "cnpj") {
				h.spend(2)
				for i := at; i < min(len(s), at+cnpjReach); i++ {
					if IsAlnum(s[i]) && WordStart(s, i) && (m.match(s, i, "xx.xxx.xxx/xxxx-dd") || m.match(s, i, "xxxxxxxx/xxxx-dd")) &&
						WordEnd(s, m.end) && validCNPJ(m.bytes()) {
						h.tell(i)
						h.Add(i, m.end)
						return
					}
				}
				return
			}
			ok := false
			telling := false
			switch h.Run {
			case 3:
				switch At(s, at+3) {
				case '.':
					at -= 3
				case '/':
					at -= 7
				default:
					return
				}
				if at < 0 || At(s, at+2) != '.' {
					return
				}
				ok = m.match(s, at, "xx.xxx.xxx/xxxx-dd")
				telling = true
			case 4:
				if at < 11 || !isGroupSep(s[at-1]) || !isGroupSep(s[at-5]) || !isGroupSep(s[at-9]) {
					return
				}
				at -= 11
				telling = true
				ok = m.match(s, at, "xx.xxx.xxx/xxxx-dd") || m.match(s, at, "xx~xxx~xxx~xxxx~dd")
			case 8: // as long as the hashes that names of pods end with
				telling = true
				ok = At(s, at+8) == '/' && m.match(s, at, "xxxxxxxx/xxxx-dd")
			case 12:
				ok = At(s, at+12) == '-' && m.match(s, at, "xxxxxxxxxxxx-dd")
			case 14:
				ok = m.match(s, at, "xxxxxxxxxxxxdd")
			}
			if !ok || !WordStart(s, at) {
				return
			}
			t := m.bytes()
			if !validCNPJ(t) || !h.alone(s, at, m.end, m.sep, words) {
				return
			}
			// A thread of a pool is written like the last two: qtp622818072-56.
			if !telling && allDigits(t) {
				// The first branch of a company, which most numbers name.
				telling = string(t[8:12]) == "0001"
			}
			if h.Near(s, at, m.end, words) || telling {
				h.Add(at, m.end)
			}
		},
	}
}

// cnpjReach bounds the bytes from the name of a number to its beginning.
const cnpjReach = 20

func validCNPJ(t []byte) bool {
	if allSame(t[:12]) {
		return false
	}
	check := func(n int) byte {
		sum := 0
		for i := range n {
			sum += int(t[i]-'0') * (2 + (n-1-i)%8)
		}
		if r := sum % 11; r >= 2 {
			return byte('0' + 11 - r)
		}
		return '0'
	}
	return check(12) == t[12] && check(13) == t[13]
}
