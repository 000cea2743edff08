package redact

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
)

// sensitive makes values of one detector by the published rule of its kind,
// none of which belongs to anybody but by chance.
type sensitive struct {
	detector string
	// labels are what people and programs call the value.
	labels []string
	// telling values are found without a label too.
	telling bool
	make    func(r *rand.Rand) string
}

const (
	digits10   = "0123456789"
	lowerHex   = "0123456789abcdef"
	upperAZ    = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	upperAlnum = upperAZ + digits10
	alnum      = upperAlnum + "abcdefghijklmnopqrstuvwxyz"
	urlSafe    = alnum + "-_"
	base64Std  = alnum + "+/"
)

func randomText(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

// grouped writes digits in groups of the sizes, joined by sep.
func grouped(s, sep string, sizes ...int) string {
	var parts []string
	for _, n := range sizes {
		parts = append(parts, s[:n])
		s = s[n:]
	}
	return strings.Join(append(parts, s), sep)
}

func sumOf(s string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return sum
}

func luhnDigit(s string) string {
	for d := range 10 {
		sum, full := 0, s+string(rune('0'+d))
		for i := range len(full) {
			v := int(full[len(full)-1-i] - '0')
			if i%2 == 1 {
				if v *= 2; v > 9 {
					v -= 9
				}
			}
			sum += v
		}
		if sum%10 == 0 {
			return full
		}
	}
	panic("no luhn digit")
}

func bigMod(s string, m int64) int64 {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic(s)
	}
	return new(big.Int).Mod(n, big.NewInt(m)).Int64()
}

// date returns a year from 1930 to 2004, a month and a day that every month has.
func date(r *rand.Rand) (y, m, d int) { return 1930 + r.IntN(75), 1 + r.IntN(12), 1 + r.IntN(28) }

// until retries a rule that some draws do not satisfy.
func until(f func() (string, bool)) string {
	for {
		if s, ok := f(); ok {
			return s
		}
	}
}

func prefixed(detector string, labels []string, f func(r *rand.Rand) string) sensitive {
	return sensitive{detector: detector, labels: labels, telling: true, make: f}
}

// tokenLabels are what a key is called.
var tokenLabels = []string{"key", "value", "credential used", "config"}

func makeIBAN(r *rand.Rand) string {
	bban := map[string]func() string{
		"DE": func() string { return randomText(r, digits10, 18) },
		"GB": func() string { return randomText(r, upperAZ, 4) + randomText(r, digits10, 14) },
		"FR": func() string {
			return randomText(r, digits10, 10) + randomText(r, upperAlnum, 11) + randomText(r, digits10, 2)
		},
		"NL": func() string { return randomText(r, upperAZ, 4) + randomText(r, digits10, 10) },
		"ES": func() string { return randomText(r, digits10, 20) },
		"IT": func() string {
			return randomText(r, upperAZ, 1) + randomText(r, digits10, 10) + randomText(r, upperAlnum, 12)
		},
		"NO": func() string { return randomText(r, digits10, 11) },
		"PL": func() string { return randomText(r, digits10, 24) },
		"CH": func() string { return randomText(r, digits10, 5) + randomText(r, upperAlnum, 12) },
		"BE": func() string { return randomText(r, digits10, 12) },
		"MT": func() string {
			return randomText(r, upperAZ, 4) + randomText(r, digits10, 5) + randomText(r, upperAlnum, 18)
		},
		"SA": func() string { return randomText(r, digits10, 2) + randomText(r, upperAlnum, 18) },
		"AE": func() string { return randomText(r, digits10, 19) },
		"TR": func() string { return randomText(r, digits10, 6) + randomText(r, upperAlnum, 16) },
		"SE": func() string { return randomText(r, digits10, 20) },
	}
	country := pick(r, "DE", "GB", "FR", "NL", "ES", "IT", "NO", "PL", "CH", "BE", "MT", "SA", "AE", "TR", "SE")
	body := bban[country]()
	var number strings.Builder
	for _, c := range body + country + "00" {
		if c >= 'A' {
			fmt.Fprint(&number, int(c-'A')+10)
		} else {
			number.WriteRune(c)
		}
	}
	iban := fmt.Sprintf("%s%02d%s", country, 98-bigMod(number.String(), 97), body)
	switch r.IntN(5) {
	case 0, 1:
		var parts []string
		sep := pick(r, " ", " ", "-")
		for len(iban) > 4 {
			parts, iban = append(parts, iban[:4]), iban[4:]
		}
		return strings.Join(append(parts, iban), sep)
	case 2:
		return strings.ToLower(iban)
	}
	return iban
}

