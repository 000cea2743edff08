package detect

// timestampEnd returns the end of a date with a time of day (RFC 3339, with T
// or a space between them, and any fraction) that begins at i, or 0. Digits in
// it are no number of a person or a card. The caller has seen the dashes.
func timestampEnd(s string, i int) int {
	if i+19 > len(s) || !WordStart(s, i) || s[i:i+2] != "20" && s[i:i+2] != "19" || s[i+5] > '1' || s[i+8] > '3' {
		return 0
	}
	if s[i+10] != 'T' && s[i+10] != ' ' || s[i+11] > '2' || s[i+13] != ':' || s[i+14] > '5' || s[i+16] != ':' || s[i+17] > '6' {
		return 0
	}
	const (
		dateDigits = 0b0110_1111 // 2026-11-
		timeDigits = 0b1101_1011 // 20T10:15
	)
	_, date := alnumBits(Load8(s, i))
	_, time := alnumBits(Load8(s, i+8))
	if date != dateDigits || time != timeDigits || !IsDigit(s[i+17]) || !IsDigit(s[i+18]) {
		return 0
	}
	end := i + 19
	switch At(s, end) {
	case '.':
		end = RunEnd(s, end+1, 9, IsDigit)
	case ',':
		// A column of a table may follow: only milliseconds are a fraction.
		if stop := RunEnd(s, end+1, 4, IsDigit); stop == end+4 {
			end = stop
		}
	}
	if At(s, end) == 'Z' {
		end++
	}
	// What is glued to it would hide in it.
	if !WordEnd(s, end) {
		return 0
	}
	return end
}
