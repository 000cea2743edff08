package redact

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
)

// sensitive makes values of one detector by the published rule of its kind,
// none of which belongs to anybody but by chance.
type sensitive struct {
	detector string
	// labels are what people and programs call the value.
	labels []string
	// telling values are found without a label too.
	telling bool
	make    func(r *rand.Rand) string
}

const (
	digits10   = "0123456789"
	lowerHex   = "0123456789abcdef"
	upperAZ    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	upperAlnum = upperAZ + digits10
	alnum      = upperAlnum + "abcdefghijklmnopqrstuvwxyz"
	urlSafe    = alnum + "-_"
	base64Std  = alnum + "+/"
)

func randomText(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

// grouped writes digits in groups of the sizes, joined by sep.
func grouped(s, sep string, sizes ...int) string {
	var parts []string
	for _, n := range sizes {
		parts = append(parts, s[:n])
		s = s[n:]
	}
	return strings.Join(append(parts, s), sep)
}

func sumOf(s string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return sum
}

func luhnDigit(s string) string {
	for d := range 10 {
		sum, full := 0, s+string(rune('0'+d))
		for i := range len(full) {
			v := int(full[len(full)-1-i] - '0')
			if i%2 == 1 {
				if v *= 2; v > 9 {
					v -= 9
				}
			}
			sum += v
		}
		if sum%10 == 0 {
			return full
		}
	}
	panic("no luhn digit")
}

func bigMod(s string, m int64) int64 {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic(s)
	}
	return new(big.Int).Mod(n, big.NewInt(m)).Int64()
}

// date returns a year from 1930 to 2004, a month and a day that every month has.
func date(r *rand.Rand) (y, m, d int) { return 1930 + r.IntN(75), 1 + r.IntN(12), 1 + r.IntN(28) }

// until retries a rule that some draws do not satisfy.
func until(f func() (string, bool)) string {
	for {
		if s, ok := f(); ok {
			return s
		}
	}
}

func prefixed(detector string, labels []string, f func(r *rand.Rand) string) sensitive {
	return sensitive{detector: detector, labels: labels, telling: true, make: f}
}

// tokenLabels are what a key is called.
var tokenLabels = []string{"key", "value", "credential used", "config"}

func makeIBAN(r *rand.Rand) string {
	bban := map[string]func() string{
		"DE": func() string { return randomText(r, digits10, 18) },
		"GB": func() string { return randomText(r, upperAZ, 4) + randomText(r, digits10, 14) },
		"FR": func() string {
			return randomText(r, digits10, 10) + randomText(r, upperAlnum, 11) + randomText(r, digits10, 2)
		},
		"NL": func() string { return randomText(r, upperAZ, 4) + randomText(r, digits10, 10) },
		"ES": func() string { return randomText(r, digits10, 20) },
		"IT": func() string {
			return randomText(r, upperAZ, 1) + randomText(r, digits10, 10) + randomText(r, upperAlnum, 12)
		},
		"NO": func() string { return randomText(r, digits10, 11) },
		"PL": func() string { return randomText(r, digits10, 24) },
		"CH": func() string { return randomText(r, digits10, 5) + randomText(r, upperAlnum, 12) },
		"BE": func() string { return randomText(r, digits10, 12) },
		"MT": func() string {
			return randomText(r, upperAZ, 4) + randomText(r, digits10, 5) + randomText(r, upperAlnum, 18)
		},
		"SA": func() string { return randomText(r, digits10, 2) + randomText(r, upperAlnum, 18) },
		"AE": func() string { return randomText(r, digits10, 19) },
		"TR": func() string { return randomText(r, digits10, 6) + randomText(r, upperAlnum, 16) },
		"SE": func() string { return randomText(r, digits10, 20) },
	}
	country := pick(r, "DE", "GB", "FR", "NL", "ES", "IT", "NO", "PL", "CH", "BE", "MT", "SA", "AE", "TR", "SE")
	body := bban[country]()
	var number strings.Builder
	for _, c := range body + country + "00" {
		if c >= 'A' {
			fmt.Fprint(&number, int(c-'A')+10)
		} else {
			number.WriteRune(c)
		}
	}
	iban := fmt.Sprintf("%s%02d%s", country, 98-bigMod(number.String(), 97), body)
	switch r.IntN(5) {
	case 0, 1:
		var parts []string
		sep := pick(r, " ", " ", "-")
		for len(iban) > 4 {
			parts, iban = append(parts, iban[:4]), iban[4:]
		}
		return strings.Join(append(parts, iban), sep)
	case 2:
		return strings.ToLower(iban)
	}
	return iban
}

