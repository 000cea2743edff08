package detect

// commaJoins reports whether the comma at i joins digits to one number: the
// thousands of 1,234,567 or the decimals of 0,125. Columns of a table and
// numbers of an array have commas between them too.
func commaJoins(s string, i int) bool {
	before := i - RunStart(s, i, 4, IsDigit)
	after := RunEnd(s, i+1, 4, IsDigit) - i - 1
	if before == 0 || after == 0 {
		return false
	}
	return before <= 3 && after == 3 || before == 1 && s[i-1] == '0'
}

// decimals reports whether the comma at i is followed by two digits and
// nothing that goes on with a row: 1234567,50 EUR.
func decimals(s string, i int) bool {
	if RunEnd(s, i+1, 3, IsDigit)-i-1 != 2 {
		return false
	}
	c := At(s, i+3)
	return c != ',' && c != ']' && c != '\n'
}
