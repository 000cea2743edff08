package sealedlog

import (
	"errors"
	"slices"
)

// A log that is told not to sync can't drop a head without making the calls
// that killed its records durable, and with them everything in between. When
// next to nothing is alive any more there is a cheaper way: a new segment that
// begins with all live records, synced before it gets its name, makes all
// older segments void.

// checkpointDue: all that lives fits a small frame, and there is something to
// gain.
func (l *Log) checkpointDue() bool {
	if len(l.segs) < 2 || l.stuck != nil || l.reclaiming || l.index.len() > 1024 {
		return false
	}
	l.collectSpare(false)
	live, _ := l.sizes()
	if l.spare == nil || live > l.active().size/tinyShare {
		return false
	}
	now := l.opts.Now()
	return !slices.ContainsFunc(l.segs, func(s *segment) bool { return now.Before(s.moveAfter) })
}

// startCheckpoint has a checkpoint made as soon as no call is running: the call
// that finds it due is mostly the last one of a drain, and has no need to wait
// for the disk.
func (l *Log) startCheckpoint() {
	if l.opts.Inline {
		l.checkpoint()
		return
	}
	if l.checkpointing {
		return
	}
	l.checkpointing = true
	l.done.Go(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.checkpointing = false
		if !l.closed && l.checkpointDue() {
			l.checkpoint()
		}
	})
}

// checkpoint starts a segment that replaces all others. On error the log goes
// on as it was, or is stuck if it can't be known what became durable.
func (l *Log) checkpoint() {
	var changes []change
	add := func(key string, loc location) bool {
		if loc.damaged() {
			return true // its file is kept, see drop
		}
		value, err := l.survivingValue(key, loc)
		if err != nil {
			l.stats.MoveErrors++
			seg := l.byID[loc.segment]
			if !isDamage(err) && (seg == nil || !l.unreadable(seg, loc, err)) {
				return false
			}
			if seg != nil {
				l.markDamaged(key, seg) // its file is kept
			}
			return true
		}
		changes = append(changes, change{key: key, value: value, relog: true})
		return true
	}
	for key, loc := range l.index.all() {
		if !add(key, loc) {
			return
		}
	}
	for key, d := range l.deferred {
		if !add(key, d.location) {
			return
		}
	}
	need := plainSize(changes)
	before, prev := l.seq, l.previousEnd()
	seg, sp, header, err := l.newSegment(need, true)
	if err != nil {
		return
	}
	if err = l.settleRemovals(seg.id); err == nil {
		_, err = l.writeFrame(seg, prev.append(nil, l.synced), frameOpen)
	}
	var loc location
	if err == nil {
		loc, err = l.writeChanges(seg, changes, need)
	}
	if err == nil {
		// Frames first: install syncs them together with the header, before
		// the name tells of them.
		err = l.install(sp, header, seg.id)
	}
	if err != nil {
		l.discard(sp)
		l.seq = before
		l.active().broken = true
		l.stuck = errors.Join(errors.New("checkpoint"), err)
		l.stuckUntil = l.opts.Now()
		return
	}
	l.attach(seg)
	seg.dirty = false
	l.apply(changes, loc)
	l.synced, l.unsure = l.seq, false
	l.stats.Syncs++
	// The spare has just been used, which is no want of space: closing a file
	// that was removed takes a millisecond and more, and is not waited for.
	l.relaxed = !l.noSpare
	for len(l.segs) > 1 {
		if !l.drop(l.segs[0]) {
			break
		}
	}
	l.relaxed = false
	l.dirDirty = l.fs.SyncDir() != nil
	l.prepareSpare()
}
