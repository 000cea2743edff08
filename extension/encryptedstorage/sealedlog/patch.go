package sealedlog

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

const (
	// maxPatched bounds the values that are kept in memory to be patched.
	maxPatched = 1 << 20
	minPatched = 64
	// mergeGap: equal bytes between two changes that are cheaper to repeat
	// than to describe.
	mergeGap = 8
)

// appendPatch appends what turns old into next:
//
//	base seq uvarint | length uvarint | { skip uvarint | n uvarint | n bytes }*
//
// ok is false if that takes more than half of next. base is the sequence number
// of the call that wrote old: a patch is only ever applied to that very value.
func appendPatch(dst []byte, base uint64, old, next []byte) (patch []byte, ok bool) {
	start := len(dst)
	dst = binary.AppendUvarint(dst, base)
	dst = binary.AppendUvarint(dst, uint64(len(next)))
	common := min(len(old), len(next))
	done := 0 // everything before is described
	for at := 0; at < len(next); {
		at = nextDifference(old[:common], next[:common], at)
		if at >= len(next) {
			break
		}
		end := at
		for end < len(next) {
			if end >= common {
				end = len(next)
				break
			}
			if old[end] != next[end] {
				end++
				continue
			}
			if differs := nextDifference(old[:common], next[:common], end); differs < len(next) && differs-end < mergeGap {
				end = differs
				continue
			}
			break
		}
		dst = binary.AppendUvarint(dst, uint64(at-done))
		dst = binary.AppendUvarint(dst, uint64(end-at))
		dst = append(dst, next[at:end]...)
		if len(dst)-start > len(next)/2 {
			return dst[:start], false
		}
		done, at = end, end
	}
	return dst, true
}

// nextDifference is the first offset from at on where a and b, of the same
// length, differ; their length if they do not.
func nextDifference(a, b []byte, at int) int {
	if at >= len(a) {
		return max(at, len(a))
	}
	for at+8 <= len(a) {
		if d := binary.LittleEndian.Uint64(a[at:]) ^ binary.LittleEndian.Uint64(b[at:]); d != 0 {
			return at + bits.TrailingZeros64(d)/8
		}
		at += 8
	}
	for at < len(a) && a[at] == b[at] {
		at++
	}
	return at
}

// patchBase is the sequence number that a patch builds on.
func patchBase(patch []byte) (uint64, bool) {
	base, n := binary.Uvarint(patch)
	return base, n > 0
}

// applyPatch returns the patched value in fresh memory.
func applyPatch(old, patch []byte) ([]byte, error) {
	c := cursor{b: patch}
	c.uvarint()
	length := c.uvarint()
	if c.bad || length > maxPatched {
		return nil, fmt.Errorf("%w: patch length", errFrame)
	}
	out := make([]byte, length)
	copied := copy(out, old)
	at := uint64(0)
	for c.at < len(patch) {
		skip, n := c.uvarint(), c.uvarint()
		run := c.take(n)
		if c.bad || skip > length-at || n > length-at-skip || n == 0 {
			return nil, fmt.Errorf("%w: patch run", errFrame)
		}
		at += skip
		copy(out[at:], run)
		if at <= uint64(copied) {
			copied = max(copied, int(at+n))
		}
		at += n
	}
	if uint64(copied) < length {
		return nil, fmt.Errorf("%w: patch leaves a hole", errFrame)
	}
	return out, nil
}
