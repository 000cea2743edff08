package detect

// usSSN finds US social security numbers: three, two and four digits with the
// area, group and serial rules of the Social Security Administration (no area
// 000, 666 or 9xx, no group 00, no serial 0000; POMS RM 10201.035). Nine digits
// without separators count only with a key word near.
func usSSN() Detector {
	return (&numbered{
		forms: []form{{shape: "ddd~dd~dddd", free: "- "}},
		valid: validSSN,
		words: NewWords("ssn", "ssns", "ssnum", "ssno", "ssn number", "ss no", "ss number", "ss num", "social security", "social sec", "soc sec", "soc  sec", "seguro social", "sozialversicherungsnummer",
			"socialsecuritynumber", "ssan", "taxpayer id", "tax payer id", "tin", "tax id"),
	}).detectorIn(Personal, "us_ssn", DigitsOnly)
}

func validSSN(m shaped) bool {
	d := m.bytes()
	if d[0] == '9' || allSame(d) {
		return false
	}
	area := num(d[:3])
	return area != 0 && area != 666 && num(d[3:5]) != 0 && num(d[5:]) != 0
}

// usITIN finds US individual taxpayer identification numbers: like a social
// security number with area 9xx and the groups that the IRS assigns (50–65,
// 70–88, 90–92, 94–99; IRM 3.21.263).
func usITIN() Detector {
	return (&numbered{
		forms: []form{{shape: "ddd~dd~dddd", free: "- "}},
		valid: validITIN,
		words: NewWords("itin", "itins", "itin number", "individual taxpayer", "taxpayer id", "tax payer id", "tax id", "tin", "ssn",
			"taxpayer identification", "tax identification"),
	}).detectorIn(Personal, "us_itin", DigitsOnly)
}

func validITIN(m shaped) bool {
	d := m.bytes()
	if d[0] != '9' {
		return false
	}
	g := num(d[3:5])
	return g >= 50 && g <= 65 || g >= 70 && g <= 88 || g >= 90 && g <= 92 || g >= 94
}
