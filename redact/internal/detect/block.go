package detect

// block is what 64 bytes of a value are: a bit per byte.
type block struct {
	letters, digits uint64
	// others are bytes that are neither.
	others uint64
}

const (
	highBits = 0x8080808080808080
	lowBits  = 0x7f7f7f7f7f7f7f7f
	caseBits = 0x2020202020202020
	ones     = 0x0101010101010101
	// gather moves the lowest bit of each byte to the top byte: bit k is that
	// of byte k.
	gather = 0x0102040810204080
)

// readBlock classifies up to 64 bytes from base, eight at a time and without a
// branch that depends on them: what a word costs is the misprediction of its
// end.
func readBlock(value string, base int) block {
	var b block
	s := value[base:]
	if len(s) > 64 {
		s = s[:64]
	}
	shift := 0
	for ; len(s) >= 8; s = s[8:] {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		l, d := classify(w)
		b.letters |= l << shift
		b.digits |= d << shift
		shift += 8
	}
	if len(s) > 0 {
		var w uint64
		if n := len(value); n >= 8 {
			// The last eight bytes of the value, without those that were read.
			e := value[n-8:]
			w = uint64(e[0]) | uint64(e[1])<<8 | uint64(e[2])<<16 | uint64(e[3])<<24 |
				uint64(e[4])<<32 | uint64(e[5])<<40 | uint64(e[6])<<48 | uint64(e[7])<<56
			w >>= 8 * (8 - len(s)) & 63
		} else {
			for i := range len(s) {
				w |= uint64(s[i]) << (8 * i)
			}
		}
		l, d := classify(w)
		b.letters |= l << shift
		b.digits |= d << shift
		shift += len(s)
	}
	b.others = ^(b.letters | b.digits)
	if shift < 64 {
		b.others &= 1<<shift - 1
	}
	return b
}

// classify returns which of the eight bytes of w are ASCII letters and digits.
// Each byte is compared in its own lane; bit 7 of a sum tells the result.
func classify(w uint64) (letters, digits uint64) {
	x := w & lowBits
	d := (x + ones*(0x80-'0')) &^ (x + ones*(0x80-'9'-1)) &^ w & highBits
	y := x | caseBits
	l := (y + ones*(0x80-'a')) &^ (y + ones*(0x80-'z'-1)) &^ w & highBits
	return (l >> 7) * gather >> 56, (d >> 7) * gather >> 56
}
