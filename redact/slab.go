package redact

import "strings"

// Texts that outcomes carry are cut from slabs, a few dozen of them for one allocation.
// Whoever keeps one of them keeps its slab, so slabs are small: a text that a consumer
// holds for ever, as the name of a series, holds one kilobyte at most. A text longer
// than maxCut has memory of its own.
const (
	slabBytes = 1 << 10
	maxCut    = slabBytes / 4
)

// slab is the memory from which the next texts are cut. What was cut is never written
// again: a builder only appends, and never beyond the capacity that it was given here.
type slab struct{ text strings.Builder }

// cut returns the three parts as one text.
func (b *slab) cut(head, middle, tail string) string {
	n := len(head) + len(middle) + len(tail)
	if n > maxCut {
		return head + middle + tail
	}
	from := b.room(n)
	b.text.WriteString(head)
	b.text.WriteString(middle)
	b.text.WriteString(tail)
	return b.text.String()[from:]
}

// copied returns a copy of text.
func (b *slab) copied(text []byte) string {
	if len(text) > maxCut {
		return string(text)
	}
	from := b.room(len(text))
	b.text.Write(text)
	return b.text.String()[from:]
}

// room returns where the next n bytes go.
func (b *slab) room(n int) int {
	if b.text.Cap()-b.text.Len() < n {
		b.text.Reset()
		b.text.Grow(slabBytes)
	}
	return b.text.Len()
}
