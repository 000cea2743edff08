package sealedlog

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// Open recovers the log in opts.FS, or starts one, and asks for all keys that
// its segments need. On error nothing on disk was changed, unless the error
// came from writing the new segment that every Open starts.
func Open(ctx context.Context, opts Options) (_ *Log, err error) {
	if err := opts.complete(); err != nil {
		return nil, err
	}
	started := opts.Now()
	l := &Log{
		fs: opts.FS, opts: opts, cache: cache{limit: opts.CacheSize}, maxPlain: MaxBatch,
		stop:    make(chan struct{}),
		index:   newIndex(opts.NamedMemory),
		byID:    map[uint32]*segment{},
		pending: map[string][]byte{},
		nextID:  1,
	}
	// Uncontended; for the invariants of the fields.
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() {
		if err != nil {
			l.collectSpare(true)
			l.collectFlush(true)
			l.done.Wait()
			err = errors.Join(err, l.closeFiles())
		}
	}()
	files, err := list(l.fs)
	if err != nil {
		return nil, err
	}
	if err := l.countKept(files.kept); err != nil {
		return nil, err
	}
	for _, id := range files.segments {
		if id == 0 {
			return nil, &Damage{File: segmentName(id), Reason: "segment ids begin with 1"}
		}
		seg, err := openSegment(ctx, l.fs, id, opts.Store, opts.Client, opts.Keys, opts.ContextHash)
		if err != nil {
			return nil, err
		}
		l.segs = append(l.segs, seg)
		l.byID[uint32(id)] = seg
		opts.Budget.take(seg.size, l.fs, true)
		l.nextID = id + 1
	}
	if len(files.segments) == 0 {
		l.nextID = afterKept(files.kept)
	}
	void := l.cutVoid()
	// Only now: what a checkpoint made void may go in any order.
	if err := l.findHoles(); err != nil {
		return nil, err
	}
	if err := l.recover(); err != nil {
		return nil, err
	}
	for _, s := range void {
		if err := l.fs.Remove(segmentName(s.id)); err != nil {
			return nil, fmt.Errorf("remove segment %s: %w", segmentName(s.id), err)
		}
	}
	if err := l.adoptSpares(files.spares); err != nil {
		return nil, err
	}
	// What was read from the page cache may not be on disk yet. The frame that
	// says where the log ends must not become durable before it. Modes that sync
	// leave such an end in the last segment only.
	if len(l.segs) > 0 && opts.Sync != SyncNever {
		if err := rewriteTail(l.active()); err != nil {
			return nil, err
		}
	}
	for _, s := range l.segs {
		if err := s.file.Sync(); err != nil {
			return nil, fmt.Errorf("sync segment %s: %w", segmentName(s.id), err)
		}
	}
	if err := l.fs.SyncDir(); err != nil {
		return nil, fmt.Errorf("sync directory: %w", err)
	}
	l.synced = l.seq
	if err := l.nextSegment(0); err != nil {
		if errors.Is(err, ErrFull) {
			return nil, fmt.Errorf("no space for a first segment of %d bytes: %w; free space on the volume", opts.FirstSegment, err)
		}
		return nil, err
	}
	l.stats.RecoveryDuration = l.opts.Now().Sub(started)
	l.reclaim()
	l.prepareSpare()
	if !opts.Inline {
		l.done.Go(l.maintain)
		if opts.CacheSize > 0 {
			fresh := newFreshMemory()
			l.cache.fresh = fresh
			l.done.Go(func() { fresh.run(l.stop) })
		}
	}
	return l, nil
}

// findHoles reports ids that are missing between segments.
func (l *Log) findHoles() error {
	for i := 1; i < len(l.segs); i++ {
		before, seg := l.segs[i-1], l.segs[i]
		if before.id+1 == seg.id {
			continue
		}
		d := &Damage{File: segmentName(seg.id), Reason: fmt.Sprintf("segments %d to %d are missing", before.id+1, seg.id-1)}
		if err := l.damage(d, seg); err != nil {
			return err
		}
		seg.damaged = false // itself it is fine
	}
	return nil
}

// afterKept is the first id of a log in a directory where nothing but quarantined
// files is left: with one of theirs, a file that is quarantined later would replace
// the one that is kept.
func afterKept(names []string) uint64 {
	next := uint64(1)
	for _, name := range names {
		id, ok := parseSegmentName(strings.TrimPrefix(name, quarantinePrefix))
		// Ids of a log are far from their end: what is near it is somebody's name.
		if ok && id < math.MaxUint32/2 {
			next = max(next, id+1)
		}
	}
	return next
}

