package sealedlog

import (
	"encoding/binary"
	"fmt"
)

// OpKind is what an Op does.
type OpKind uint8

// Kinds of operation.
const (
	Get OpKind = iota + 1
	Set
	Delete
)

// Op is one operation of a batch. For Get, Value is the result: nil if there
// is no such key, non-nil (perhaps empty) if there is.
type Op struct {
	Kind  OpKind
	Key   string
	Value []byte
}

// MaxKey bounds the length of a key, in bytes.
const MaxKey = 4096

// Operation codes in a frame.
const (
	opSet    = 1
	opPatch  = 2
	opDelete = 3
)

// logOp is one operation as it stands in a frame:
//
//	op u8 | klen uvarint | key | vlen uvarint | value
type logOp struct {
	code  byte
	key   string
	value []byte
}

func (o logOp) size() int { return 1 + 2*binary.MaxVarintLen32 + len(o.key) + len(o.value) }

// appendOp returns dst and the offset at which the value stands in it.
func appendOp(dst []byte, o logOp) ([]byte, int) {
	dst = append(dst, o.code)
	dst = binary.AppendUvarint(dst, uint64(len(o.key)))
	dst = append(dst, o.key...)
	dst = binary.AppendUvarint(dst, uint64(len(o.value)))
	at := len(dst)
	return append(dst, o.value...), at
}

// cursor reads a plaintext. Its first error sticks.
type cursor struct {
	b   []byte
	at  int
	bad bool
}

func (c *cursor) uvarint() uint64 {
	if c.bad {
		return 0
	}
	v, n := binary.Uvarint(c.b[c.at:])
	if n <= 0 {
		c.bad = true
		return 0
	}
	c.at += n
	return v
}

func (c *cursor) take(n uint64) []byte {
	if c.bad || n > uint64(len(c.b)-c.at) {
		c.bad = true
		return nil
	}
	s := c.b[c.at : c.at+int(n) : c.at+int(n)]
	c.at += int(n)
	return s
}

func (c *cursor) uint64() uint64 {
	b := c.take(8)
	if c.bad {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// parsedOp is a logOp whose key and value lie in the plaintext.
type parsedOp struct {
	code    byte
	key     []byte
	value   []byte
	valueAt int
}

func (c *cursor) op() (parsedOp, bool) {
	code := c.take(1)
	if c.bad {
		return parsedOp{}, false
	}
	o := parsedOp{code: code[0]}
	n := c.uvarint()
	if n > MaxKey {
		c.bad = true
		return parsedOp{}, false
	}
	o.key = c.take(n)
	n = c.uvarint()
	o.valueAt = c.at
	o.value = c.take(n)
	if o.code < opSet || o.code > opDelete || (o.code == opDelete && n != 0) {
		c.bad = true
	}
	return o, !c.bad
}

// parseOps reads the plaintext of a data frame and calls fn for each
// operation. Nothing is called for a malformed frame.
func parseOps(plain []byte, fn func(parsedOp)) (synced uint64, err error) { //nolint:unparam // synced is a field of the format; recovery reads it before the rest
	walk := func(fn func(parsedOp)) (uint64, error) {
		c := cursor{b: plain}
		synced := c.uvarint()
		count := c.uvarint()
		// An operation takes at least 3 bytes: a huge count is refused before
		// anything is done with it.
		if c.bad || count > uint64(len(plain)) {
			return 0, fmt.Errorf("%w: operation count", errFrame)
		}
		for range count {
			o, ok := c.op()
			if !ok {
				return 0, fmt.Errorf("%w: operation", errFrame)
			}
			if fn != nil {
				fn(o)
			}
		}
		if c.at != len(plain) {
			return 0, fmt.Errorf("%w: %d bytes too many", errFrame, len(plain)-c.at)
		}
		return synced, nil
	}
	if _, err := walk(nil); err != nil {
		return 0, err
	}
	return walk(fn)
}

// openRecord is the first frame of a segment: where the log before it ends.
//
//	synced_seq uvarint | 0 | previous segment u64 | end offset u64 | last seq u64 | hash of the last frame 32
type openRecord struct {
	prev    uint64
	end     uint64
	lastSeq uint64
	hash    [32]byte
}

func (o openRecord) append(dst []byte, synced uint64) []byte {
	dst = binary.AppendUvarint(dst, synced)
	dst = append(dst, 0)
	dst = binary.BigEndian.AppendUint64(dst, o.prev)
	dst = binary.BigEndian.AppendUint64(dst, o.end)
	dst = binary.BigEndian.AppendUint64(dst, o.lastSeq)
	return append(dst, o.hash[:]...)
}

func parseOpen(plain []byte) (o openRecord, synced uint64, err error) { //nolint:unparam // synced is a field of the format; recovery reads it before the rest
	c := cursor{b: plain}
	synced = c.uvarint()
	zero := c.uvarint()
	o.prev, o.end, o.lastSeq = c.uint64(), c.uint64(), c.uint64()
	hash := c.take(32)
	if c.bad || zero != 0 || c.at != len(plain) {
		return openRecord{}, 0, fmt.Errorf("%w: open", errFrame)
	}
	o.hash = [32]byte(hash)
	return o, synced, nil
}

// footerEntry names a live record of the segment: which frame holds it.
type footerEntry struct {
	key string
	seq uint64
}

// appendFooter encodes the index of a segment:
//
//	synced_seq uvarint | 0 | count uvarint | { klen uvarint | key | seq uvarint }*
func appendFooter(dst []byte, synced uint64, entries []footerEntry) []byte {
	dst = binary.AppendUvarint(dst, synced)
	dst = append(dst, 0)
	dst = binary.AppendUvarint(dst, uint64(len(entries)))
	for _, e := range entries {
		dst = binary.AppendUvarint(dst, uint64(len(e.key)))
		dst = append(dst, e.key...)
		dst = binary.AppendUvarint(dst, e.seq)
	}
	return dst
}

func parseFooter(plain []byte) (entries []footerEntry, synced uint64, err error) { //nolint:unparam // synced is a field of the format; recovery reads it before the rest
	c := cursor{b: plain}
	synced = c.uvarint()
	zero := c.uvarint()
	count := c.uvarint()
	if c.bad || zero != 0 || count > uint64(len(plain)) {
		return nil, 0, fmt.Errorf("%w: footer", errFrame)
	}
	for range count {
		n := c.uvarint()
		if n > MaxKey {
			return nil, 0, fmt.Errorf("%w: footer key", errFrame)
		}
		key := c.take(n)
		seq := c.uvarint()
		if c.bad {
			return nil, 0, fmt.Errorf("%w: footer entry", errFrame)
		}
		entries = append(entries, footerEntry{string(key), seq})
	}
	if c.at != len(plain) {
		return nil, 0, fmt.Errorf("%w: footer length", errFrame)
	}
	return entries, synced, nil
}
