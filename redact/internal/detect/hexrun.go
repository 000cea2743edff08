package detect

// InHexRun reports whether s[start:end] is part of a longer run of letters and
// digits that holds hexadecimal letters and nothing else but digits: a hash, a
// trace id.
func InHexRun(s string, start, end int) bool {
	if !IsHex(At(s, start-1)) && !IsHex(At(s, end)) {
		return false
	}
	lo := RunStart(s, start, 64, IsAlnum)
	hi := RunEnd(s, end, 64, IsAlnum)
	letters := false
	for i := lo; i < hi; i++ {
		if i == start {
			i = end - 1
			continue
		}
		if !IsHex(s[i]) {
			// 0x4bf9… is still a hexadecimal number.
			if i == lo+1 && Lower(s[i]) == 'x' && s[lo] == '0' {
				continue
			}
			return false
		}
		letters = letters || IsLetter(s[i])
	}
	return letters
}

// InUUID reports whether s[start:end] lies in a UUID in the form of RFC 9562
// section 4.
func InUUID(s string, start, end int) bool {
	// The start of the UUID is at most 35 bytes before start.
	for from := max(0, end-36); from <= start && from+36 <= len(s); from++ {
		if s[from+8] == '-' && s[from+13] == '-' && isUUID(s[from:from+36]) {
			return true
		}
	}
	return false
}

func isUUID(s string) bool {
	for i := range 36 {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !IsHex(s[i]) {
				return false
			}
		}
	}
	return true
}
