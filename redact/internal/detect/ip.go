package detect

import "net/netip"

var versionWords = NewWords("version", "versions", "ver", "v", "release", "build", "oid", "rev", "section", "chapter", "clause")

// ipv4 finds dotted IPv4 addresses. Unspecified, loopback and broadcast
// addresses and netmasks name nobody and stay.
func ipv4() Detector {
	return Detector{
		Name:        "ipv4",
		Cost:        12,
		Group:       Network,
		Specificity: Checked,
		Digits:      LenRange(1, 3),
		Gate:        gateShapes("d.d", "d.dd", "d.ddd", "dd.d", "dd.dd", "dd.ddd", "ddd.d", "ddd.dd", "ddd.ddd"),
		Find:        findIPv4,
	}
}

func findIPv4(h *Hits, s string, at int) {
	if At(s, at+h.Run) != '.' || !IsDigit(At(s, at+h.Run+1)) {
		return
	}
	end := RunEnd(s, at, 64, func(c byte) bool { return IsDigit(c) || c == '.' })
	h.SkipTo(end)
	for end > at && s[end-1] == '.' {
		end--
	}
	end = withoutPort(s, at, end)
	if end-at > len("255.255.255.255") || !WordStart(s, at) || !WordEnd(s, end) || At(s, at-1) == '.' {
		return
	}
	// An error of the parser costs an allocation.
	dots := 0
	for i := at; i < end; i++ {
		if s[i] == '.' {
			dots++
			if s[i+1] == '.' {
				return
			}
		}
	}
	if dots != 3 {
		return
	}
	addr, err := netip.ParseAddr(s[at:end])
	if err != nil || addr.IsUnspecified() || addr.IsLoopback() || s[at:end] == "255.255.255.255" {
		return
	}
	octets := addr.As4()
	if octets[0] == 255 || octets[0] == 0 {
		return
	}
	switch before, further := At(s, at-1), At(s, at-2); before {
	case '-', '_':
		// A package: libc-2.31.0.1. A range: 10.0.0.1-10.0.0.9.
		if IsLetter(further) {
			return
		}
	case '/':
		// A product: Chrome/120.0.0.0. Java writes host/10.0.0.1.
		if IsAlnum(further) && octets[2] == 0 && octets[1] == 0 {
			return
		}
	}
	switch after, further := At(s, end), At(s, end+1); after {
	case '-', '+', '_':
		if IsLetter(further) || after != '-' {
			return
		}
	}
	// The version of an interface is another part of the path: /api/v1/ip/….
	// So is one that stands before it: /v1/203.0.113.7.
	lo := RunStart(s, at-1, 12, func(c byte) bool { return c != '/' && c != '?' && c != '&' })
	if numbered := At(s, at-1) == '/' && IsDigit(At(s, at-2)); !numbered && versionWords.In(s[max(lo, 0):at]) {
		return
	}
	h.Add(at, end)
}

// withoutPort cuts off the port that tcpdump writes behind the fourth dot, before
// or behind its arrow: 203.0.113.7.443 > 198.51.100.4.5123:
func withoutPort(s string, at, end int) int {
	if !(At(s, end) == ' ' && At(s, end+1) == '>') && !(At(s, at-1) == ' ' && At(s, at-2) == '>') {
		return end
	}
	port := RunStart(s, end, 6, IsDigit)
	dots := 0
	for i := at; i < port; i++ {
		if s[i] == '.' {
			dots++
		}
	}
	if dots != 4 || port == end || end-port > 5 {
		return end
	}
	return port - 1
}

// ipv6 finds IPv6 addresses in every form of RFC 4291 section 2.2. The
// unspecified and the loopback address stay, and so do names with :: such as
// Face::Bed.
func ipv6() Detector {
	return Detector{
		Name:        "ipv6",
		Cost:        11,
		Group:       Network,
		Specificity: Checked,
		Canonical:   LowerAll,
		Literals:    Literals(":"),
		Find:        findIPv6,
	}
}

func findIPv6(h *Hits, s string, at int) {
	isPart := func(c byte) bool { return IsHex(c) || c == ':' || c == '.' }
	if next := At(s, at+1); !IsHex(next) && next != ':' {
		return
	}
	start := RunStart(s, at, 4, IsHex)
	end := RunEnd(s, at, 64, isPart)
	h.SkipTo(end)
	for end > start && (s[end-1] == '.' || s[end-1] == ':' && At(s, end-2) != ':') {
		end--
	}
	// A label before the address: addr:2001:db8::1.
	if !WordStart(s, start) || start == at && At(s, at+1) != ':' {
		start = at + 1
	}
	if end-start > len("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255") || start >= end || start <= at && start > 0 && isPart(s[start-1]) {
		return
	}
	colons, digits, dots, short := 0, false, 0, false
	for i := start; i < end; i++ {
		switch {
		case s[i] == ':':
			colons++
			short = short || At(s, i+1) == ':'
		case s[i] == '.':
			dots++
		}
		digits = digits || IsDigit(s[i])
	}
	if whole := colons == 7 && dots == 0 || colons == 6 && dots == 3; !whole && !short {
		return
	}
	if colons < 2 || !digits || !WordStart(s, start) || !WordEnd(s, end) {
		return
	}
	addr, err := netip.ParseAddr(s[start:end])
	if err != nil || !addr.Is6() || addr.IsUnspecified() || addr.IsLoopback() {
		return
	}
	// 12::30 and a::1 are more likely times and names than addresses.
	if end-start < 6 && colons == 2 {
		return
	}
	h.Add(start, end)
}
