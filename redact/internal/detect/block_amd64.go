package detect

import "unsafe"

// The classes of a block in assembly, for SSE2, which every amd64 processor
// has: a quarter of the instructions of [classify]. It loads, compares and
// gathers; nothing in it depends on the bytes but the result, and a test
// compares it with classify for every byte at every place.

//go:noescape
func classify64(p *byte) (letters, digits, plain uint64)

//go:noescape
func classifyTail(p *byte, n int) (letters, digits, plain uint64)

// readBlock classifies up to 64 bytes from base.
func readBlock(value string, base int) block {
	n := len(value) - base
	if n < 16 {
		return classify(value, base)
	}
	p := unsafe.StringData(value[base:]) //nolint:gosec // n bytes are read, no more
	if n >= 64 {
		letters, digits, plain := classify64(p)
		return block{letters, digits, ^(plain | letters | digits)}
	}
	letters, digits, plain := classifyTail(p, n)
	return block{letters, digits, ^(plain | letters | digits) & (1<<n - 1)}
}
