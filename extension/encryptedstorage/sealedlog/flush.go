package sealedlog

import (
	"errors"
	"fmt"
	"time"
)

// A log that is told not to sync still has to before it drops a head: the
// calls that killed its records must be durable first. Writing a backlog
// through takes seconds, in which the queue above would stand still; so it is
// done in a goroutine, of what was written when it began. At most one flush is
// under way, and sync waits for it: of two fsyncs on one descriptor only one
// is told of an error.

// flush is a sync in the background.
type flush struct {
	parts []flushPart
	upTo  uint64 // every frame up to this one is durable if no part fails
	begun time.Time
	done  chan []error // one per part
}

type flushPart struct {
	seg *segment
	seq uint64 // last frame in it when the flush began
}

// beginFlush starts a flush of everything written so far.
func (l *Log) beginFlush() {
	f := &flush{upTo: l.seq, begun: l.opts.Now(), done: make(chan []error, 1)}
	var files []File
	for _, s := range l.segs {
		if s.dirty {
			f.parts = append(f.parts, flushPart{s, s.written.seq})
			files = append(files, s.file)
		}
	}
	l.flush = f
	run := func() {
		errs := make([]error, len(files))
		for i, file := range files {
			errs[i] = file.Sync()
		}
		f.done <- errs
	}
	if l.opts.Inline {
		run()
		l.collectFlush(true)
		return
	}
	l.done.Go(run)
}

// collectFlush takes over a flush that is done; with wait also one that is
// under way.
func (l *Log) collectFlush(wait bool) {
	f := l.flush
	if f == nil {
		return
	}
	var errs []error
	if wait {
		errs = <-f.done
	} else {
		select {
		case errs = <-f.done:
		default:
			return
		}
	}
	l.flush = nil
	var failed error
	for i, p := range f.parts {
		if l.byID[uint32(p.seg.id)] != p.seg {
			continue // dropped meanwhile: nothing in it counts any more
		}
		if errs[i] != nil {
			// Never asked again, as in syncSegments.
			p.seg.broken, p.seg.dirty = true, false
			l.unsure = true
			failed = errors.Join(failed, fmt.Errorf("sync segment %s: %w", segmentName(p.seg.id), errs[i]))
		} else if p.seg.written.seq == p.seq {
			p.seg.dirty = false
		}
	}
	if l.opts.Hooks.Synced != nil {
		l.opts.Hooks.Synced(l.opts.Now().Sub(f.begun), failed)
	}
	if failed != nil {
		l.stuck = failed
		l.active().broken = true
		l.stuckUntil = l.opts.Now()
		return
	}
	l.stats.Syncs++
	l.synced = max(l.synced, f.upTo)
}
