package sealedlog

import "slices"

// The persistent queue starts by reading all items that were in flight,
// deleting them in one batch, and inserting them again one by one. A process
// that dies in between would lose those that it has not put back. So a batch
// that only deletes, as the first change after Open, is applied in memory but
// logged only with the n-th insert after it, or with the first batch that
// overwrites without inserting, or by Close. A crash before that brings the
// deleted records back: items come twice, never zero times.

// deferDeletes takes changes over if they are such a batch.
func (l *Log) deferDeletes(changes []change) bool {
	for _, c := range changes {
		if c.value != nil {
			return false
		}
	}
	l.forgetAll()
	deferred := make(map[string]*deferredDelete, len(changes))
	for _, c := range changes {
		loc, r, ok := l.index.get(c.key)
		if !ok {
			continue
		}
		d := &deferredDelete{location: loc}
		if r != nil {
			d.call, d.cached = r.seq, r.cached
		}
		deferred[c.key] = d
		// The record stays on the books of its segment: the log still has it.
		l.index.remove(c.key)
	}
	if len(deferred) == 0 {
		return false
	}
	l.deferred, l.deferredLeft = deferred, len(deferred)
	return true
}

// endDeferral puts the deferred deletes in front of changes if these are what
// they have waited for.
func (l *Log) endDeferral(changes []change, inserts int) (all []change, ended bool) {
	l.deferredLeft -= inserts
	overwrites := inserts == 0 && slices.ContainsFunc(changes, func(c change) bool { return c.value != nil })
	if l.deferredLeft > 0 && !overwrites {
		return changes, false
	}
	all = append(l.deferredDeletes(), changes...)
	if plainSize(all) > l.maxPlain {
		return changes, false // with the next one: what comes twice is not lost
	}
	return all, true
}

// deferredDeletes ends the deferral: what it returns must be logged next.
// l.deferred keeps the books until the deletes are applied.
func (l *Log) deferredDeletes() []change {
	deletes := make([]change, 0, len(l.deferred))
	for key := range l.deferred {
		// A key that was set again is no longer in the map: the insert in
		// the log has replaced the old record.
		deletes = append(deletes, change{key: key})
	}
	return deletes
}
