package redact

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

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
