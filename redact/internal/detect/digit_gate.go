package detect

import "strings"

// gateLimit bounds the lengths of digit runs that a gate tells apart.
const gateLimit = 20

// gateJoined bounds the lengths of the second run; 15 stands for 15 and more.
const gateJoined = 15

// DigitGate narrows the anchor on digit runs to those that begin a word and go
// on as a detector wants. Most numbers in telemetry are dates, versions and
// durations: the scanner turns them away with one look at a table, before any
// detector is called.
//
// Per length of a run, bit 0 stands for a run that no separator and digit
// follow, and bit n for one that is joined by a separator to a second run of n
// digits. Separators are space - . + and /.
type DigitGate [gateLimit]uint16

// gateShapes makes the gate of forms as [shaped.match] reads them.
func gateShapes(shapes ...string) *DigitGate {
	g := new(DigitGate)
	for _, pattern := range shapes {
		for _, optional := range []string{"", "-"} {
			shape := strings.NewReplacer("~", optional, "?", optional).Replace(pattern)
			first := leading(shape)
			rest := shape[first:]
			switch {
			case rest == "" || rest[0] == 'a':
				g[first] |= 1
			case rest[0] == 'x':
				// Digits there make the run longer.
				for n := first; n < gateLimit; n++ {
					g[n] = ^uint16(0)
				}
			case strings.HasPrefix(rest[1:], "d"):
				g[first] |= 1 << min(leading(rest[1:]), gateJoined)
			default:
				g[first] = ^uint16(0)
			}
			// A number of its own may follow behind a separator, but where a
			// letter must.
			if g[first]&1 != 0 && !(rest != "" && rest[0] == 'a') {
				g[first] = ^uint16(0)
			}
		}
	}
	return g
}

// leading returns the number of digits that a shape begins with.
func leading(shape string) int {
	return len(shape) - len(strings.TrimLeft(shape, "d"))
}

// lengths returns the lengths of runs that the gate lets pass.
func (g *DigitGate) lengths() Lengths {
	var l Lengths
	for n, bits := range g {
		if bits != 0 {
			l |= Len(n)
		}
	}
	return l
}

// anyJoined is joined for a separator of any kind.
func anyJoined(s string, i int) int {
	if i+1 >= len(s) {
		return 0
	}
	return RunEnd(s, i+1, gateJoined, IsDigit) - i - 1
}

// joined returns the gate's bit for a run of digits that ends before i.
func joined(s string, i int) int {
	if i+1 >= len(s) || !isGroupSep(s[i]) || !IsDigit(s[i+1]) {
		return 0
	}
	return RunEnd(s, i+1, gateJoined, IsDigit) - i - 1
}
