package sealedlog

import (
	"fmt"
	"time"
)

// spareFile is a file that is ready to become a segment: its space is
// allocated, so that a batch which only overwrites and deletes finds room on a
// full disk.
type spareFile struct {
	name   string
	file   File
	size   int64
	filled int64 // its blocks up to here were written before
}

type builtSpare struct {
	spare *spareFile
	err   error
}

// buildSpare makes a file of size bytes. It does not touch what mu guards. With
// ahead the header's blocks are written, with zeros, and made durable: the
// fsync of the header, which a roll waits for, then needs no journal commit.
func buildSpare(fs FS, name string, size int64, ahead bool) (sp *spareFile, err error) {
	f, err := fs.Create(name)
	if err != nil {
		return nil, fmt.Errorf("create spare segment: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = fs.Remove(name)
		}
	}()
	fresh, err := f.Allocate(size)
	if err != nil {
		return nil, fmt.Errorf("allocate spare segment: %w", err)
	}
	if ahead {
		if _, err := f.WriteAt(zeros[:min(headerAlign, size)], 0); err != nil {
			return nil, fmt.Errorf("fill spare segment: %w", err)
		}
		if err := f.Sync(); err != nil {
			return nil, fmt.Errorf("sync spare segment: %w", err)
		}
	}
	sp = &spareFile{name: name, file: f, size: size}
	if !fresh {
		sp.filled = size
	}
	return sp, nil
}

func (l *Log) newSpareName() string {
	l.spareCount++
	return spareName(l.spareCount)
}

// nextSize grows four-fold up to the configured size.
func (l *Log) nextSize() int64 {
	if len(l.segs) == 0 {
		return l.opts.FirstSegment
	}
	return min(max(4*l.sizeClass, l.opts.FirstSegment), l.opts.SegmentSize)
}

// prepareSpare makes a spare stand by, by reclaiming first. It never fails:
// without a spare inserts are refused.
func (l *Log) prepareSpare() {
	l.collectSpare(false)
	if l.spare != nil || l.building != nil {
		return
	}
	failed := l.opts.Now().Before(l.spareUntil)
	l.relaxed = !failed
	l.reclaim()
	l.relaxed = false
	if l.spare != nil || l.building != nil || failed || l.reserveSpare(l.nextSize()) {
		return
	}
	l.reclaim()
	if l.spare == nil && l.building == nil && !l.reserveSpare(l.nextSize()) {
		l.missSpare(ErrFull)
	}
}

// reserveSpare starts the largest spare of at most size bytes that there is room for.
func (l *Log) reserveSpare(size int64) bool {
	for ; ; size = max(size/4, l.opts.FirstSegment) {
		if l.opts.Budget.take(size, l.fs, false) {
			l.startSpare(size)
			return true
		}
		if size == l.opts.FirstSegment {
			return false
		}
	}
}

func (l *Log) startSpare(size int64) {
	name := l.newSpareName()
	result := make(chan builtSpare, 1)
	l.building, l.buildSize = result, size
	if !l.opts.Inline {
		l.done.Go(func() {
			sp, err := buildSpare(l.fs, name, size, true)
			result <- builtSpare{sp, err}
		})
		return
	}
	sp, err := buildSpare(l.fs, name, size, true)
	result <- builtSpare{sp, err}
	l.collectSpare(true)
}

// collectSpare takes over a spare that is ready; with wait also one that is
// still being made. Where one of the next size could not be made, for a quota or
// another log may leave less room than the volume tells, one of the last size is
// tried. Not less: draining a segment must fit into the reserve.
func (l *Log) collectSpare(wait bool) {
	for l.building != nil {
		var b builtSpare
		if wait {
			b = <-l.building
		} else {
			select {
			case b = <-l.building:
			default:
				return
			}
		}
		l.building = nil
		if b.err == nil {
			l.setSpare(b.spare)
			return
		}
		l.opts.Budget.give(l.buildSize)
		last := max(l.sizeClass, l.opts.FirstSegment)
		if l.closed || l.buildSize <= last || !l.reserveSpare(last) {
			l.missSpare(b.err)
			return
		}
	}
}

func (l *Log) setSpare(sp *spareFile) {
	l.spare = sp
	l.noSpare = false
	l.sizeClass = max(l.sizeClass, min(sp.size, l.opts.SegmentSize))
}

func (l *Log) missSpare(err error) {
	l.spareUntil = l.opts.Now().Add(time.Second)
	if !l.noSpare {
		l.noSpare = true
		l.event(Event{Kind: EventSpare, Err: err})
	}
}

// takeSpare returns a file with room for need bytes in all.
func (l *Log) takeSpare(need int64) (*spareFile, error) {
	l.collectSpare(true)
	if sp := l.spare; sp != nil && sp.size >= need {
		l.spare = nil
		return sp, nil
	}
	// A batch that is larger than a segment gets a file of its own; and
	// maintenance may pass the limits rather than fail.
	size := max(l.opts.FirstSegment, (need+headerAlign-1)/headerAlign*headerAlign)
	l.opts.Budget.take(size, l.fs, true)
	sp, err := buildSpare(l.fs, l.newSpareName(), size, false)
	if err == nil {
		return sp, nil
	}
	l.opts.Budget.give(size)
	// A head without live records gives its file, if what killed the last
	// one is durable.
	if l.dropDeadHead() && l.spare != nil && l.spare.size >= need {
		sp, l.spare = l.spare, nil
		return sp, nil
	}
	return nil, fmt.Errorf("%w: %w", ErrFull, err)
}

// admit refuses a batch that inserts if it can't be taken without touching
// what is reserved for batches that only overwrite and delete.
func (l *Log) admit(changes []change) error {
	if err := l.opts.Keys.Admit(); err != nil {
		return fmt.Errorf("new records are refused: %w", err)
	}
	need := 224 + plainSize(changes)
	l.collectSpare(false)
	if l.building != nil && l.active().room()-need < l.active().size/4 {
		l.collectSpare(true)
	}
	if l.spare == nil && l.building == nil {
		l.makeRoom()
		l.prepareSpare()
		if l.building != nil && l.active().room()-need < l.active().size/4 {
			l.collectSpare(true)
		}
		if l.spare == nil && l.building == nil {
			l.stats.Full++
			return ErrFull
		}
	}
	if need > l.active().room() {
		own := need + 2*headerAlign + openFrameSize
		if l.spare.size >= own {
			return nil
		}
		// A segment of its own: the spare stays.
		if !l.opts.Budget.take(own, l.fs, false) {
			l.makeRoom()
			if !l.opts.Budget.take(own, l.fs, false) {
				l.stats.Full++
				return ErrFull
			}
		}
		l.opts.Budget.give(own)
	}
	return nil
}
