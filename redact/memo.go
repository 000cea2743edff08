package redact

import (
	"hash/maphash"
	"runtime"
	"sync/atomic"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// Telemetry repeats itself: methods, routes, names of hosts, threads and databases. A
// decision remembers values that were found clean under it, whole and compared byte by
// byte, so that the second sighting costs one comparison.
const (
	fewBits, manyBits     = 3, 8
	fewValues, manyValues = 1 << fewBits, 1 << manyBits

	// A memo of few gets room for many when moreAfter values came back within manyValues
	// others that it did not hold. A key whose values are new each time never gets it.
	moreAfter = 4
	// maxMemos bounds the memos of many values of one engine, whatever keys a sender
	// makes up: 64 of 4 KiB, and the texts in them.
	maxMemos = 64
	// maxMemo is the length in bytes above which a value is not remembered.
	maxMemo = 160
	// newWorth and maxWorth are what others must want a place oftener than its value is
	// asked for, at first and at most. Both double with each value that the place gets,
	// up to maxWrites times: so values that share it come to rest.
	newWorth, maxWorth = 8, 64
	maxWrites          = 10
	// worthBits of a worth are the worth, those above count the values that there were.
	worthBits = 24
)

// memo holds clean values of one decision.
//
//   - It is read and written without a lock: a place is one pointer to a text
//     that never changes.
//   - A value is stored at its second sighting in a row in its place, so a
//     stream of unique values stores nothing. It leaves the place when others
//     have wanted it more often than it was asked for.
//   - It never holds a value in which something was found.
type memo struct {
	// many takes the place of few while there is one.
	many atomic.Pointer[[manyValues]remembered]
	// awaited is the hash of a value that was not held, since how many others were not
	// held after it, and back how many came back.
	awaited, since, back atomic.Uint32
	few                  [fewValues]remembered
}

// remembered is the place of the values of one hash.
type remembered struct {
	text atomic.Pointer[keptText]
	once atomic.Uint32
	// worth grows when the text is asked for and shrinks when another value wants the
	// place, see worthBits.
	worth atomic.Uint32
}

// keptText is a value with its bytes, in one piece of memory of its own: whatever
// shared it would live as long.
type keptText struct {
	size  uint8
	bytes [maxMemo]byte
}

const _ = uint8(maxMemo) // a size has to fit

func keep(s string) *keptText {
	k := &keptText{size: uint8(len(s))}
	copy(k.bytes[:], s)
	return k
}

func (k *keptText) is(s string) bool {
	return string(k.bytes[:k.size]) == s
}

// memoStore is what all memos of an engine share.
type memoStore struct {
	seed maphash.Seed
	left atomic.Int32 // memos of many values that there may still be
}

func (m *memoStore) init() {
	m.seed = maphash.MakeSeed()
	m.left.Store(maxMemos)
}

func (m *memo) place(s string) *remembered {
	h := placeOf(s)
	if many := m.many.Load(); many != nil {
		return &many[h>>(64-manyBits)]
	}
	return &m.few[h>>(64-fewBits)]
}

// placeOf is a hash whose high bits are the place of s. It need not be a secret: who
// aims at a place keeps values from being remembered.
func placeOf(s string) uint64 {
	// Values of one key differ at their ends: http-nio-8080-exec-17.
	h := uint64(len(s)) + uint64(s[len(s)/2])<<8
	if n := len(s) - 8; n >= 0 {
		h += detect.Load8(s, 0)*0x9e3779b97f4a7c15 ^ detect.Load8(s, n)*0xc2b2ae3d27d4eb4f
	} else {
		h += uint64(s[0])<<16 | uint64(s[len(s)-1])<<24
	}
	return h * 0x9e3779b97f4a7c15
}

// holds reports whether s, which is not empty, was found clean before.
func (m *memo) holds(s string) bool {
	place := m.place(s)
	p := place.text.Load()
	if p == nil || !p.is(s) {
		return false
	}
	if w := place.worth.Load(); w&(1<<worthBits-1) < maxWorth<<(w>>worthBits) {
		place.worth.Store(w + 1)
	}
	return true
}

// clean tells that nothing was found in s, which stands for so many values, most of
// which the memo is not told of.
func (m *memo) clean(store *memoStore, s string, values uint32) {
	h := uint32(maphash.String(store.seed, s) >> 32)
	if m.many.Load() == nil && m.wants(h, values) {
		m.grow(store)
	}
	place := m.place(s)
	if place.once.Load() != h {
		place.once.Store(h)
		return
	}
	// Two values that come back would drive each other out time and again.
	w := place.worth.Load()
	if w&(1<<worthBits-1) > 0 {
		place.worth.Store(w - 1)
		return
	}
	place.text.Store(keep(s))
	writes := min(w>>worthBits+1, maxWrites)
	place.worth.Store(writes<<worthBits | newWorth<<writes)
}

// wants tells that values of the hashes that it is called with come back.
func (m *memo) wants(h, values uint32) bool {
	came := m.awaited.Load() == h
	if !came && m.since.Add(values) <= manyValues {
		return false
	}
	m.awaited.Store(h)
	m.since.Store(0)
	return came && m.back.Add(1)%moreAfter == 0
}

// grow makes room for many values, and moves the few there.
func (m *memo) grow(store *memoStore) {
	if store.left.Add(-1) < 0 {
		store.left.Add(1)
		return
	}
	many := new([manyValues]remembered)
	for i := range m.few {
		if p := m.few[i].text.Swap(nil); p != nil {
			many[placeOf(string(p.bytes[:p.size]))>>(64-manyBits)].text.Store(p)
		}
	}
	// Decisions come and go, and their memos with them.
	runtime.AddCleanup(many, func(left *atomic.Int32) { left.Add(1) }, &store.left)
	m.many.CompareAndSwap(nil, many) // or another was faster
}
