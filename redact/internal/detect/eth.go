package detect

// eth finds Ethereum addresses: 0x and forty hexadecimal digits. The check sum
// in their case (EIP-55) needs Keccak-256, which the standard library lacks;
// any case is accepted, since addresses without a check sum are valid too.
func eth() Detector {
	return Detector{
		Name:        "eth",
		Group:       CryptoWallets,
		Specificity: Shaped,
		Canonical:   LowerAll,
		Runs:        Len(42),
		Find: func(h *Hits, s string, at int) {
			if h.Run != 42 || at+42 > len(s) || s[at] != '0' || Lower(s[at+1]) != 'x' || !WordStart(s, at) {
				return
			}
			body := s[at+2 : at+42]
			// Small numbers padded with zeros, and the burn addresses.
			if RunEnd(body, 0, 40, IsHex) == 40 && anyOf(body[:24], func(c byte) bool { return c != '0' }) && !sameByte(body) {
				h.Add(at, at+42)
			}
		},
	}
}
