package detect

import (
	"crypto/sha256"
	"strings"
)

// btc finds Bitcoin addresses: base58check with version 0 or 5 (and the test
// networks), and bech32 or bech32m with a witness program (BIP 13, 173, 350).
func btc() Detector {
	return Detector{
		Name:        "btc",
		Group:       CryptoWallets,
		Specificity: Checked,
		Runs:        LenRange(26, 63),
		Find: func(h *Hits, s string, at int) {
			end := at + h.Run
			if h.Run > 90 || end > len(s) || !WordStart(s, at) {
				return
			}
			switch s[at] {
			case '1', '3', '2', 'm', 'n':
				if h.Run <= 35 && base58Address(s[at:end]) {
					h.Add(at, end)
					return
				}
			}
			if (HasFold(s[at:], "bc1") || HasFold(s[at:], "tb1") || HasFold(s[at:], "bcrt1")) && bech32Address(s[at:end]) {
				h.Add(at, end)
			}
		},
	}
}

const base58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Address decodes 25 bytes and compares the last four with the double
// SHA-256 of the others.
func base58Address(s string) bool {
	var out [25]byte
	for i := range len(s) {
		carry := strings.IndexByte(base58Alphabet, s[i])
		if carry < 0 {
			return false
		}
		for k := len(out) - 1; k >= 0; k-- {
			carry += int(out[k]) * 58
			out[k] = byte(carry)
			carry >>= 8
		}
		if carry != 0 {
			return false
		}
	}
	switch out[0] {
	case 0x00, 0x05, 0x6f, 0xc4:
	default:
		return false
	}
	sum := sha256.Sum256(out[:21])
	sum = sha256.Sum256(sum[:])
	return string(sum[:4]) == string(out[21:])
}

const bech32Alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32Address checks case, alphabet, witness version and the BCH code of
// BIP 173 (version 0) or BIP 350 (later versions).
func bech32Address(s string) bool {
	if s != strings.ToLower(s) && s != strings.ToUpper(s) {
		return false
	}
	sep := strings.LastIndexByte(s, '1')
	if sep < 2 || len(s)-sep < 8 {
		return false
	}
	chk := uint32(1)
	step := func(v byte) {
		top := chk >> 25
		chk = chk&0x1ffffff<<5 ^ uint32(v)
		for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 != 0 {
				chk ^= g
			}
		}
	}
	for i := range sep {
		step(Lower(s[i]) >> 5)
	}
	step(0)
	for i := range sep {
		step(Lower(s[i]) & 31)
	}
	for i := sep + 1; i < len(s); i++ {
		v := strings.IndexByte(bech32Alphabet, Lower(s[i]))
		if v < 0 {
			return false
		}
		step(byte(v))
	}
	version := strings.IndexByte(bech32Alphabet, Lower(s[sep+1]))
	if version == 0 {
		return chk == 1
	}
	return version <= 16 && chk == 0x2bc830a3
}
