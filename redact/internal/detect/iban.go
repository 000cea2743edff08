package detect

import "strings"

// ibanFormats are the BBAN structures of the SWIFT IBAN Registry (ISO 13616),
// release 99: per country the parts after the check digits, as a length and a
// class (n digits, a upper-case letters, c letters and digits). Countries that
// use the format without being in the registry end the list.
const ibanFormats = `
AD 8n12c;AE 19n;AL 8n16c;AT 16n;AZ 4a20c;BA 16n;BE 12n;BG 4a6n8c;BH 4a14c;BI 23n;BR 23n1a1c;BY 4c4n16c;CH 5n12c;CR 18n;
CY 8n16c;CZ 20n;DE 18n;DJ 23n;DK 14n;DO 4c20n;EE 16n;EG 25n;ES 20n;FI 14n;FK 2a12n;FO 14n;FR 10n11c2n;GB 4a14n;GE 2a16n;
GI 4a15c;GL 14n;GR 7n16c;GT 4c20c;HN 4a20n;HR 17n;HU 24n;IE 4a14n;IL 19n;IQ 4a15n;IS 22n;IT 1a10n12c;JO 4a4n18c;KW 4a22c;
KZ 3n13c;LB 4n20c;LC 4a24c;LI 5n12c;LT 16n;LU 3n13c;LV 4a13c;LY 21n;MC 10n11c2n;MD 2c18c;ME 18n;MK 3n10c2n;MN 16n;MR 23n;
MT 4a5n18c;MU 4a19n3a;NI 4a20n;NL 4a10n;NO 11n;OM 3n16c;PK 4a16c;PL 24n;PS 4a21c;PT 21n;QA 4a21c;RO 4a16c;RS 18n;RU 14n15c;
SA 2n18c;SC 4a20n3a;SD 14n;SE 20n;SI 15n;SK 20n;SM 1a10n12c;SO 19n;ST 21n;SV 4a20n;TL 19n;TN 20n;TR 5n1n16c;UA 6n19c;
VA 18n;VG 4a16n;XK 16n;YE 4a4n18c;
AO 21n;BF 2c22n;BJ 2c22n;CF 23n;CG 23n;CI 2c22n;CM 23n;CV 21n;DZ 22n;GA 23n;GQ 23n;GW 2c19n;IR 22n;KM 23n;MA 24n;MG 23n;
ML 2c22n;MZ 21n;NE 2c22n;SN 2c22n;TD 23n;TG 2c22n`

// ibanClasses maps a country, as 26*first+second letter, to the class of every
// byte of its BBAN.
var ibanClasses = parseIBANFormats(ibanFormats)

func parseIBANFormats(list string) (table [26 * 26]string) {
	for entry := range strings.SplitSeq(list, ";") {
		country, format, _ := strings.Cut(strings.TrimSpace(entry), " ")
		var classes strings.Builder
		n := 0
		for i := range len(format) {
			if IsDigit(format[i]) {
				n = n*10 + int(format[i]-'0')
				continue
			}
			classes.WriteString(strings.Repeat(format[i:i+1], n))
			n = 0
		}
		table[int(country[0]-'A')*26+int(country[1]-'A')] = classes.String()
	}
	return table
}

// iban finds international bank account numbers: the country's structure and
// exact length from the registry, and ISO 7064 MOD 97-10. They may be written
// in groups of any size that one separator joins.
func iban() Detector {
	return Detector{
		Name:        "iban",
		Group:       Payment,
		Specificity: Checked,
		Canonical:   UpperAlnum,
		// The country and check digits begin a run of letters and digits.
		Runs: LenRange(4, 63),
		// DE 89 3704 …: the check digits stand apart.
		Digits: Len(2),
		Gate:   gateShapes("dd-dddd"),
		// The country stands apart, or the name is glued to it.
		Literals: FoldLiterals("iban"),
		Find:     findIBAN,
	}
}

func findIBAN(h *Hits, s string, at int) {
	if HasFold(s[at:], "iban") {
		namedIBAN(h, s, at+len("iban"))
		return
	}
	if IsDigit(s[at]) && h.Run == 2 {
		if at >= 3 && s[at-1] == ' ' && IsLetter(s[at-2]) && IsLetter(s[at-3]) && WordStart(s, at-3) {
			matchIBAN(h, s, at-3, at, 2)
		}
		return
	}
	if h.Run < 4 || at+4 > len(s) || !IsLetter(s[at]) || !IsLetter(s[at+1]) || !IsDigit(s[at+2]) || !IsDigit(s[at+3]) {
		return
	}
	if WordStart(s, at) {
		matchIBAN(h, s, at, at+2, h.Run-2)
	}
}

// ibanReach bounds the bytes between the name and the country.
const ibanReach = 24

// namedIBAN looks behind the name for a number that is glued to it, ibanDE89…, or
// whose country stands apart: IBAN: DE 89370400….
func namedIBAN(h *Hits, s string, i int) {
	if IsDigit(At(s, i+2)) {
		matchIBAN(h, s, i, i+2, RunEnd(s, i+2, 64, IsAlnum)-i-2)
		return
	}
	h.spend(2)
	for limit := min(len(s)-5, i+ibanReach); i < limit; i++ {
		if IsDigit(s[i]) {
			return
		}
		if IsLetter(s[i]) && IsLetter(s[i+1]) && isGroupSep(s[i+2]) && IsDigit(s[i+3]) && WordStart(s, i) {
			matchIBAN(h, s, i, i+3, RunEnd(s, i+3, 64, IsAlnum)-i-3)
			return
		}
	}
}

// matchIBAN judges the number whose country is at at and whose check digits
// begin a run at check.
func matchIBAN(h *Hits, s string, at, check, run int) {
	if check+2 > len(s) || !IsLetter(s[at]) || !IsLetter(s[at+1]) || !IsDigit(s[check]) || !IsDigit(s[check+1]) {
		return
	}
	classes := ibanClasses[int(Lower(s[at])-'a')*26+int(Lower(s[at+1])-'a')]
	// A longer run is another word that happens to begin like a country.
	if classes == "" || run > 2+len(classes) {
		return
	}
	var sep byte
	i := check + 2
	rest := 0
	for k := range len(classes) {
		c := At(s, i)
		if !IsAlnum(c) {
			if sep == 0 && (k == 0 || i-check == run) {
				sep = c
			}
			if c != sep || c != ' ' && c != '-' && c != '.' && c != '+' && c != '_' {
				return
			}
			i++
			c = At(s, i)
		}
		switch class := classes[k]; {
		case IsDigit(c):
			if class == 'a' {
				return
			}
			rest = (rest*10 + int(c-'0')) % 97
		case IsLetter(c):
			if class == 'n' {
				return
			}
			rest = (rest*100 + int(Lower(c)-'a') + 10) % 97
		default:
			return
		}
		i++
	}
	if !WordEnd(s, i) {
		return
	}
	rest = (rest*100 + int(Lower(s[at])-'a') + 10) % 97
	rest = (rest*100 + int(Lower(s[at+1])-'a') + 10) % 97
	rest = (rest*100 + int(s[check]-'0')*10 + int(s[check+1]-'0')) % 97
	if rest == 1 {
		h.Add(at, i)
	}
}
