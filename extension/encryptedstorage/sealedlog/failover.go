package sealedlog

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// failover leaves the active segment behind at its trusted end and writes
// everything since then, and changes, into a new one: as one frame if they fit.
func (l *Log) failover(changes []change) error {
	frames := [][]change{l.merge(changes)}
	if plainSize(frames[0]) > l.maxPlain {
		// All that is pending, then changes: without what changes replace, the
		// state between the two frames would be none that ever was.
		frames = [][]change{l.merge(nil), changes}
	}
	// What follows the trusted end never happened; its numbers are used again,
	// in a file that says so.
	left := l.active()
	l.seq = left.trusted.seq
	if l.opts.Sync != SyncNever {
		left.dirty = false
	}
	err := l.nextSegment(plainSize(frames[0]))
	for _, frame := range frames {
		var loc location
		if err == nil {
			loc, err = l.write(frame)
		}
		if err == nil && l.opts.Sync != SyncNever {
			err = l.sync()
		}
		if err != nil {
			l.active().broken = true
			return l.setStuck(err)
		}
		l.apply(frame, loc)
		for _, s := range l.segs {
			if s.lastKill == unlogged {
				s.lastKill = l.seq // what was answered from memory is in this frame
			}
		}
		clear(l.pending)
		l.pendingBytes = 0
	}
	if l.stuckWait != 0 {
		l.event(Event{Kind: EventRecovered})
	}
	l.stuck, l.stuckWait = nil, 0
	l.stats.Failovers++
	return nil
}

// setStuck remembers why the log can't be written and backs off.
func (l *Log) setStuck(err error) error {
	if errors.Is(err, ErrFull) {
		l.stuck = fmt.Errorf("%w; the reserve is exhausted: free space on the volume or raise max_size", err)
	} else {
		l.stuck = fmt.Errorf("log can't be written: %w; check the volume, changes are held in memory and tried again", err)
	}
	if l.stuckWait == 0 {
		l.event(Event{Kind: EventStuck, Err: l.stuck})
	}
	l.stuckWait = min(max(2*l.stuckWait, 50*time.Millisecond), 5*time.Second)
	l.stuckUntil = l.opts.Now().Add(l.stuckWait)
	return l.stuck
}

// merge is changes and everything pending that they do not replace.
func (l *Log) merge(changes []change) []change {
	merged := make([]change, 0, len(l.pending)+len(changes))
	seen := make(map[string]bool, len(changes))
	// Later changes of a batch win over earlier ones and over pending ones.
	for _, c := range slices.Backward(changes) {
		if !seen[c.key] {
			seen[c.key] = true
			merged = append(merged, c)
		}
	}
	for key, value := range l.pending {
		if !seen[key] {
			merged = append(merged, change{key: key, value: value, relog: true})
		}
	}
	return merged
}
