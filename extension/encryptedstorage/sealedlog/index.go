package sealedlog

import (
	"iter"
	"math"
	"strconv"
)

// location is where a value lies: 24 bytes, because there is one for every
// item of a backlog.
type location struct {
	segment uint32
	offset  uint32 // of the frame, in units of frameAlign
	body    uint32 // length of nonce, ciphertext and tag; 0 means no location
	valueAt uint32 // offset of the value in the plaintext
	value   uint32 // length of the value
	seq     uint32 // low half of the frame's sequence number
}

// damagedAt as valueAt marks a key whose value is known to be unreadable.
const damagedAt = math.MaxUint32

func (l location) damaged() bool { return l.valueAt == damagedAt }

// recordOverhead stands for key, framing and padding of a live record.
const recordOverhead = 64

func (l location) liveBytes() int64 { return int64(l.value) + recordOverhead }

// record is the entry of a key that is not a number. Such keys are few, and
// overwritten in place (the queue's metadata, offsets of receivers).
type record struct {
	location
	seq     uint64 // of the call that wrote the value
	cached  []byte // the value, if it is held in memory; never changed in place
	scratch []byte // an earlier value's memory, to be used again
	patched bool   // cached is the only complete copy: the log holds patches
}

// index maps keys to records. Numbers, the keys of queued items, live in a
// ring: a window of consecutive numbers, slot = number modulo its length.
type index struct {
	ring  []location
	base  uint64 // lowest number of the window
	top   uint64 // one past the highest number that was ever set in it
	inUse int    // occupied slots
	named map[string]*record

	cachedBytes int64
	memory      int64 // bound of cachedBytes, but for values that the log holds as patches
}

const minRing = 1024

func newIndex(memory int64) index { return index{named: map[string]*record{}, memory: memory} }

// number parses a canonical decimal key: "7", never "07".
func number(key string) (uint64, bool) {
	if key == "" || len(key) > 20 || (key[0] == '0' && len(key) > 1) {
		return 0, false
	}
	for i := range len(key) {
		if key[i] < '0' || key[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseUint(key, 10, 64)
	// The window's end is computed as base + length, which must not overflow.
	return n, err == nil && n < 1<<62
}

func (x *index) len() int { return x.inUse + len(x.named) }

func (x *index) slot(n uint64) *location {
	if n < x.base || n-x.base >= uint64(len(x.ring)) {
		return nil
	}
	return &x.ring[n&uint64(len(x.ring)-1)]
}

func (x *index) get(key string) (location, *record, bool) {
	if n, ok := number(key); ok {
		if s := x.slot(n); s != nil && s.body != 0 {
			return *s, nil, true
		}
	}
	if r, ok := x.named[key]; ok {
		return r.location, r, true
	}
	return location{}, nil, false
}

// put sets a key; the caller has taken the old record off the books.
func (x *index) put(key string, loc location, seq uint64) *record {
	if n, ok := number(key); ok {
		if _, elsewhere := x.named[key]; !elsewhere && x.reach(n) {
			s := x.slot(n)
			if s.body == 0 {
				x.inUse++
			}
			*s = loc
			x.top = max(x.top, n+1)
			return nil
		}
	}
	r := x.named[key]
	if r == nil {
		r = &record{}
		x.named[key] = r
	}
	x.uncache(r)
	r.location, r.seq = loc, seq
	return r
}

// reach makes the window hold n, unless that would waste memory: a key chosen
// far away must not cost more than itself.
func (x *index) reach(n uint64) bool {
	if x.inUse == 0 {
		if len(x.ring) > 64*minRing || x.ring == nil {
			x.ring = make([]location, minRing)
		}
		x.base, x.top = n, n
		return true
	}
	if n >= x.base && n-x.base < uint64(len(x.ring)) {
		return true
	}
	for x.base < x.top && x.slot(x.base).body == 0 {
		x.base++
	}
	low, high := min(x.base, n), max(x.top, n+1)
	span := high - low
	if span > uint64(len(x.ring)) {
		if span > uint64(8*(x.inUse+minRing)) {
			return false
		}
		size := uint64(len(x.ring))
		for size < span {
			size *= 2
		}
		grown := make([]location, size)
		for m := x.base; m < x.top; m++ {
			grown[m&(size-1)] = *x.slot(m)
		}
		x.ring = grown
	}
	x.base = low
	return true
}

func (x *index) remove(key string) {
	if n, ok := number(key); ok {
		if s := x.slot(n); s != nil && s.body != 0 {
			*s = location{}
			x.inUse--
			return
		}
	}
	if r, ok := x.named[key]; ok {
		x.uncache(r)
		delete(x.named, key)
	}
}

// maxCached bounds all values that are held in memory for patching, unless
// Options.NamedMemory says so.
const maxCached = 16 << 20

// cache holds value with its record in place of the one before, whose memory is
// not true any more. It reports false if the record is held without a value: there
// are too many. One that the log holds as patches only is held whatever their
// number. The memory becomes the index's own.
func (x *index) cache(r *record, value []byte, patched bool) bool {
	x.uncache(r)
	if !patched && (len(value) > maxPatched || x.cachedBytes+int64(len(value)) > x.memory) {
		return false
	}
	x.cachedBytes += int64(len(value))
	r.cached, r.patched = value, patched
	return true
}

func (x *index) uncache(r *record) {
	x.cachedBytes -= int64(len(r.cached))
	r.cached, r.patched = nil, false
}

// all yields every key; the index must not change meanwhile.
func (x *index) all() iter.Seq2[string, location] {
	return x.where(func(location) bool { return true })
}

// in yields the keys whose records lie in one segment. It visits the whole
// index, but makes no text of the numbers that it passes by: a backlog has
// millions.
func (x *index) in(segment uint64) iter.Seq2[string, location] {
	return x.where(func(l location) bool { return uint64(l.segment) == segment && !l.damaged() })
}

func (x *index) where(match func(location) bool) iter.Seq2[string, location] {
	return func(yield func(string, location) bool) {
		for key, r := range x.named {
			if match(r.location) && !yield(key, r.location) {
				return
			}
		}
		if x.inUse == 0 {
			return
		}
		for n := x.base; n < x.top; n++ {
			if s := x.slot(n); s != nil && s.body != 0 && match(*s) && !yield(strconv.FormatUint(n, 10), *s) {
				return
			}
		}
	}
}
