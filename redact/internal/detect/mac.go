package detect

var macWords = NewWords("mac", "macaddr", "macaddress", "mac address", "ether", "ethernet", "hwaddr", "hw addr", "bssid", "lladdr", "wifi", "bluetooth", "device")

// mac finds EUI-48 addresses: six pairs joined by colons or dashes, or three
// groups of four joined by dots (IEEE 802, RFC 7042). Digits alone are more
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
		if !WordStart(s, at) || At(s, at+4) != '.' {
			return
		}
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