// countKept takes what quarantined files hold out of the budget: they fill the
// volume until somebody has looked at them.
func (l *Log) countKept(names []string) error {
	for _, name := range names {
		f, err := l.fs.Open(name)
		if err != nil {
			return fmt.Errorf("open %s: %w", name, err)
		}
		size, err := f.Size()
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("size of %s: %w", name, err)
		}
		l.opts.Budget.take(size, l.fs, true)
		l.kept += size
	}
	return nil
}

// cutVoid takes the segments out of the log that a checkpoint has made void.
func (l *Log) cutVoid() []*segment {
	base := 0
	for i, s := range l.segs {
		if s.base {
			base = i
		}
	}
	void := l.segs[:base:base]
	for _, s := range void {
		_ = s.file.Close()
		l.opts.Budget.give(s.size)
		delete(l.byID, uint32(s.id))
	}
	l.segs = l.segs[base:]
	return void
}

// damage reports d, and returns it if the log is to fail on damage.
func (l *Log) damage(d *Damage, seg *segment) error {
	l.event(Event{Kind: EventDamage, Err: d})
	l.stats.Damages++
	seg.damaged = true
	if l.opts.OnCorruption == Fail {
		return d
	}
	return nil
}

// replay reads the log into the index.
func (l *Log) replay() (*replay, error) {
	var lost [][2]uint64 // ranges of damaged numbers
	r := &replay{segs: l.segs}
	r.missing = func(d *Damage, seg *segment) error {
		if d.First <= d.Last {
			lost = append(lost, [2]uint64{d.First, d.Last})
		}
		return l.damage(d, seg)
	}
	r.apply = func(s *segment, f frame) error {
		l.seq = f.seq
		if err := l.replayFrame(s, f, lost); err != nil {
			// It authenticates, so a program of ours wrote it.
			return &Damage{File: segmentName(s.id), Offset: f.offset, First: f.seq, Last: f.seq, Reason: err.Error()}
		}
		return nil
	}
	err := r.run()
	return r, err
}

// recover replays the log and cuts off what was never synced.
func (l *Log) recover() error {
	r, err := l.replay()
	l.reject(RejectedTorn, r.torn)
	l.reject(RejectedCorrupt, r.corrupt)
	l.reject(RejectedTamper, r.tampered)
	if err != nil {
		return err
	}
	if len(l.segs) > 0 {
		// A damaged range at the end was skipped, not cut.
		l.seq = max(l.seq, r.next-1)
	}
	// The queue takes an error on its metadata for an empty store and starts
	// over, so such a record must fail the start instead.
	for key, rec := range l.index.named {
		if _, item := number(key); rec.damaged() && !item {
			return fmt.Errorf("%w: the newest value of key %q can't be restored; move the directory of this client away to start without its backlog", ErrDamaged, envelope.Printable(key, 64))
		}
	}
	if len(l.segs) > 0 && r.end < len(l.segs)-1 {
		if err := l.cut(r); err != nil {
			return err
		}
	}
	if len(l.segs) > 0 {
		l.stats.LostBytes = r.lost
	}
	for _, s := range l.segs {
		l.found += uint64(s.written.offset - s.header)
	}
	return nil
}

// cut removes the segments behind the end of the log, the newest first: a
// crash in between leaves the same log.
func (l *Log) cut(r *replay) error {
	for i := len(l.segs) - 1; i > r.end; i-- {
		s := l.segs[i]
		r.lost += s.written.offset - s.header
		if err := l.fs.Remove(segmentName(s.id)); err != nil {
			return fmt.Errorf("remove un-synced segment %s: %w", segmentName(s.id), err)
		}
		if err := l.fs.SyncDir(); err != nil {
			return fmt.Errorf("sync directory: %w", err)
		}
		_ = s.file.Close()
		l.opts.Budget.give(s.size)
		delete(l.byID, uint32(s.id))
		l.segs = l.segs[:i]
		l.nextID = s.id
	}
	return nil
}

func (l *Log) replayFrame(s *segment, f frame, lost [][2]uint64) error {
	switch f.kind {
	case frameOpen:
		_, _, err := parseOpen(f.plain)
		return err
	case frameFooter:
		entries, _, err := parseFooter(f.plain)
		if err != nil {
			return err
		}
		l.markLost(s, entries, lost)
		return nil
	}
	var bad error
	_, err := parseOps(f.plain, func(o parsedOp) {
		if bad == nil {
			bad = l.replayOp(s, f, o)
		}
	})
	return errors.Join(err, bad)
}

