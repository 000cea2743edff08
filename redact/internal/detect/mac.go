package detect

var macWords = NewWords("mac", "macaddr", "macaddress", "mac address", "ether", "ethernet", "hwaddr", "hw addr", "bssid", "lladdr", "wifi", "bluetooth", "device")

// mac finds EUI-48 addresses: six pairs joined by colons or dashes, or three
// groups of four joined by dots (IEEE 802, RFC 7042). Some systems leave the
// zero out that a pair begins with: such an address needs a key word near. Digits alone are more
// likely a time and need a key word near; a longer chain is a fingerprint.
func mac() Detector {
	return Detector{
		Name:        "mac",
		Cost:        4,
		Group:       Network,
		Specificity: Checked,
		Canonical:   LowerAll,
		Literals:    Literals(":", "-"),
		Digits:      Len(4, 12),
		Gate:        gateShapes("dddddddddddd", "dddd.d", "dddd.dd", "dddd.ddd", "dddd.dddd", "dddda"),
		Runs:        Len(4, 12),
		Find:        findMAC,
	}
}

// macNames are what a bare run of twelve digits must be called.
var macNames = NewWords("mac", "macs", "macaddr", "macaddress", "mac address", "hwaddr", "bssid", "lladdr")

func findMAC(h *Hits, s string, at int) {
	if h.Run == 12 && IsAlnum(s[at]) {
		end := at + 12
		if end <= len(s) && WordStart(s, at) && WordEnd(s, end) && RunEnd(s, at, 12, IsHex) == end && !sameByte(s[at:end]) && h.Near(s, at, end, macNames) {
			h.Add(at, end)
		}
		return
	}
	sep := s[at]
	start, group, length := at-2, 2, 17
	if IsAlnum(sep) {
		// 0011.2233.4455: the first group or a part of it is the anchor.
		start, group, length = at, 4, 14
		sep = '.'
		// Groups of letters alone, or the end of a number, are no anchor.
		for k := 0; k < 2 && At(s, start-1) == '.' && RunStart(s, start-1, 4, IsHex) == start-5 && WordStart(s, start-5); k++ {
			start -= 5
		}
		at := start
		if !WordStart(s, at) || At(s, at+4) != '.' {
			return
		}
	}
	if sep == ':' && shortMAC(h, s, at) {
		return
	}
	end := start + length
	if start < 0 || end > len(s) || !WordStart(s, start) || !WordEnd(s, end) {
		return
	}
	letters, zero, ones := false, true, true
	for i := start; i < end; i++ {
		c := s[i]
		if (i-start)%(group+1) == group {
			if c != sep {
				return
			}
			continue
		}
		if !IsHex(c) {
			return
		}
		letters = letters || IsLetter(c)
		zero = zero && c == '0'
		ones = ones && Lower(c) == 'f'
	}
	// A fingerprint has more pairs. A name before it may end with one: Mac:02:67:…
	chained := At(s, start-1) == sep && IsHex(At(s, start-2)) && (group == 4 || IsHex(At(s, start-3)) && !IsAlnum(At(s, start-4))) || At(s, end) == sep && IsHex(At(s, end+1))
	if chained || zero || ones {
		return
	}
	if letters || h.Near(s, start, end, macWords) {
		h.Add(start, end)
	}
}

// shortMAC reports the address whose first colon stands at at, if one of its six
// parts has a single digit.
func shortMAC(h *Hits, s string, at int) bool {
	start := RunStart(s, at, 3, IsHex)
	if n := at - start; n < 1 || n > 2 || !WordStart(s, start) || At(s, start-1) == ':' || At(s, start-1) == '.' {
		return false
	}
	i, parts, short, letters := start, 0, false, false
	for parts < 6 {
		end := RunEnd(s, i, 3, IsHex)
		if n := end - i; n < 1 || n > 2 {
			return false
		}
		short = short || end-i == 1
		for k := i; k < end; k++ {
			letters = letters || IsLetter(s[k])
		}
		parts++
		i = end
		if parts < 6 {
			if At(s, i) != ':' {
				return false
			}
			i++
		}
	}
	if !short || !letters || !WordEnd(s, i) || At(s, i) == ':' && IsHex(At(s, i+1)) || !h.Near(s, start, i, macWords) {
		return false
	}
	h.Add(start, i)
	return true
}
