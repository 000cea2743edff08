package sealedlog

import (
	"strconv"
	"sync/atomic"
)

// A queue that drains takes its items in the order of their numbers. While its
// caller is busy with one, a goroutine reads and opens the next. What it finds
// counts only if a direct read would find the same: the index must still name
// that very frame when the record is asked for, and whatever went wrong is
// forgotten and met again by the direct read, so that damage is told, counted
// and reported in one place.

const (
	// aheadRecords and aheadBytes bound the records that are held in clear
	// before anyone asked for them.
	aheadRecords = 4
	aheadBytes   = 4 << 20
)

// fetch is the reading of one record before it is asked for.
type fetch struct {
	number uint64
	loc    location
	source frameSource
	taken  atomic.Bool   // set by the goroutine that reads, or to prevent it
	done   chan struct{} // closed when value may be read
	value  []byte        // nil if it was not read
}

// run reads the record. The caller has set taken.
func (f *fetch) run(r *recordReader) {
	defer close(f.done)
	if value, err := r.value(f.source, f.loc, 1); err == nil {
		f.value = value
	}
}

// drop prevents or forgets the reading.
func (f *fetch) drop() {
	if f.taken.CompareAndSwap(false, true) {
		return
	}
	select {
	case <-f.done:
		clear(f.value) // nobody has seen it, and nobody is to find it
		f.value = nil
	default: // still being read; nothing refers to it any more
	}
}

// readAhead is guarded by Log.mu.
type readAhead struct {
	next    uint64   // one past the number that was read last
	fetches []*fetch // in the order of their numbers
	bytes   int64    // of their frames
	work    chan *fetch
}

// remove takes the fetch of n out, if there is one.
func (a *readAhead) remove(n uint64) *fetch {
	for i, f := range a.fetches {
		if f.number == n {
			a.fetches = append(a.fetches[:i], a.fetches[i+1:]...)
			a.bytes -= int64(f.loc.body)
			return f
		}
	}
	return nil
}

func (a *readAhead) forget(n uint64) {
	if f := a.remove(n); f != nil {
		f.drop()
	}
}

func (a *readAhead) forgetAll() {
	for _, f := range a.fetches {
		f.drop()
	}
	a.fetches, a.bytes = nil, 0
}

// forget drops what is held in memory of a record that is no longer what it was.
func (l *Log) forget(key string) {
	if len(l.ahead.fetches) == 0 && len(l.cache.items) == 0 {
		return
	}
	if n, ok := number(key); ok {
		l.ahead.forget(n)
		l.cache.forget(n)
	}
}

// forgetAll drops everything that nobody has asked for yet.
func (l *Log) forgetAll() {
	l.ahead.forgetAll()
	l.cache.forgetAll()
}

// readNumber returns the value of the record with a number for a key, and has
// its successors read if it is a successor itself.
func (l *Log) readNumber(n uint64, loc location) ([]byte, error) {
	sequential := l.ahead.next == n
	l.ahead.next = n + 1
	if !sequential {
		l.ahead.forgetAll()
	}
	f := l.ahead.remove(n)
	if sequential {
		l.lookAhead()
	}
	if value, at := l.cache.take(n); value != nil && at == loc {
		if f != nil {
			f.drop()
		}
		return value, nil
	}
	switch {
	case f == nil:
	case f.loc != loc:
		f.drop()
	case f.taken.CompareAndSwap(false, true):
		// The reader has not come to it.
	default:
		l.await(f)
		if f.value != nil {
			return f.value, nil
		}
	}
	return l.readLocation(loc)
}

// await returns when f is done. Instead of doing nothing until then it reads
// what comes next: two records are opened in the time of one.
func (l *Log) await(f *fetch) {
	select {
	case <-f.done:
		return
	default:
	}
	for _, other := range l.ahead.fetches {
		if other.taken.CompareAndSwap(false, true) {
			other.run(&l.reader)
			break
		}
	}
	<-f.done
}

// lookAhead has the next records read.
func (l *Log) lookAhead() {
	a := &l.ahead
	for n := a.next; n < a.next+aheadRecords; n++ {
		if k := int(n - a.next); k < len(a.fetches) && a.fetches[k].number == n {
			continue
		}
		slot := l.index.slot(n)
		if l.cache.holds(n) || slot == nil || slot.body == 0 || slot.damaged() || a.bytes+int64(slot.body) > aheadBytes {
			return
		}
		seg := l.byID[slot.segment]
		if seg == nil || (len(l.pending) > 0 && l.pending[strconv.FormatUint(n, 10)] != nil) {
			return
		}
		f := &fetch{number: n, loc: *slot, source: seg.source(), done: make(chan struct{})}
		if l.opts.Inline {
			f.taken.Store(true)
			f.run(&l.reader)
		} else {
			if a.work == nil {
				a.work = make(chan *fetch, 4*aheadRecords)
				l.done.Go(func() { l.fetchAhead(a.work) })
			}
			select {
			case a.work <- f:
			default: // full of what was forgotten
				return
			}
		}
		a.fetches = append(a.fetches, f)
		a.bytes += int64(f.loc.body)
	}
}

// fetchAhead reads until the log is closed. It touches nothing that Log.mu
// guards, and asks for no key: the segments' are derived.
func (l *Log) fetchAhead(work <-chan *fetch) {
	var r recordReader
	for {
		select {
		case <-l.stop:
			return
		case f := <-work:
			if f.taken.CompareAndSwap(false, true) {
				f.run(&r)
			}
		}
	}
}
