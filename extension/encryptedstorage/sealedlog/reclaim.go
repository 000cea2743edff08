package sealedlog

import (
	"slices"
	"time"
)

const (
	// tinyShare: survivors of at most this part of a head are moved without
	// waiting for the trigger.
	tinyShare = 64
	// relocateChunk bounds one frame of survivors, in bytes.
	relocateChunk = 1 << 20
	// reclaimBound is how many heads one call may move survivors of.
	reclaimBound = 2
)

// sizes sums up segments: bytes of live records, and all others. The active
// segment is not counted as dead.
func (l *Log) sizes() (live, dead int64) {
	for i, s := range l.segs {
		live += s.live
		if i < len(l.segs)-1 {
			dead += s.size - s.live
		}
	}
	return live, dead
}

// reclaim drops head segments: those without live records, those with next to
// none, and, while dead bytes outweigh live ones by two segments, any.
func (l *Log) reclaim() {
	if l.opts.Sync == SyncNever && l.checkpointDue() {
		l.startCheckpoint()
		return
	}
	l.reclaimHeads(func(head *segment, moved int) bool {
		if head.records == 0 || head.live <= head.size/tinyShare {
			return true
		}
		live, dead := l.sizes()
		return moved < reclaimBound && dead > live+2*l.active().size
	})
}

// makeRoom is reclaim before inserts are refused: it also moves survivors that
// fit, as long as no more was moved than inserted, which bounds the write
// amplification by two. What an earlier process has written counts as inserted: a
// restart must not make a full log refuse what it took before.
func (l *Log) makeRoom() {
	l.reclaimHeads(func(head *segment, moved int) bool {
		if l.spare != nil || l.building != nil {
			return false
		}
		if head.records == 0 {
			return true
		}
		_, dead := l.sizes()
		return moved < reclaimBound && dead >= l.active().size &&
			head.live < l.active().room()-l.active().size/4 &&
			l.stats.MovedBytes+uint64(head.live) <= (l.found+l.stats.WrittenBytes)/2
	})
}

func (l *Log) reclaimHeads(worth func(head *segment, moved int) bool) {
	if l.reclaiming || len(l.segs) < 2 || l.stuck != nil {
		return
	}
	l.reclaiming = true
	defer func() { l.reclaiming = false }()
	for moved := 0; len(l.segs) > 1 && l.stuck == nil; {
		head := l.segs[0]
		if !worth(head, moved) {
			return
		}
		if l.opts.Sync == SyncNever && !l.worthSync(head) {
			return
		}
		if head.records > 0 {
			if l.opts.Now().Before(head.moveAfter) {
				return
			}
			moved++
			if !l.moveSurvivors(head) {
				return
			}
		}
		// A crash must not find the head gone and the calls that killed its
		// records lost: the state would be no prefix.
		if head.lastKill > l.synced {
			if l.opts.Sync == SyncNever && !l.pressed() {
				return // with the next flush
			}
			if err := l.sync(); err != nil {
				l.stuck = err
				l.active().broken = true
				l.stuckUntil = l.opts.Now()
				return
			}
		}
		if !l.witness() || !l.drop(head) {
			return
		}
	}
}

// witness sees that a recovery finds out if a failed fsync has lost frames. In
// SyncNever nobody holds them to write them again, so the log goes on behind them,
// and what they replaced may go only after a durable frame says that they were
// there: else they would be cut off as a tail that nobody has missed.
func (l *Log) witness() bool {
	if !l.unsure {
		return true
	}
	_, err := l.write(nil)
	if err == nil {
		err = l.sync()
	}
	if err != nil {
		l.stuck = err
		l.active().broken = true
		l.stuckUntil = l.opts.Now()
		return false
	}
	l.unsure = false
	return true
}

// reclaimPause is how long a log that is told not to sync waits before a
// reclamation that needs an fsync, and between two of them: a backlog that is
// gone by then was never written to the disk at all.
const reclaimPause = 5 * time.Second

// pressed: there is no spare and no room for one, so space must come back now.
func (l *Log) pressed() bool { return l.spare == nil && l.building == nil && !l.relaxed }

// worthSync keeps a log that is told not to sync from writing its whole
// backlog through for every segment that it drops.
func (l *Log) worthSync(head *segment) bool {
	l.collectFlush(false)
	if l.stuck != nil {
		return false
	}
	if head.lastKill <= l.synced || l.pressed() {
		return true
	}
	if live, dead := l.sizes(); dead <= live+2*l.active().size {
		l.reclaimAfter = time.Time{}
		return false
	}
	now := l.opts.Now()
	if l.reclaimAfter.IsZero() {
		l.reclaimAfter = now.Add(reclaimPause)
	}
	if l.flush != nil || now.Before(l.reclaimAfter) {
		return false
	}
	l.reclaimAfter = now.Add(reclaimPause)
	l.beginFlush()
	return l.stuck == nil && head.lastKill <= l.synced
}

type survivor struct {
	key string
	loc location
}

// moveSurvivors appends the live records of head again, in the order in which
// they lie there.
func (l *Log) moveSurvivors(head *segment) bool {
	var survivors []survivor
	for key, loc := range l.index.in(head.id) {
		survivors = append(survivors, survivor{key, loc})
	}
	for key, d := range l.deferred {
		if uint64(d.segment) == head.id {
			survivors = append(survivors, survivor{key, d.location})
		}
	}
	slices.SortFunc(survivors, func(a, b survivor) int { return int(a.loc.offset) - int(b.loc.offset) })

	var chunk []change
	size := 0
	flush := func() bool {
		if len(chunk) == 0 {
			return true
		}
		if err := l.log(chunk, false); err != nil {
			return false
		}
		l.stats.MovedBytes += uint64(size)
		chunk, size = nil, 0
		return true
	}
	for _, s := range survivors {
		value, err := l.survivingValue(s.key, s.loc)
		if err != nil {
			l.stats.MoveErrors++
			if !isDamage(err) && !l.unreadable(head, s.loc, err) {
				return false
			}
			// Its file is kept, and the key stays known as damaged.
			l.markDamaged(s.key, head)
			continue
		}
		// A large one goes alone: beside others it might pass the bound of a frame.
		more := len(s.key) + len(value)
		if size+more > relocateChunk && !flush() {
			return false
		}
		chunk = append(chunk, change{key: s.key, value: value, relog: true})
		size += more
	}
	return flush() && head.records == 0
}

