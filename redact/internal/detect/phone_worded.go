package detect

// phoneReach bounds the bytes between a word for telephones and the number.
const phoneReach = 40

// nearDigits reports whether a digit stands in reach of the word at i.
func nearDigits(s string, i int) bool {
	for _, c := range []byte(s[i:min(len(s), i+phoneWordMax+phoneReach)]) {
		if IsDigit(c) {
			return true
		}
	}
	return false
}

// wordedPhone looks for a number behind a word for telephones that ends at i.
func wordedPhone(h *Hits, s string, i int) {
	limit := min(len(s), i+phoneReach)
	for i < limit && !IsDigit(s[i]) {
		switch {
		case s[i] == '+' && !IsLetter(At(s, i-1)) && At(s, i+1) != '0':
			// Left to the anchor on the plus. Behind a letter, or before a number of
			// no country, it is the blank of a form.
			return
		case s[i] == '\\':
			i = pastEscape(s, i+1)
		case IsLetter(s[i]):
			end := RunEnd(s, i, 16, IsLetter)
			// The users that have one are counted: mobile_users=33526773.
			if word := s[i:end]; !phoneLinks.In(word) || Lower(s[end-1]) == 's' && phoneMeasures.In(word) {
				return
			}
			i = end
		default:
			i++
		}
	}
	if i >= limit {
		return
	}
	start := i
	if i > 0 && s[i-1] == '(' {
		start--
	}
	if !WordStart(s, i) || At(s, start-1) == '.' || At(s, start-1) == '-' && IsDigit(At(s, start-2)) {
		return
	}
	for range phoneListed {
		end, digits := listedPhone(h, s, start, i)
		if digits == 0 {
			return
		}
		// phones: [4152368734,4152368735]
		next := end
		for next < len(s) && next-end < 8 && (s[next] == ',' || s[next] == '/' || s[next] == ';' || s[next] == ' ' || s[next] == '"' || s[next] == '\'' || s[next] == '\n') {
			next++
		}
		n := RunEnd(s, next, 16, IsDigit) - next
		if next == end || n < 9 || digits-n > 2 || n-digits > 2 {
			return
		}
		start, i = next, next
	}
}

// phoneListed bounds the numbers behind one word.
const phoneListed = 32

// listedPhone reports the number behind a word for telephones, or the one
// before it in a list, whose digits begin at i. It returns where the number
// ends and how many digits it has, 0 if there is none.
func listedPhone(h *Hits, s string, start, i int) (end, digits int) {
	var p dialled
	p.read(s, i)
	for g := p.groups - 1; g >= 0; g-- {
		end := p.ends[g]
		if !phoneEnd(s, end.Pos) && !slashAfter(s, end.Pos) || end.Digits > 15 || end.Digits < 7 || g == 0 && end.Digits < 8 {
			continue
		}
		if dated(s, start, end.Pos) || allSame(p.digits[:end.Digits]) || g == 0 && end.Digits >= 12 && p.digits[0] == '1' {
			// Of the plans that begin with 1 none has twelve digits in a row:
			// milliseconds since 1970 have thirteen.
			return 0, 0
		}
		if g > 0 && At(s, end.Pos) == ',' && decimals(s, end.Pos) && p.thousands(s, g) {
			return 0, 0
		}
		stop := withExtension(s, end.Pos)
		h.tell(start)
		h.Add(start, stop)
		return stop, end.Digits
	}
	return 0, 0
}

// dated reports whether s[start:] begins like a date: 2024-01-31.
func dated(s string, start, end int) bool {
	return end-start >= 10 && (s[start] == '1' && s[start+1] == '9' || s[start] == '2' && s[start+1] == '0') && IsDigit(s[start+3]) && !IsDigit(s[start+4]) && !IsDigit(s[start+7]) && s[start+4] == s[start+7]
}
