package sealedlog

import "math"

// hold remembers applied changes until they are synced.
func (l *Log) hold(changes []change) {
	for _, c := range changes {
		if old, held := l.pending[c.key]; held {
			l.pendingBytes -= int64(logOp{key: c.key, value: old}.size())
		}
		value := c.value
		if value != nil && !c.relog {
			// The caller owns the bytes; a cached copy is never changed in place
			// while it is current.
			if _, r, ok := l.index.get(c.key); ok && r != nil && r.cached != nil {
				value = r.cached
			} else {
				value = append(make([]byte, 0, len(c.value)), c.value...)
			}
		}
		l.pending[c.key] = value
		l.pendingBytes += int64(logOp{key: c.key, value: value}.size())
	}
}

// holdable tells whether changes may be held beside what is pending: no failover
// could write more than a frame of it.
func (l *Log) holdable(changes []change) bool {
	return l.pendingBytes+plainSize(changes) <= l.maxPlain
}

// unlogged stands for the number of a call that no log holds yet.
const unlogged = math.MaxUint64

// applyInMemory applies changes that are in no log.
func (l *Log) applyInMemory(changes []change) {
	for _, c := range changes {
		// The log's copy is the only one that a crash leaves: its segment must not
		// be given away before another holds what replaces it.
		l.kill(c.key, unlogged)
		if c.value == nil {
			l.index.remove(c.key)
			continue
		}
		r := l.index.put(c.key, location{body: 1, value: uint32(len(c.value))}, 0)
		if r != nil {
			l.index.cache(r, append(make([]byte, 0, len(c.value)), c.value...), false)
		}
	}
	l.hold(changes)
}

// apply enters changes that stand in the log at loc; l.ats holds the offset of
// each value in the plaintext.
func (l *Log) apply(changes []change, loc location) {
	seg := l.byID[loc.segment]
	for i, c := range changes {
		if c.relog {
			if d := l.deferred[c.key]; d != nil {
				if _, _, exists := l.index.get(c.key); !exists {
					l.unbook(d.location, l.seq)
					d.location, d.call = l.book(seg, loc, i, c), l.seq
					continue
				}
			}
		}
		if c.value == nil {
			l.kill(c.key, l.seq)
			l.index.remove(c.key)
			continue
		}
		if l.ats[i] < 0 { // a patch: the full value stays where it is
			_, r, _ := l.index.get(c.key)
			seg := l.byID[r.segment]
			seg.live += int64(len(c.value)) - int64(r.value)
			r.value = uint32(len(c.value))
			r.seq = l.seq
			r.patched = true
			l.recache(r, c.value)
			continue
		}
		var keep *record
		if _, r, ok := l.index.get(c.key); ok && r != nil {
			keep = r
		}
		l.kill(c.key, l.seq)
		at := l.book(seg, loc, i, c)
		if keep != nil {
			// Reuses the buffers of the record.
			keep.location, keep.seq, keep.patched = at, l.seq, false
			l.recache(keep, c.value)
			continue
		}
		r := l.index.put(c.key, at, l.seq)
		switch n, ok := number(c.key); {
		case r != nil:
			l.recache(r, c.value)
		case ok && c.insert && !c.relog:
			l.cache.add(n, at, c.value)
		}
	}
}

func (l *Log) book(seg *segment, loc location, i int, c change) location {
	loc.valueAt, loc.value = uint32(l.ats[i]), uint32(len(c.value))
	seg.live += loc.liveBytes()
	seg.records++
	return loc
}

// recache keeps a copy of value with r if it is small enough.
func (l *Log) recache(r *record, value []byte) {
	if len(value) > maxPatched {
		l.index.uncache(r)
		return
	}
	if len(value) > 0 && len(r.cached) == len(value) && &r.cached[0] == &value[0] {
		return
	}
	fresh := append(r.scratch[:0], value...) //nolint:gocritic // takes the spare buffer over
	r.scratch = nil                          // else a kept spare would be the cached value itself
	if fresh == nil {
		fresh = emptyValue
	}
	old := r.cached
	if l.index.cache(r, fresh, r.patched) && cap(old) > 0 && cap(old) <= 2*len(value)+4096 {
		r.scratch = old
	} else {
		r.scratch = nil
	}
}

// kill takes the record of key off its segment's books; by is the call that
// replaces or deletes it.
func (l *Log) kill(key string, by uint64) {
	l.forget(key)
	loc, _, ok := l.index.get(key)
	if !ok {
		d := l.deferred[key]
		if d == nil {
			return
		}
		loc = d.location
		delete(l.deferred, key)
	}
	l.unbook(loc, by)
}

func (l *Log) unbook(loc location, by uint64) {
	seg := l.byID[loc.segment]
	if seg == nil || loc.damaged() {
		return
	}
	seg.live -= loc.liveBytes()
	seg.records--
	seg.lastKill = max(seg.lastKill, by)
}
