package detect

// block is what 64 bytes of a value are: a bit per byte.
type block struct {
	letters, digits uint64
	// others are bytes that are neither, but for space, '.' and '/': those are
	// the most frequent ones, and begin nothing.
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

// classify reads up to 64 bytes from base, eight at a time and without a
// branch that depends on them: what a word costs is the misprediction of its
// end.
func classify(value string, base int) block {
	n := len(value) - base
	if n >= 64 {
		s := value[base : base+64]
		w0 := Load8(s, 0)
		l0, d0 := alnumBits(w0)
		o0 := otherBits(w0)
		w1 := Load8(s, 8)
		l1, d1 := alnumBits(w1)
		o1 := otherBits(w1)
		w2 := Load8(s, 16)
		l2, d2 := alnumBits(w2)
		o2 := otherBits(w2)
		w3 := Load8(s, 24)
		l3, d3 := alnumBits(w3)
		o3 := otherBits(w3)
		w4 := Load8(s, 32)
		l4, d4 := alnumBits(w4)
		o4 := otherBits(w4)
		w5 := Load8(s, 40)
		l5, d5 := alnumBits(w5)
		o5 := otherBits(w5)
		w6 := Load8(s, 48)
		l6, d6 := alnumBits(w6)
		o6 := otherBits(w6)
		w7 := Load8(s, 56)
		l7, d7 := alnumBits(w7)
		o7 := otherBits(w7)
		letters := l0<<0 | l1<<8 | l2<<16 | l3<<24 | l4<<32 | l5<<40 | l6<<48 | l7<<56
		digits := d0<<0 | d1<<8 | d2<<16 | d3<<24 | d4<<32 | d5<<40 | d6<<48 | d7<<56
		others := o0<<0 | o1<<8 | o2<<16 | o3<<24 | o4<<32 | o5<<40 | o6<<48 | o7<<56
		return block{letters, digits, others &^ (letters | digits)}
	}
	var letters, digits, others uint64
	k := 0
	for ; k+8 <= n; k += 8 {
		w := Load8(value, base+k)
		l, d := alnumBits(w)
		o := otherBits(w)
		letters |= l << (k & 63)
		digits |= d << (k & 63)
		others |= o << (k & 63)
	}
	if left := uint(n - k); left > 0 {
		var w uint64
		if end := len(value) - 8; end >= 0 {
			// The last eight bytes of the value, without those that were read.
			w = Load8(value, end) >> (8 * (8 - left) & 63)
		} else {
			for i := range left {
				w |= uint64(value[base+k+int(i)]) << (8 * i & 63)
			}
		}
		l, d := alnumBits(w)
		o := otherBits(w)
		letters |= l << (k & 63)
		digits |= d << (k & 63)
		others |= o & (1<<left - 1) << (k & 63)
	}
	return block{letters, digits, others &^ (letters | digits)}
}

// Load8 reads eight bytes, the first one lowest.
func Load8(s string, i int) uint64 {
	b := s[i : i+8]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// alnumBits returns a bit per byte of w for ASCII letters and for digits. Each
// byte is compared in its own lane; bit 7 of a sum tells the result.
func alnumBits(w uint64) (letters, digits uint64) {
	x := w & lowBits
	d := (x + ones*(0x80-'0')) &^ (x + ones*(0x80-'9'-1)) &^ w & highBits
	y := x | caseBits
	l := (y + ones*(0x80-'a')) &^ (y + ones*(0x80-'z'-1)) &^ w & highBits
	return (l >> 7) * gather >> 56, (d >> 7) * gather >> 56
}

// otherBits returns a bit per byte of w that is not one of space, '.' and '/'.
func otherBits(w uint64) uint64 {
	x := w & lowBits
	o := ((x^ones*' '+lowBits)&(x^ones*'.'+ones*0x7e) | w) & highBits
	return (o >> 7) * gather >> 56
}

// allHex reports whether the eight bytes of w are hexadecimal digits.
func allHex(w uint64) bool {
	x := w & lowBits
	d := (x + ones*(0x80-'0')) &^ (x + ones*(0x80-'9'-1))
	y := x | caseBits
	l := (y + ones*(0x80-'a')) &^ (y + ones*(0x80-'f'-1))
	return (d|l)&^w&highBits == highBits
}