// A device that does not give a survivor may do so later; one that does not for
// long never will, and a head that stays for ever fills the volume.
const (
	movePause    = 5 * time.Second // before the next attempt: each may take seconds
	moveAttempts = 12
)

// unreadable tells whether what the device does not give of seg is to be taken for
// damage.
func (l *Log) unreadable(seg *segment, loc location, err error) bool {
	if seg.moveFails++; seg.moveFails < moveAttempts {
		seg.moveAfter = l.opts.Now().Add(movePause)
		return false
	}
	l.event(Event{Kind: EventDamage, Err: damageAt(seg, loc, err)})
	return true
}

func (l *Log) survivingValue(key string, loc location) ([]byte, error) {
	if _, r, ok := l.index.get(key); ok && r != nil && r.cached != nil {
		return r.cached, nil
	}
	if v := l.pending[key]; v != nil {
		return v, nil
	}
	if d := l.deferred[key]; d != nil && d.cached != nil {
		// The log holds its patches, and its location the value before them.
		return d.cached, nil
	}
	return l.readLocation(loc)
}

func (l *Log) markDamaged(key string, seg *segment) {
	seg.damaged = true
	loc, r, ok := l.index.get(key)
	if !ok {
		if d := l.deferred[key]; d != nil {
			l.unbook(d.location, l.seq)
			delete(l.deferred, key)
		}
		return
	}
	l.unbook(loc, l.seq)
	loc.valueAt = damagedAt
	if r != nil {
		l.index.uncache(r)
		r.location = loc
		return
	}
	l.index.put(key, loc, 0)
}

// drop removes the head from the log: it becomes the spare if none stands by,
// and is kept under another name if it was damaged.
func (l *Log) drop(head *segment) bool {
	if l.dirDirty && !l.active().base {
		// Removals must become durable in order: recovery takes a hole in the
		// ids for damage.
		if err := l.fs.SyncDir(); err != nil {
			return false
		}
		l.dirDirty = false
	}
	name := segmentName(head.id)
	l.collectSpare(false)
	switch {
	case head.damaged:
		if err := l.fs.Rename(name, quarantinePrefix+name); err != nil {
			return false
		}
		_ = head.file.Close()
		l.kept += head.size // its part of the budget stays taken
	case l.recyclable(head):
		sp := &spareFile{name: l.newSpareName(), file: head.file, size: head.size, filled: head.filled}
		if err := l.fs.Rename(name, sp.name); err != nil {
			return false
		}
		old := l.spare
		l.setSpare(sp)
		l.stats.Recycled++
		if old != nil {
			l.replaced(old)
		}
	default:
		if err := l.fs.Remove(name); err != nil {
			return false
		}
		l.closeDropped(head.file, head.size)
	}
	l.segs = slices.Delete(l.segs, 0, 1)
	delete(l.byID, uint32(head.id))
	l.stats.Dropped++
	if head.damaged && !slices.ContainsFunc(l.segs, func(s *segment) bool { return s.damaged }) {
		l.event(Event{Kind: EventQuarantined})
	}
	l.dirDirty = true
	if l.active().base {
		return true // what a checkpoint has made void may go in any order
	}
	l.dirDirty = l.fs.SyncDir() != nil
	return true
}

// recyclable: head would do as a spare, and better than the one that stands by.
func (l *Log) recyclable(head *segment) bool {
	if head.broken || head.size < l.opts.FirstSegment || head.size > l.opts.SegmentSize || l.building != nil {
		return false
	}
	if l.flush != nil && slices.ContainsFunc(l.flush.parts, func(p flushPart) bool { return p.seg == head }) {
		// Of two fsyncs on one descriptor only one is told of an error: it would be
		// the one that nobody asks any more, and not that of the next header.
		return false
	}
	if l.spare == nil {
		return head.size >= l.nextSize()/16
	}
	// Blocks that were written before need no zeros; and a log in which as
	// much comes as goes would else give its blocks back only to ask for more.
	return l.spare.filled == 0 && head.filled >= head.size/2 && head.size >= l.spare.size
}

// replaced removes a spare that another one stands in for. Where that fails
// its space stays booked, and the next Open tries again.
func (l *Log) replaced(sp *spareFile) {
	if err := l.fs.Remove(sp.name); err != nil {
		_ = sp.file.Close()
		return
	}
	l.closeDropped(sp.file, sp.size)
}

// closeDropped closes a file that was removed. The file system frees its
// blocks then, which takes long for a large one, so it is not waited for while
// a spare stands by.
func (l *Log) closeDropped(f File, size int64) {
	l.opts.Budget.give(size)
	if l.opts.Inline || l.pressed() {
		_ = f.Close()
		return
	}
	l.done.Go(func() { _ = f.Close() })
}

// dropDeadHead gives a file back while the log is stuck: only a head that no
// record lives in, whose last kill is durable.
func (l *Log) dropDeadHead() bool {
	if len(l.segs) < 2 {
		return false
	}
	head := l.segs[0]
	return head.records == 0 && head.lastKill <= l.synced && !l.unsure && l.drop(head)
}