func makeSSN(r *rand.Rand) string {
	area := 1 + r.IntN(898)
	if area == 666 {
		area++
	}
	return fmt.Sprintf("%03d%02d%04d", area, 1+r.IntN(99), 1+r.IntN(9999))
}

func makeVerhoeff(r *rand.Rand) string {
	// The check digit is found by trial: the rule itself is the detector's.
	mul := func(a, b int) int {
		if a < 5 && b < 5 {
			return (a + b) % 5
		}
		if a < 5 {
			return 5 + (a+b)%5
		}
		if b < 5 {
			return 5 + (a-b+5)%5
		}
		return (a - b + 10) % 5
	}
	perm := func(pos, d int) int {
		for range pos % 8 {
			d = [10]int{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}[d]
		}
		return d
	}
	body := string(rune('2'+r.IntN(8))) + randomText(r, digits10, 10)
	for d := range 10 {
		s, c := body+string(rune('0'+d)), 0
		for i := range len(s) {
			c = mul(c, perm(i, int(s[len(s)-1-i]-'0')))
		}
		if c == 0 {
			return s
		}
	}
	panic("no verhoeff digit")
}

func makeBase58(r *rand.Rand) string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	payload := make([]byte, 21)
	for i := range payload {
		payload[i] = byte(r.IntN(256))
	}
	payload[0] = byte(5 * r.IntN(2))
	sum := sha256.Sum256(payload)
	sum = sha256.Sum256(sum[:])
	full := slices.Concat(payload, sum[:4])
	n := new(big.Int).SetBytes(full)
	var out []byte
	for n.Sign() > 0 {
		m := new(big.Int)
		n.DivMod(n, big.NewInt(58), m)
		out = append([]byte{alphabet[m.Int64()]}, out...)
	}
	for _, b := range full {
		if b != 0 {
			break
		}
		out = append([]byte{'1'}, out...)
	}
	return string(out)
}

func makeBech32(r *rand.Rand) string {
	const alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	values := []byte{0}
	for range 32 {
		values = append(values, byte(r.IntN(32)))
	}
	final := uint32(1)
	if r.IntN(2) == 0 {
		values[0], final = 1, 0x2bc830a3
		for range 20 {
			values = append(values, byte(r.IntN(32)))
		}
	}
	polymod := func(v []byte) uint32 {
		chk := uint32(1)
		for _, b := range v {
			top := chk >> 25
			chk = chk&0x1ffffff<<5 ^ uint32(b)
			for i, g := range []uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
				if top>>i&1 == 1 {
					chk ^= g
				}
			}
		}
		return chk
	}
	expanded := append([]byte{3, 3, 0, 2, 3}, values...)
	mod := polymod(append(expanded, 0, 0, 0, 0, 0, 0)) ^ final
	out := "bc1"
	for _, v := range values {
		out += alphabet[v : v+1]
	}
	for i := range 6 {
		v := mod >> (5 * (5 - i)) & 31
		out += alphabet[v : v+1]
	}
	return out
}

func makeCF(r *rand.Rand) string {
	odd := [26]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	y, _, d := date(r)
	if r.IntN(2) == 0 {
		d += 40
	}
	s := randomText(r, upperAZ, 6) + fmt.Sprintf("%02d", y%100) + pick(r, "A", "B", "C", "D", "E", "H", "L", "M", "P", "R", "S", "T") +
		fmt.Sprintf("%02d", d) + pick(r, "A", "F", "H", "L", "Z") + randomText(r, digits10, 3)
	sum := 0
	for i := range len(s) {
		v := int(s[i] - 'A')
		if s[i] <= '9' {
			v = int(s[i] - '0')
		}
		if i%2 == 0 {
			v = odd[v]
		}
		sum += v
	}
	return s + string(rune('A'+sum%26))
}

func makeCNPJ(r *rand.Rand, alphabet string) string {
	s := randomText(r, alphabet, 8) + pick(r, "0001", "0001", "0002", "0113")
	for range 2 {
		sum := 0
		for i := range len(s) {
			sum += int(s[i]-'0') * (2 + (len(s)-1-i)%8)
		}
		c := byte('0')
		if m := sum % 11; m >= 2 {
			c = byte('0' + 11 - m)
		}
		s += string(rune(c))
	}
	return s
}

func pickInt(r *rand.Rand, list ...int) int { return list[r.IntN(len(list))] }