func makeSSN(r *rand.Rand) string {
	area := 1 + r.IntN(898)
	if area == 666 {
		area++
	}
	return fmt.Sprintf("%03d%02d%04d", area, 1+r.IntN(99), 1+r.IntN(9999))
}

func makeVerhoeff(r *rand.Rand) string {
	// The check digit is found by trial: the rule itself is the detector's.
	mul := func(a, b int) int {
		if a < 5 && b < 5 {
			return (a + b) % 5
		}
		if a < 5 {
			return 5 + (a+b)%5
		}
		if b < 5 {
			return 5 + (a-b+5)%5
		}
		return (a - b + 10) % 5
	}
	perm := func(pos, d int) int {
		for range pos % 8 {
			d = [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}[d]
		}
		return d
	}
	body := string(rune('2'+r.IntN(8))) + randomText(r, digits10, 10)
	for d := range 10 {
		s, c := body+string(rune('0'+d)), 0
		for i := range len(s) {
			c = mul(c, perm(i, int(s[len(s)-1-i]-'0')))
		}
		if c == 0 {
			return s
		}
	}
	panic("no verhoeff digit")
}

func makeBase58(r *rand.Rand) string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	payload := make([]byte, 21)
	for i := range payload {
		payload[i] = byte(r.IntN(256))
	}
	payload[0] = byte(5 * r.IntN(2))
	sum := sha256.Sum256(payload)
	sum = sha256.Sum256(sum[:])
	full := slices.Concat(payload, sum[:4])
	n := new(big.Int).SetBytes(full)
	var out []byte
	for n.Sign() > 0 {
		m := new(big.Int)
		n.DivMod(n, big.NewInt(58), m)
		out = append([]byte{alphabet[m.Int64()]}, out...)
	}
	for _, b := range full {
		if b != 0 {
			break
		}
		out = append([]byte{'1'}, out...)
	}
	return string(out)
}

func makeBech32(r *rand.Rand) string {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	values := []byte{0}
	for range 32 {
		values = append(values, byte(r.IntN(32)))
	}
	final := uint32(1)
	if r.IntN(2) == 0 {
		values[0], final = 1, 0x2bc830a3
		for range 20 {
			values = append(values, byte(r.IntN(32)))
		}
	}
	polymod := func(v []byte) uint32 {
		chk := uint32(1)
		for _, b := range v {
			top := chk >> 25
			chk = chk&0x1ffffff<<5 ^ uint32(b)
			for i, g := range []uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
				if top>>i&1 == 1 {
					chk ^= g
				}
			}
		}
		return chk
	}
	expanded := append([]byte{3, 3, 0, 2, 3}, values...)
	mod := polymod(append(expanded, 0, 0, 0, 0, 0, 0)) ^ final
	out := "bc1"
	for _, v := range values {
		out += alphabet[v : v+1]
	}
	for i := range 6 {
		v := mod >> (5 * (5 - i)) & 31
		out += alphabet[v : v+1]
	}
	return out
}