func (l *Log) replayOp(s *segment, f frame, o parsedOp) error {
	key := string(o.key)
	switch o.code {
	case opDelete:
		l.kill(key, l.seq)
		l.index.remove(key)
	case opSet:
		l.kill(key, l.seq)
		loc := location{
			segment: uint32(s.id), offset: uint32(f.offset / frameAlign), body: uint32(f.bodyLen),
			valueAt: uint32(o.valueAt), value: uint32(len(o.value)), seq: uint32(f.seq),
		}
		s.live += loc.liveBytes()
		s.records++
		if r := l.index.put(key, loc, f.seq); r != nil {
			l.recache(r, o.value)
		}
	case opPatch:
		loc, r, ok := l.index.get(key)
		if ok && r == nil && uint64(loc.segment) == s.id && !loc.damaged() {
			// A number that was far from the others when it was written, and is not
			// since they are gone.
			l.index.remove(key)
			r = &record{location: loc, seq: s.fullSeq(loc.seq)}
			l.index.named[key] = r
		}
		base, valid := patchBase(o.value)
		if !valid {
			return errFrame
		}
		// A patch builds on one certain value. If the frame that held it was
		// damaged, the result would be a value that never was.
		if !ok || r == nil || r.damaged() || r.seq != base || uint64(r.segment) != s.id {
			l.kill(key, l.seq)
			loc := location{segment: uint32(s.id), body: 1, valueAt: damagedAt, seq: uint32(f.seq)}
			l.index.put(key, loc, f.seq)
			return nil
		}
		old := r.cached
		if old == nil {
			var err error
			if old, err = l.readLocation(r.location); err != nil {
				return err
			}
		}
		value, err := applyPatch(old, o.value)
		if err != nil {
			return err
		}
		s.live += int64(len(value)) - int64(r.value)
		r.value, r.seq = uint32(len(value)), f.seq
		r.scratch = nil
		l.index.cache(r, value, true)
	}
	return nil
}

// markLost marks the keys whose newest value in s was in a damaged frame.
func (l *Log) markLost(s *segment, entries []footerEntry, lost [][2]uint64) {
	if len(lost) == 0 {
		return
	}
	for _, e := range entries {
		if !slices.ContainsFunc(lost, func(r [2]uint64) bool { return r[0] <= e.seq && e.seq <= r[1] }) {
			continue
		}
		l.kill(e.key, l.seq)
		l.index.put(e.key, location{segment: uint32(s.id), body: 1, valueAt: damagedAt, seq: uint32(e.seq)}, e.seq)
	}
}

// adoptSpares keeps the largest spare and removes the others.
func (l *Log) adoptSpares(names []string) error {
	var best *spareFile
	for _, name := range names {
		var n uint64
		if _, err := fmt.Sscanf(strings.TrimPrefix(name, sparePrefix), "%x", &n); err == nil {
			l.spareCount = max(l.spareCount, n)
		}
		f, err := l.fs.Open(name)
		if err != nil {
			return fmt.Errorf("open spare segment: %w", err)
		}
		size, err := f.Size()
		if err != nil {
			_ = f.Close()
			return fmt.Errorf("open spare segment: %w", err)
		}
		sp := &spareFile{name: name, file: f, size: size}
		if size < MinSegmentSize || size > l.opts.SegmentSize {
			// Its making was cut short: no reserve, and it would stand in for one. Or it
			// is of a time of larger segments: it would take the room of many.
			_ = f.Close()
			if err := l.fs.Remove(name); err != nil {
				return fmt.Errorf("remove spare segment: %w", err)
			}
			continue
		}
		if best == nil || size > best.size {
			best, sp = sp, best
		}
		if sp == nil {
			continue
		}
		_ = sp.file.Close()
		if err := l.fs.Remove(sp.name); err != nil {
			return fmt.Errorf("remove spare segment: %w", err)
		}
	}
	if best != nil {
		// A copy or a restored backup may be sparse: no reserve on a full disk.
		if _, err := best.file.Allocate(best.size); err != nil {
			_ = best.file.Close()
			if err := l.fs.Remove(best.name); err != nil {
				return fmt.Errorf("remove spare segment: %w", err)
			}
			return nil
		}
		l.opts.Budget.take(best.size, l.fs, true)
		l.spare = best
	}
	return nil
}
