package sealedlog

import (
	"os"
	"slices"
)

// A copy of 64 KiB takes 3 µs, but the kernel gives the pages of new memory one
// by one when they are first written to, which takes as long as sealing the
// value. While values are copied into the cache, a goroutine makes memory for the
// next ones and touches it.

const (
	// minFresh and maxFresh bound what memory is made for, in bytes: less comes
	// from pages that are in use, and for more there is no spare processor time.
	minFresh = 32 << 10
	maxFresh = 2 << 20
	// freshBuffers and maxFresh together bound what is made ahead.
	freshBuffers = 32
)

// freshMemory makes memory for copies ahead of need. want and size belong to
// whoever copies, run to one goroutine.
type freshMemory struct {
	ready chan []byte
	want  chan int // of a size in bytes; at most one is asked for at a time
	size  int      // of what is copied, of late
}

func newFreshMemory() *freshMemory {
	return &freshMemory{ready: make(chan []byte, freshBuffers), want: make(chan int, 1)}
}

// ahead is how many buffers of size are made ahead.
func ahead(size int) int { return max(1, min(freshBuffers, maxFresh/size)) }

// clone returns a copy of value whose capacity is at most room, if value's length
// is. It never waits. Without memory at hand, or where f is nil, it makes some.
func (f *freshMemory) clone(value []byte, room int64) []byte {
	n := len(value)
	if f == nil || n < minFresh || n > maxFresh {
		return slices.Clip(slices.Clone(value))
	}
	// One small value among large ones changes little.
	f.size = max(n, f.size-f.size/8)
	if len(f.ready) <= ahead(f.size)/2 {
		select {
		case f.want <- f.size:
		default: // it is at work
		}
	}
	select {
	case b := <-f.ready:
		// The value keeps all of it: not more than twice of what it needs.
		if len(b) >= n && len(b) <= 2*n && int64(len(b)) <= room {
			return b[:copy(b, value)]
		}
	default:
	}
	return slices.Clip(slices.Clone(value))
}

// run makes memory until stop is closed.
func (f *freshMemory) run(stop <-chan struct{}) {
	page := os.Getpagesize()
	for {
		var size int
		select {
		case <-stop:
			return
		case size = <-f.want:
		}
		for len(f.ready) < ahead(size) {
			b := make([]byte, size)
			for at := 0; at < size; at += page {
				b[at] = 0 // asks the kernel for the page
			}
			f.ready <- b // has room: nobody else sends
		}
	}
}