func makeCF(r *rand.Rand) string {
	odd := [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	y, _, d := date(r)
	if r.IntN(2) == 0 {
		d += 40
	}
	s := randomText(r, upperAZ, 6) + fmt.Sprintf("%02d", y%100) + pick(r, "A", "B", "C", "D", "E", "H", "L", "M", "P", "R", "S", "T") +
		fmt.Sprintf("%02d", d) + pick(r, "A", "F", "H", "L", "Z") + randomText(r, digits10, 3)
	sum := 0
	for i := range len(s) {
		v := int(s[i] - 'A')
		if s[i] <= '9' {
			v = int(s[i] - '0')
		}
		if i%2 == 0 {
			v = odd[v]
		}
		sum += v
	}
	return s + string(rune('A'+sum%26))
}

func makeCNPJ(r *rand.Rand, alphabet string) string {
	s := randomText(r, alphabet, 8) + pick(r, "0001", "0001", "0002", "0113")
	for range 2 {
		sum := 0
		for i := range len(s) {
			sum += int(s[i]-'0') * (2 + (len(s)-1-i)%8)
		}
		c := byte('0')
		if m := sum % 11; m >= 2 {
			c = byte('0' + 11 - m)
		}
		s += string(rune(c))
	}
	return s
}

// sensitives lists a maker per detector; those that the engine's structured
// detectors cover are here too, since all stand in one corpus.
func sensitives() []sensitive {
	list := []sensitive{
		{"iban", []string{"iban", "IBAN", "account"}, true, makeIBAN},
		{"us_ssn", []string{"ssn", "SSN", "social security number", "social_security_number", "socialSecurityNumber"}, false, func(r *rand.Rand) string {
			s := makeSSN(r)
			return pick(r, s, grouped(s, "-", 3, 2), grouped(s, "-", 3, 2), grouped(s, " ", 3, 2), grouped(s, ".", 3, 2))
		}},
		{"us_ssn", []string{"applicant", "id"}, true, func(r *rand.Rand) string { return grouped(makeSSN(r), "-", 3, 2) }},
		{"us_itin", []string{"itin", "ITIN", "taxpayer id"}, false, func(r *rand.Rand) string {
			s := fmt.Sprintf("9%02d%02d%04d", r.IntN(100), pickInt(r, 50, 65, 70, 88, 90, 92, 94, 99), r.IntN(10000))
			return pick(r, s, grouped(s, "-", 3, 2), grouped(s, " ", 3, 2))
		}},
		{"uk_nhs", []string{"nhs", "NHS number", "nhs_number", "nhsNumber", "NHS No"}, false, func(r *rand.Rand) string {
			return until(func() (string, bool) {
				s := randomText(r, digits10, 9)
				c := 11 - sumOf(s, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11
				if c == 11 {
					c = 0
				}
				s += fmt.Sprint(c)
				return pick(r, s, grouped(s+"", " ", 3, 3), grouped(s, "-", 3, 3)), c != 10
			})
		}},
		{"uk_nino", []string{"nino", "NI number", "national_insurance_number", "nationalInsuranceNumber"}, true, func(r *rand.Rand) string {
			s := pick(r, "AB", "CE", "HJ", "JG", "LM", "PR", "SX", "WK", "QQ", "AA") + randomText(r, digits10, 6) + pick(r, "A", "B", "C", "D")
			return pick(r, s, s, grouped(s, " ", 2, 2, 2, 2), grouped(s, "-", 2, 2, 2, 2), s[:2]+" "+s[2:8]+" "+s[8:])
		}},
		{"fr_nir", []string{"nir", "numéro de sécurité sociale", "num_secu", "INSEE", "social security"}, true, func(r *rand.Rand) string {
			s := fmt.Sprintf("%d%02d%02d%02d%03d%03d", 1+r.IntN(2), r.IntN(100), 1+r.IntN(12), 1+r.IntN(95), 1+r.IntN(900), 1+r.IntN(998))
			s += fmt.Sprintf("%02d", 97-bigMod(s, 97))
			return pick(r, s, grouped(s, " ", 1, 2, 2, 2, 3, 3), s[:13]+" "+s[13:], grouped(s, "-", 1, 2, 2, 2, 3, 3), grouped(s, ".", 1, 2, 2, 2, 3, 3))
		}},
		{"de_tax_id", []string{"steuer-id", "Steuer-ID", "IdNr", "steuerliche_id", "tax id", "steueridentifikationsnummer", "tax_id"}, false, func(r *rand.Rand) string {
			return until(func() (string, bool) {
				perm := r.Perm(10)
				b := make([]byte, 10)
				for i := range b {
					b[i] = byte('0' + perm[i])
				}
				// One digit twice, one not at all.
				i, j := r.IntN(10), r.IntN(10)
				b[i] = b[j]
				p := 10
				for _, c := range b {
					v := (int(c-'0') + p) % 10
					if v == 0 {
						v = 10
					}
					p = v * 2 % 11
				}
				s := string(b) + fmt.Sprint((11-p)%10)
				return pick(r, s, grouped(s, " ", 2, 3, 3)), i != j && b[0] != '0'
			})
		}},
		{"es_dni", []string{"dni", "DNI", "nif", "documento"}, true, func(r *rand.Rand) string {
			n := 10_000_000 + r.IntN(9_000_000)
			l := string("TRWAGMYFPDXBNJZSQVHLCKE"[n%23])
			return pick(r, fmt.Sprintf("%08d%s", n, l), fmt.Sprintf("%08d-%s", n, l))
		}},
		{"es_dni", []string{"dni", "DNI", "nif"}, false, func(r *rand.Rand) string {
			n := r.IntN(100_000_000)
			s := fmt.Sprintf("%08d", n)
			l := string("TRWAGMYFPDXBNJZSQVHLCKE"[n%23])
			return pick(r, s+l, s+strings.ToLower(l), s+" "+l, grouped(s, ".", 2, 3)+"-"+l)
		}},
		{"es_nie", []string{"nie", "NIE", "documento"}, true, func(r *rand.Rand) string {
			x, n := r.IntN(3), r.IntN(10_000_000)
			l := "TRWAGMYFPDXBNJZSQVHLCKE"[(x*10_000_000+n)%23]
			return fmt.Sprintf(pick(r, "%c%07d%c", "%c-%07d-%c", "%c%07d-%c"), 'X'+x, n, l)
		}},
		{"it_cf", []string{"cf", "codice fiscale", "codiceFiscale"}, true, func(r *rand.Rand) string {
			s := makeCF(r)
			return pick(r, s, s, strings.ToLower(s), grouped(s, " ", 3, 3, 5))
		}},
		{"nl_bsn", []string{"bsn", "BSN", "burgerservicenummer", "bsn_number", "sofinummer"}, false, func(r *rand.Rand) string {
			return until(func() (string, bool) {
				s := randomText(r, digits10, 8)
				c := sumOf(s, 9, 8, 7, 6, 5, 4, 3, 2) % 11
				s += fmt.Sprint(c)
				return pick(r, s, s, grouped(s, ".", 4, 2), grouped(s, " ", 3, 3)), c < 10
			})
		}},
		{"be_nn", []string{"rijksregisternummer", "NISS", "numéro national", "national number"}, true, func(r *rand.Rand) string {
			y, m, d := date(r)
			s := fmt.Sprintf("%02d%02d%02d%03d", y%100, m, d, 1+r.IntN(997))
			full := s
			if y >= 2000 {
				full = "2" + s
			}
			s += fmt.Sprintf("%02d", 97-bigMod(full, 97))
			return pick(r, s, s[:2]+"."+s[2:4]+"."+s[4:6]+"-"+s[6:9]+"."+s[9:], s[:6]+"-"+s[6:9]+"-"+s[9:], s[:6]+" "+s[6:9]+" "+s[9:])
		}},
		{"se_personnummer", []string{"personnummer", "pnr", "personal number", "person_nr"}, false, func(r *rand.Rand) string {
			y, m, d := date(r)
			s := luhnDigit(fmt.Sprintf("%02d%02d%02d%03d", y%100, m, d, r.IntN(1000)))
			century := fmt.Sprint(y / 100)
			return pick(r, s, s[:6]+"-"+s[6:], century+s, century+s[:6]+"-"+s[6:])
		}},
		{"za_id", []string{"ID number", "id_number", "SA ID", "identity number", "rsa_id"}, false, func(r *rand.Rand) string {
			y, m, d := date(r)
			s := luhnDigit(fmt.Sprintf("%02d%02d%02d%04d%d8", y%100, m, d, r.IntN(10000), r.IntN(2)))
			return pick(r, s, s, grouped(s, " ", 6, 4, 2))
		}},
		{"ca_sin", []string{"sin", "SIN", "social insurance number", "socialInsuranceNumber"}, false, func(r *rand.Rand) string {
			s := luhnDigit(fmt.Sprint(1+r.IntN(7)) + randomText(r, digits10, 7))
			return pick(r, s, grouped(s, "-", 3, 3), grouped(s, " ", 3, 3))
		}},
		{"fi_hetu", []string{"hetu", "henkilötunnus", "personal identity code"}, false, func(r *rand.Rand) string {
			y, m, d := date(r)
			sign := "-"
			if y >= 2000 {
				sign = "A"
			}
			serial := 2 + r.IntN(897)
			c := "0123456789ABCDEFHJKLMNPRSTUVWXY"[(d*10_000_000+m*100_000+y%100*1000+serial)%31]
			return fmt.Sprintf("%02d%02d%02d%s%03d%c", d, m, y%100, sign, serial, c)
		}},
		{"pl_pesel", []string{"pesel", "PESEL", "nr_pesel"}, false, func(r *rand.Rand) string {
			y, m, d := date(r)
			if y >= 2000 {
				m += 20
			}
			s := fmt.Sprintf("%02d%02d%02d%04d", y%100, m, d, r.IntN(10000))
			return s + fmt.Sprint((10-sumOf(s, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3)%10)%10)
		}},
		{"br_cpf", []string{"cpf", "CPF", "documento"}, true, func(r *rand.Rand) string {
			s := randomText(r, digits10, 9)
			for range 2 {
				sum := 0
				for i := range len(s) {
					sum += int(s[i]-'0') * (len(s) + 1 - i)
				}
				s += fmt.Sprint(sum * 10 % 11 % 10)
			}
			return s[:3] + "." + s[3:6] + "." + s[6:9] + "-" + s[9:]
		}},
		{"br_cnpj", []string{"cnpj", "CNPJ"}, true, func(r *rand.Rand) string {
			s := makeCNPJ(r, pick(r, digits10, upperAlnum))
			return s[:2] + "." + s[2:5] + "." + s[5:8] + "/" + s[8:12] + "-" + s[12:]
		}},
		{"br_cnpj", []string{"cnpj", "CNPJ"}, false, func(r *rand.Rand) string { return makeCNPJ(r, digits10) }},
		{"in_aadhaar", []string{"aadhaar", "Aadhaar number", "aadhar_no", "UIDAI"}, false, func(r *rand.Rand) string {
			s := makeVerhoeff(r)
			return pick(r, s, grouped(s, " ", 4, 4), grouped(s, "-", 4, 4))
		}},
		{"in_pan", []string{"pan", "PAN", "pan_number", "permanent account number"}, true, func(r *rand.Rand) string {
			return randomText(r, upperAZ, 3) + pick(r, "P", "C", "H", "F", "T") + randomText(r, upperAZ, 1) + fmt.Sprintf("%04d", 1+r.IntN(9999)) + randomText(r, upperAZ, 1)
		}},
		{"au_tfn", []string{"tfn", "TFN", "tax file number"}, false, func(r *rand.Rand) string {
			return until(func() (string, bool) {
				s := randomText(r, digits10, 9)
				return pick(r, s, grouped(s, " ", 3, 3), grouped(s, "-", 3, 3)), sumOf(s, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0 && s != "000000000"
			})
		}},
		{"au_medicare", []string{"medicare", "Medicare number", "medicare_card"}, false, func(r *rand.Rand) string {
			s := fmt.Sprint(2+r.IntN(5)) + randomText(r, digits10, 7)
			s += fmt.Sprint(sumOf(s, 1, 3, 7, 9, 1, 3, 7, 9)%10) + fmt.Sprint(1+r.IntN(9))
			return pick(r, s, grouped(s, " ", 4, 5), grouped(s, "-", 4, 5), s+fmt.Sprint(1+r.IntN(9)))
		}},
		{"cn_resident_id", []string{"id card", "身份证", "resident identity"}, true, func(r *rand.Rand) string {
			y, m, d := date(r)
			s := pick(r, "110105", "310101", "440305", "510104") + fmt.Sprintf("%04d%02d%02d%03d", y, m, d, r.IntN(1000))
			return s + string("10X98765432"[sumOf(s, 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)%11])
		}},
		{"us_aba", []string{"routing number", "aba", "ABA", "routing_number", "routingNumber"}, false, func(r *rand.Rand) string {
			s := pick(r, "01", "02", "07", "11", "12", "26", "31") + fmt.Sprintf("%06d", 1+r.IntN(999_999))
			return s + fmt.Sprint((10-sumOf(s, 3, 7, 1, 3, 7, 1, 3, 7)%10)%10)
		}},
		{"us_npi", []string{"npi", "NPI", "provider npi", "npi_number"}, false, func(r *rand.Rand) string {
			return luhnDigit("80840" + fmt.Sprint(1+r.IntN(2)) + randomText(r, digits10, 8))[5:]
		}},
		{"us_dea", []string{"dea", "DEA number", "dea_number"}, false, func(r *rand.Rand) string {
			s := randomText(r, digits10, 6)
			return pick(r, "A", "B", "F", "M") + randomText(r, upperAZ, 1) + s + fmt.Sprint(sumOf(s, 1, 2, 1, 2, 1, 2)%10)
		}},
		{"phone", []string{"phone", "mobile", "call", "Tel", "contact"}, true, func(r *rand.Rand) string {
			area, exchange, line := fmt.Sprint(2+r.IntN(8))+pick(r, "12", "03", "46", "58"), fmt.Sprint(2+r.IntN(8))+pick(r, "55", "02", "34"), randomText(r, digits10, 4)
			return pick(r, "+1"+area+exchange+line, "+1 "+area+" "+exchange+" "+line, "+1-"+area+"-"+exchange+"-"+line, "("+area+") "+exchange+"-"+line, area+"-"+exchange+"-"+line,
				"1-"+area+"-"+exchange+"-"+line, area+"."+exchange+"."+line, "+1 ("+area+") "+exchange+"-"+line,
				"+44 20 7946 "+line, "+44 7700 900"+line[:3], "+4420"+"7946"+line, "+49 30 "+randomText(r, digits10, 7), "+49151"+randomText(r, digits10, 8), "+33 6 12 34 56 "+line[:2],
				"+336"+randomText(r, digits10, 8), "+34 612 345 "+line[:3], "+39 333 123 "+line, "+31 6 1234"+line, "+46 70 123 45 "+line[:2], "+91 98765 "+randomText(r, digits10, 5), "+86 138 "+line+" 5678",
				"+81 90-1234-"+line, "+55 11 91234-"+line, "+61 412 345 "+line[:3], "+27 82 123 "+line, "+971 50 123 "+line, "+972-50-123-"+line, "+48 601 234 "+line[:3], "+41 79 123 45 "+line[:2], "+353 85 123 "+line)
		}},
		{"phone", []string{"phone", "mobile", "Tel", "phone_number", "phoneNumber", "telephone"}, false, func(r *rand.Rand) string {
			line := randomText(r, digits10, 4)
			return pick(r, "020 7946 "+line, "07700900"+line[:3], "07700 900"+line[:3], "030 1234"+line, "06 12 34 56 "+line[:2], "0612345"+line[:3], "5551234"+line[:3], "2125551"+line[:3], "415 555 "+line, "0412 345 "+line[:3],
				"(030) 1234"+line, "01234 567"+line[:3], "9876"+line+"21")
		}},
		{"imei", []string{"imei", "IMEI", "device_imei"}, false, func(r *rand.Rand) string {
			s := luhnDigit("35" + randomText(r, digits10, 12))
			return pick(r, s, s, grouped(s, "-", 2, 6, 6), grouped(s, " ", 2, 6, 6))
		}},
		{"vin", []string{"vin", "VIN", "vehicle"}, false, func(r *rand.Rand) string {
			return pick(r, "WVW", "1HG", "JTD", "5YJ", "ZFF") + randomText(r, "ABCDEFGHJKLMNPRSTUVWXYZ0123456789", 5) + randomText(r, digits10, 1) + pick(r, "A", "L", "M", "9") + randomText(r, "ABCDEFGHJK", 1) + randomText(r, digits10, 6)
		}},
		{"btc", []string{"wallet", "address", "btc"}, true, func(r *rand.Rand) string {
			if r.IntN(2) == 0 {
				return makeBase58(r)
			}
			return makeBech32(r)
		}},
		{"eth", []string{"wallet", "address", "eth"}, true, func(r *rand.Rand) string {
			return "0x" + randomText(r, pick(r, lowerHex, "0123456789abcdefABCDEF"), 40)
		}},
		{"ipv4", []string{"client", "addr", "peer"}, true, func(r *rand.Rand) string {
			return fmt.Sprintf("%d.%d.%d.%d", pickInt(r, 10, 172, 192, 203, 8, 54), r.IntN(256), 1+r.IntN(255), 1+r.IntN(254))
		}},
		{"ipv6", []string{"client", "addr", "peer"}, true, func(r *rand.Rand) string {
			g := func() string { return fmt.Sprintf("%x", 0x1000+r.IntN(0xefff)) }
			return pick(r, "2001:db8::"+g(), "2001:db8:"+g()+"::"+g(), "fe80::"+g()+":"+g()+":"+g()+":"+g(), "2001:0db8:"+g()+":"+g()+":"+g()+":"+g()+":"+g()+":"+g())
		}},
		{"mac", []string{"mac", "ether", "hwaddr"}, true, func(r *rand.Rand) string {
			sep := pick(r, ":", "-")
			parts := make([]string, 6)
			for i := range parts {
				parts[i] = randomText(r, lowerHex, 2)
			}
			s := strings.Join(parts, sep)
			return pick(r, s, strings.ToUpper(s))
		}},
	}
	return append(list, vendorSensitives()...)
}

func pickInt(r *rand.Rand, list ...int) int { return list[r.IntN(len(list))] }

// mixedText is random text that holds an upper-case and a lower-case letter
// and a digit, as all but one in thousands do.
func mixedText(r *rand.Rand, alphabet string, n int) string {
	return until(func() (string, bool) {
		s := randomText(r, alphabet, n)
		return s, strings.ContainsAny(s, upperAZ) && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz") && strings.ContainsAny(s, digits10)
	})
}

func vendorSensitives() []sensitive {
	// A prefix with bodies of the lengths.
	key := func(detector, prefix, alphabet string, lengths ...int) sensitive {
		return prefixed(detector, tokenLabels, func(r *rand.Rand) string { return prefix + mixedOrNot(r, alphabet, pickInt(r, lengths...)) })
	}
	worded := func(detector string, labels []string, alphabet string, n int, tail string) sensitive {
		return sensitive{detector, labels, false, func(r *rand.Rand) string { return mixedOrNot(r, alphabet, n) + tail }}
	}
	return []sensitive{
		key("aws_access_key", "AKIA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
		key("aws_access_key", "ASIA", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16),
		worded("aws_secret_key", []string{"aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "secretAccessKey", "SecretAccessKey", "aws secret", "secret access key"}, base64Std, 40, ""),
		key("aws_session_token", "FwoGZXIvYXdzE", base64Std, 300),
		key("aws_session_token", "IQoJb3JpZ2luX2Vj", base64Std, 300),
		key("gcp_api_key", "AIza", urlSafe, 35),
		key("gcp_oauth", "GOCSPX-", urlSafe, 28),
		key("gcp_oauth", "ya29.", urlSafe, 60, 180),
		key("gcp_oauth", "1//0", urlSafe, 60, 100),
		worded("gcp_service_account", []string{"private_key_id"}, lowerHex, 40, ""),
		worded("azure_storage_key", []string{"AccountKey", "account_key", "azure storage key", "SharedAccessKey"}, base64Std, 86, "=="),
		worded("azure_storage_key", []string{"SharedAccessKey", "AccountKey"}, base64Std, 43, "="),
		prefixed("azure_client_secret", tokenLabels, func(r *rand.Rand) string {
			return randomText(r, alnum, 3) + randomText(r, digits10, 1) + "Q~" + randomText(r, alnum+"_.-~", 33) + "a"
		}),
		key("github_token", "ghp_", alnum, 36), key("github_token", "gho_", alnum, 36), key("github_token", "ghu_", alnum, 36), key("github_token", "ghs_", alnum, 36), key("github_token", "ghr_", alnum, 36, 76),
		prefixed("github_token", tokenLabels, func(r *rand.Rand) string {
			return "github_pat_" + randomText(r, alnum, 22) + "_" + randomText(r, alnum, 59)
		}),
		worded("github_classic_token", []string{"GITHUB_TOKEN", "github token", "GH_TOKEN"}, lowerHex, 40, ""),
		key("gitlab_token", "glpat-", urlSafe, 20), key("gitlab_token", "gldt-", urlSafe, 20), key("gitlab_token", "glrt-", urlSafe, 20), key("gitlab_token", "glptt-", lowerHex, 40),
		prefixed("slack_token", tokenLabels, func(r *rand.Rand) string {
			return pick(r, "xoxb-", "xoxp-", "xoxa-2-") + randomText(r, digits10, 12) + "-" + randomText(r, digits10, 13) + "-" + randomText(r, alnum, 24)
		}),
		prefixed("slack_token", tokenLabels, func(r *rand.Rand) string {
			return "xapp-1-A" + randomText(r, upperAlnum, 10) + "-" + randomText(r, digits10, 13) + "-" + randomText(r, lowerHex, 64)
		}),
		prefixed("slack_webhook", tokenLabels, func(r *rand.Rand) string {
			return "https://hooks.slack.com/services/T" + randomText(r, upperAlnum, 8) + "/B" + randomText(r, upperAlnum, 10) + "/" + mixedText(r, alnum, 24)
		}),
		key("stripe_key", "sk_live_", alnum, 24, 99), key("stripe_key", "sk_test_", alnum, 24), key("stripe_key", "rk_live_", alnum, 24), key("stripe_key", "whsec_", alnum, 32),
		prefixed("openai_key", tokenLabels, func(r *rand.Rand) string {
			return pick(r, "sk-", "sk-proj-", "sk-svcacct-") + mixedText(r, alnum, 20) + "T3BlbkFJ" + mixedText(r, alnum, 20)
		}),
		key("openai_key", "sk-", alnum, 48),
		prefixed("anthropic_key", tokenLabels, func(r *rand.Rand) string {
			return pick(r, "sk-ant-api03-", "sk-ant-admin01-", "sk-ant-oat01-") + mixedText(r, urlSafe, 93) + "AA"
		}),
		key("huggingface_token", "hf_", alnum, 34), key("npm_token", "npm_", alnum, 36),
		prefixed("pypi_token", tokenLabels, func(r *rand.Rand) string { return "pypi-AgEIcHlwaS5vcmc" + mixedText(r, urlSafe, 150) }),
		prefixed("sendgrid_key", tokenLabels, func(r *rand.Rand) string {
			return "SG." + randomText(r, urlSafe, 22) + "." + randomText(r, urlSafe, 43)
		}),
		key("twilio_key", "SK", lowerHex, 32), key("twilio_key", "AC", lowerHex, 32),
		worded("twilio_auth_token", []string{"TWILIO_AUTH_TOKEN", "twilio token"}, lowerHex, 32, ""),
		key("vault_token", "hvs.", urlSafe, 24, 90), key("vault_token", "hvb.", urlSafe, 120), key("vault_token", "s.", alnum, 24),
		key("digitalocean_token", "dop_v1_", lowerHex, 64), key("shopify_token", "shpat_", lowerHex, 32), key("shopify_token", "shpss_", lowerHex, 32),
		key("databricks_token", "dapi", lowerHex, 32), key("grafana_token", "glc_", base64Std, 100),
		prefixed("grafana_token", tokenLabels, func(r *rand.Rand) string { return "glsa_" + mixedText(r, alnum, 32) + "_" + randomText(r, lowerHex, 8) }),
		key("newrelic_key", "NRAK-", upperAlnum, 27),
		prefixed("newrelic_key", tokenLabels, func(r *rand.Rand) string { return mixedOrNot(r, lowerHex, 36) + "NRAL" }),
		worded("newrelic_license", []string{"NEW_RELIC_LICENSE_KEY", "new relic license"}, lowerHex, 40, ""),
		prefixed("payment_card", []string{"card", "pan", "cc"}, func(r *rand.Rand) string {
			s := luhnDigit(pick(r, "4111", "4532", "5105", "5425", "2223", "6011") + randomText(r, digits10, 11))
			return pick(r, s, grouped(s, " ", 4, 4, 4), grouped(s, "-", 4, 4, 4))
		}),
		prefixed("email", []string{"user", "mail", "from"}, func(r *rand.Rand) string {
			return pick(r, "jane.doe", "j_smith+news", "info") + "@" + pick(r, "example.com", "mail.example.org", "corp.example.co.uk")
		}),
	}
}

func mixedOrNot(r *rand.Rand, alphabet string, n int) string {
	return until(func() (string, bool) {
		s := randomText(r, alphabet, n)
		letters := strings.ContainsAny(s, upperAZ+"abcdefghijklmnopqrstuvwxyz")
		mixed := !strings.Contains(alphabet, "Zabc") || strings.ContainsAny(s, upperAZ) && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyz")
		return s, letters && mixed && strings.ContainsAny(s, digits10)
	})
}
