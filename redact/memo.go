package redact

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// Telemetry repeats itself: methods, routes, names of hosts, threads and databases. A
// decision remembers values that were found clean under it, whole and compared byte by
// byte, so that the second sighting costs one comparison.
const (
	fewValues  = 8
	manyValues = 256
	// moreAfter is how many values a memo of few has stored when it gets room for many.
	// Each was seen twice in a row, so a key whose values are new each time never has.
	moreAfter = 16
	// maxMemos bounds the memos of many values of one engine, whatever keys a sender
	// makes up: 256 of 4 KiB, and the texts in them.
	maxMemos = 256
	// maxMemo is the length in bytes above which a value is not remembered.
	maxMemo = 160
	// maxMemoWrites bounds what a stream of ever new pairs of equal values can
	// make a place allocate.
	maxMemoWrites = 32
)

// memo holds clean values of one decision.
//
//   - It is read and written without a lock: a place is one pointer to a string
//     that never changes.
//   - A value is stored at its second sighting in a row in its place, so a
//     stream of unique values allocates nothing.
//   - It never holds a value in which something was found.
type memo struct {
	// many takes the place of few once there is one.
	many   atomic.Pointer[[manyValues]remembered]
	stored atomic.Uint32
	few    [fewValues]remembered
}

// remembered is the place of the values of one hash.
type remembered struct {
	text   atomic.Pointer[string]
	once   atomic.Uint32
	writes atomic.Uint32
}

func (m *memo) place(s string) *remembered {
	// Values of one key differ at their ends: http-nio-8080-exec-17.
	h := uint64(len(s)) + uint64(s[len(s)/2])<<8
	if n := len(s) - 8; n >= 0 {
		h += detect.Load8(s, 0)*0x9e3779b97f4a7c15 ^ detect.Load8(s, n)*0xc2b2ae3d27d4eb4f
	} else {
		h += uint64(s[0])<<16 | uint64(s[len(s)-1])<<24
	}
	h *= 0x9e3779b97f4a7c15
	if many := m.many.Load(); many != nil {
		return &many[h>>56]
	}
	return &m.few[h>>61]
}

// holds reports whether s, which is not empty, was found clean before.
func (m *memo) holds(s string) bool {
	p := m.place(s).text.Load()
	return p != nil && *p == s
}

// clean tells that nothing was found in s. It takes from left, the number of memos of
// many values that there may still be.
func (m *memo) clean(seed maphash.Seed, s string, left *atomic.Int32) {
	p, h := m.place(s), uint32(maphash.String(seed, s)>>32)
	if p.once.Load() != h {
		p.once.Store(h)
		return
	}
	if p.writes.Load() >= maxMemoWrites {
		return
	}
	p.writes.Add(1)
	own := strings.Clone(s)
	p.text.Store(&own)
	if m.stored.Add(1) == moreAfter && left.Add(-1) >= 0 {
		m.many.Store(new([manyValues]remembered))
	}
}
