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

// uuidLength is the length in bytes of the form of RFC 9562.
const uuidLength = 36

// IsUUID reports a value that is a UUID and nothing else.
func IsUUID(s string) bool { return len(s) == uuidLength && isUUID(s) }

// isUUID judges 36 bytes, eight at a time. What stands in the place of a dash
// is read as a zero.
func isUUID(s string) bool {
	if len(s) < 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	return allHex(Load8(s, 0)) &&
		allHex(Load8(s, 9)&^(0xff<<32)|'0'<<32) &&
		allHex(Load8(s, 15)&^(0xff<<24)|'0'<<24) &&
		allHex(Load8(s, 24)) && allHex(Load8(s, 28))
}

// beginsTrack reports whether the run of letters and digits at i begins with
// the data of a magnetic stripe.
func beginsTrack(s string, i int) bool {
	if s[i]|0x20 == 'b' {
		i++
	}
	end := RunEnd(s, i, 20, IsDigit)
	return onTrack(s, i, end)
}

// skipHex notes the extent of a UUID (RFC 9562) or of a long run of
// hexadecimal digits that begins at i.
func (h *Hits) skipHex(s string, i int) {
	if i < h.hexEnd {
		return
	}
	if i+36 <= len(s) && s[i+8] == '-' && s[i+13] == '-' && isUUID(s[i:i+36]) {
		h.hexStart, h.hexEnd, h.uuid = i, i+36, true
		return
	}
	if i+16 > len(s) || !IsHex(s[i+15]) || !IsHex(s[i+8]) {
		return
	}
	end, union := i, uint64(0)
	for end+8 <= len(s) {
		w := Load8(s, end)
		if !allHex(w) {
			break
		}
		union |= w
		end += 8
	}
	for end < len(s) && IsHex(s[end]) {
		union |= uint64(s[end])
		end++
	}
	// Letters have a bit that digits have not.
	if union&(ones*0x40) != 0 && end-i >= 16 && WordEnd(s, end) && !beginsTrack(s, i) {
		h.hexStart, h.hexEnd, h.uuid = i, end, false
	}
}
