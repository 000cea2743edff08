package redact

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Telemetry repeats itself: methods, routes, names of hosts and databases. A
// decision remembers a few values that were found clean under it, whole and
// compared byte by byte, so that the second sighting costs one comparison.
const (
	memoSlots = 8
	// maxMemo is the length in bytes above which a value is not remembered.
	maxMemo = 160
	// maxMemoWrites bounds what a stream of ever new pairs of equal values can
	// make a slot allocate.
	maxMemoWrites = 32
)

// memo holds clean values of one decision.
//
//   - It is read and written without a lock: a slot is one pointer to a string
//     that never changes.
//   - A value is stored at its second sighting in a row in its slot, so a
//     stream of unique values allocates nothing.
//   - It never holds a value in which something was found.
type memo struct {
	texts  [memoSlots]atomic.Pointer[string]
	once   [memoSlots]atomic.Uint64
	writes [memoSlots]atomic.Uint32
}

func memoSlot(s string) int {
	return (len(s) + int(s[0])*5 + int(s[len(s)-1])*3 + int(s[len(s)/2])) & (memoSlots - 1)
}

// holds reports whether s, which is not empty, was found clean before.
func (m *memo) holds(s string) bool {
	p := m.texts[memoSlot(s)].Load()
	return p != nil && *p == s
}

// clean tells that nothing was found in s.
func (m *memo) clean(seed maphash.Seed, s string) {
	i := memoSlot(s)
	h := maphash.String(seed, s)
	if m.once[i].Load() != h {
		m.once[i].Store(h)
		return
	}
	if m.writes[i].Load() >= maxMemoWrites {
		return
	}
	m.writes[i].Add(1)
	own := strings.Clone(s)
	m.texts[i].Store(&own)
}
