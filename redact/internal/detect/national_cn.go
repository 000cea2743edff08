package detect

// cnResidentID finds Chinese resident identity numbers: region, birth date,
// serial and a check character by ISO 7064 MOD 11-2 (GB 11643-1999). The date
// and the check make eighteen characters telling.
func cnResidentID() Detector {
	return (&numbered{
		forms: []form{
			{shape: "dddddddddddddddddx", bare: true},
			{shape: "dddddd~dddddddd~dddx", free: " -", bare: true},
		},
		valid: func(m shaped) bool {
			t := m.bytes()
			if t[0] < '1' || t[0] > '8' || t[0] == '7' {
				return false
			}
			if year := num(t[6:10]); year < 1900 || year > 2099 || !monthDay(num(t[10:12]), num(t[12:14])) {
				return false
			}
			sum := weighted(t[:17], 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
			return "10X98765432"[sum%11] == t[17]
		},
		words: NewWords("id card", "idcard", "id number", "resident identity", "resident id", "shenfenzheng", "sfz", "cn id", "china id", "identity card", "身份证", "身份證", "身份号码", "公民身份", "居民身份"),
	}).detector("cn_resident_id", UpperAlnum)
}
