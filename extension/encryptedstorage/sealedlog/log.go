package sealedlog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// Log is an open log. Its methods are safe for concurrent use and run one
// after the other.
type Log struct {
	fs   FS
	opts Options

	stop chan struct{} // closed by Close
	done sync.WaitGroup

	// mu guards everything declared below.
	mu     sync.Mutex
	closed bool
	index  index
	segs   []*segment // in the order of ids; the last one is active
	byID   map[uint32]*segment
	nextID uint64

	seq    uint64 // last frame in the log
	synced uint64 // every frame up to this one is known to be durable

	// pending holds the changes that are applied in memory but not known to
	// be in the trusted part of the log: what must be written again if the
	// descriptor of the active segment can no longer be trusted. A nil value
	// is a delete.
	pending      map[string][]byte
	pendingBytes int64

	// stuck is why the active segment can't be appended to; nil if it can.
	stuck      error
	stuckUntil time.Time
	stuckWait  time.Duration

	spare      *spareFile
	building   chan builtSpare // nil if no spare is being made
	buildSize  int64
	sizeClass  int64 // largest size of a segment since Open
	spareCount uint64
	spareUntil time.Time // no new attempt before
	noSpare    bool      // EventSpare was sent

	touched      bool // a batch changed something since Open
	deferred     map[string]*deferredDelete
	deferredLeft int // inserts until the deferred deletes are logged

	reclaiming   bool
	reclaimAfter time.Time // not before, in SyncNever
	dirDirty     bool      // a removal is not known to be durable
	buf          []byte
	ats          []int // of the last write: offset of each value in the plaintext, -1 for a patch
	patchBuf     []byte
	plainBuf     []byte
	readBuf      []byte

	stats Stats
}

// deferredDelete is a key that is deleted in memory but not yet in the log.
type deferredDelete struct {
	location
	cached []byte
}

// change is one mutation of a batch with its full value.
type change struct {
	key    string
	value  []byte // nil for a delete
	insert bool
	relog  bool // already applied, written once more
}

var emptyValue = []byte{}

// maxPending bounds the bytes and number of un-synced changes kept in memory.
const (
	maxPending     = 16 << 20
	maxPendingKeys = 1 << 16
)

// Get returns the value of key, nil if there is none.
func (l *Log) Get(ctx context.Context, key string) ([]byte, error) {
	op := &Op{Kind: Get, Key: key}
	err := l.Batch(ctx, op)
	return op.Value, err
}

// Batch runs ops in order, all or none. A key that does not exist reads as
// nil; deleting it is no error. If one of several reads finds its record
// damaged, that read gives nil, so that one bad record does not cost the whole
// backlog; a batch with a single read fails with ErrDamaged, because nil would
// be taken for an empty value.
//
// ctx is not consulted: the queue above drops an item when a dequeue fails, so
// a cancelled call must still do its work.
func (l *Log) Batch(_ context.Context, ops ...*Op) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	return l.batch(ops)
}

func (l *Log) batch(ops []*Op) error {
	changes, err := l.plan(ops)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	class := "maintenance"
	inserts := 0
	for _, c := range changes {
		if c.insert {
			inserts++
			class = "insert"
		}
	}
	err = l.change(changes, inserts)
	if l.opts.Hooks.Batch != nil {
		l.opts.Hooks.Batch(class, err)
	}
	return err
}

// plan answers the reads of a batch and lists its changes.
func (l *Log) plan(ops []*Op) ([]change, error) {
	reads, writes, total := 0, 0, 0
	for _, op := range ops {
		switch op.Kind {
		case Get:
			reads++
		case Set, Delete:
			writes++
			total += len(op.Key) + len(op.Value) + 16
		default:
			return nil, fmt.Errorf("unknown operation %d", op.Kind)
		}
		if len(op.Key) > MaxKey {
			return nil, fmt.Errorf("%w: key of %d bytes, at most %d are allowed", ErrTooLarge, len(op.Key), MaxKey)
		}
		if total > MaxBatch-64 || len(op.Value) > MaxBatch-64 {
			return nil, fmt.Errorf("%w: at most %d bytes are allowed", ErrTooLarge, MaxBatch)
		}
	}
	changes := make([]change, 0, writes)
	var last map[string]int // key to its last change, for big batches
	if writes > 16 {
		last = make(map[string]int, writes)
	}
	find := func(key string) int {
		if last != nil {
			if i, ok := last[key]; ok {
				return i
			}
			return -1
		}
		for i := len(changes) - 1; i >= 0; i-- {
			if changes[i].key == key {
				return i
			}
		}
		return -1
	}
	for _, op := range ops {
		prior := -1
		if len(changes) > 0 {
			prior = find(op.Key)
		}
		if op.Kind == Get {
			var err error
			if prior >= 0 {
				op.Value = slices.Clone(changes[prior].value)
			} else if op.Value, err = l.read(op.Key); err != nil {
				if reads == 1 || !errors.Is(err, ErrDamaged) {
					return nil, err
				}
				op.Value = nil
			}
			continue
		}
		c := change{key: op.Key}
		_, _, exists := l.index.get(op.Key)
		if prior >= 0 {
			exists = changes[prior].value != nil
		}
		if op.Kind == Set {
			c.value = op.Value
			if c.value == nil {
				c.value = emptyValue
			}
			c.insert = !exists
		} else if !exists && prior < 0 {
			continue // nothing to delete
		}
		if last != nil {
			last[op.Key] = len(changes)
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// change makes the changes of one batch durable to the degree that the sync
// mode asks for, and applies them.
func (l *Log) change(changes []change, inserts int) error {
	if !l.touched {
		l.touched = true
		if l.deferDeletes(changes) {
			return nil
		}
	}
	// While deletes are deferred the inserts are the queue putting back what
	// it has just deleted: refusing one would lose it.
	mayRefuse := inserts > 0 && l.deferred == nil
	if mayRefuse {
		if err := l.admit(changes); err != nil {
			return err
		}
	}
	ended := false
	if l.deferred != nil {
		changes, ended = l.endDeferral(changes, inserts)
	}
	if mayRefuse {
		l.rotate()
	}
	sync := l.opts.Sync == SyncAlways || (l.opts.Sync == SyncOnInsert && inserts > 0)
	if err := l.log(changes, sync); err != nil {
		if mayRefuse {
			return err
		}
		// Answered from memory: an error here would make the queue delete the
		// item. pending is written out with the next attempt.
		l.applyInMemory(changes)
	}
	if ended {
		l.deferred = nil
	}
	l.reclaim()
	return nil
}

// rotate begins a new segment when another epoch key has taken over, if a
// spare stands by. Without one the old key seals on: its segment keeps it.
func (l *Log) rotate() {
	seg := l.active()
	epoch, err := l.opts.Keys.Current()
	if err != nil || seg.key == epoch || seg.frames < 2 || l.stuck != nil || l.spare == nil {
		return
	}
	if err := l.roll(0); err != nil {
		l.active().broken = true
		l.stuck, l.stuckUntil = err, time.Time{}
	}
}

// log appends changes and applies them. If the active segment fails, a new one
// is started with them and with everything that is pending. On error nothing
// is applied.
func (l *Log) log(changes []change, sync bool) error {
	if l.stuck == nil {
		start := l.opts.Now()
		loc, err := l.write(changes)
		if err == nil && (sync || l.pendingFull()) {
			err = l.sync()
			sync = true
		}
		if err == nil {
			l.apply(changes, loc)
			if !sync && l.opts.Sync != SyncNever {
				l.hold(changes)
			}
			if l.opts.Hooks.Appended != nil {
				l.opts.Hooks.Appended(l.opts.Now().Sub(start))
			}
			return nil
		}
		l.active().broken = true
		l.stuck = err
		l.stuckUntil = time.Time{}
	}
	if l.opts.Now().Before(l.stuckUntil) {
		return l.stuck
	}
	return l.failover(changes)
}

// failover leaves the active segment behind at its trusted end and writes
// everything since then, and changes, as one frame into a new one.
func (l *Log) failover(changes []change) error {
	merged := make([]change, 0, len(l.pending)+len(changes))
	seen := make(map[string]bool, len(changes))
	need := int64(0)
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
	for _, c := range merged {
		need += int64(logOp{key: c.key, value: c.value}.size())
	}
	// What follows the trusted end never happened; its numbers are used again,
	// in a file that says so.
	left := l.active()
	l.seq = left.trusted.seq
	if l.opts.Sync != SyncNever {
		left.dirty = false
	}
	err := l.nextSegment(need)
	var loc location
	if err == nil {
		loc, err = l.write(merged)
	}
	if err == nil && l.opts.Sync != SyncNever {
		err = l.sync()
	}
	if err != nil {
		l.active().broken = true
		return l.setStuck(err)
	}
	l.apply(merged, loc)
	clear(l.pending)
	l.pendingBytes = 0
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

func (l *Log) active() *segment { return l.segs[len(l.segs)-1] }

func (l *Log) pendingFull() bool {
	return l.opts.Sync != SyncNever && (l.pendingBytes > maxPending || len(l.pending) > maxPendingKeys)
}

// hold remembers applied changes until they are synced.
func (l *Log) hold(changes []change) {
	for _, c := range changes {
		l.pendingBytes -= int64(len(l.pending[c.key]))
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
		l.pendingBytes += int64(len(value))
	}
}

// applyInMemory applies changes that are in no log.
func (l *Log) applyInMemory(changes []change) {
	for _, c := range changes {
		if c.value == nil {
			l.kill(c.key)
			l.index.remove(c.key)
			continue
		}
		l.kill(c.key)
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
					l.unbook(d.location)
					d.location = l.book(seg, loc, i, c)
					continue
				}
			}
		}
		if c.value == nil {
			l.kill(c.key)
			l.index.remove(c.key)
			continue
		}
		if l.ats[i] < 0 { // a patch: the full value stays where it is
			_, r, _ := l.index.get(c.key)
			seg := l.byID[r.segment]
			seg.live += int64(len(c.value)) - int64(r.value)
			r.value = uint32(len(c.value))
			r.seq = l.seq
			l.recache(r, c.value)
			r.patched = true
			continue
		}
		var keep *record
		if _, r, ok := l.index.get(c.key); ok && r != nil {
			keep = r
		}
		l.kill(c.key)
		at := l.book(seg, loc, i, c)
		if keep != nil {
			// Reuses the buffers of the record.
			keep.location, keep.seq, keep.patched = at, l.seq, false
			l.recache(keep, c.value)
			continue
		}
		if r := l.index.put(c.key, at, l.seq); r != nil {
			l.recache(r, c.value)
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
	fresh := append(r.scratch[:0], value...)
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

// kill takes the record of key off its segment's books.
func (l *Log) kill(key string) {
	loc, _, ok := l.index.get(key)
	if !ok {
		d := l.deferred[key]
		if d == nil {
			return
		}
		loc = d.location
		delete(l.deferred, key)
	}
	l.unbook(loc)
}

func (l *Log) unbook(loc location) {
	seg := l.byID[loc.segment]
	if seg == nil || loc.damaged() {
		return
	}
	seg.live -= loc.liveBytes()
	seg.records--
	seg.lastKill = l.seq
}

// write encodes changes as one frame at the end of the active segment,
// starting a new one if there is no room. It changes neither index nor books.
func (l *Log) write(changes []change) (location, error) {
	need := int64(32)
	for _, c := range changes {
		need += int64(logOp{key: c.key, value: c.value}.size())
	}
	need = frameSize(int(need) + envelope.Overhead)
	if seg := l.active(); seg.sealed || seg.broken || need > seg.room() {
		if err := l.roll(need); err != nil {
			return location{}, err
		}
	}
	return l.writeChanges(l.active(), changes, need)
}

// writeChanges writes changes, of at most need bytes, as one frame into seg.
func (l *Log) writeChanges(seg *segment, changes []change, need int64) (location, error) {
	b := slices.Grow(l.plainBuf[:0], int(need))
	b = binary.AppendUvarint(b, l.synced)
	b = binary.AppendUvarint(b, uint64(len(changes)))
	l.ats = l.ats[:0]
	for i, c := range changes {
		op := logOp{code: opSet, key: c.key, value: c.value}
		if c.value == nil {
			op.code = opDelete
		} else if patch, ok := l.patch(seg, changes[:i], c); ok {
			op.code, op.value = opPatch, patch
		}
		var at int
		b, at = appendOp(b, op)
		if op.code == opPatch {
			at = -1
		}
		l.ats = append(l.ats, at)
	}
	l.plainBuf = keep(b)
	return l.writeFrame(seg, b, frameData)
}

// keep returns the memory of b for the next use, unless one huge batch would
// hold on to it for ever.
func keep(b []byte) []byte {
	if cap(b) > 8<<20 {
		return nil
	}
	return b[:0]
}

// patch encodes c against the value it replaces, if that one is in memory and
// begins in the same segment.
func (l *Log) patch(seg *segment, before []change, c change) ([]byte, bool) {
	if c.insert || c.relog || len(c.value) < minPatched || len(c.value) > maxPatched {
		return nil, false
	}
	_, r, ok := l.index.get(c.key)
	if !ok || r == nil || r.cached == nil || r.damaged() || uint64(r.segment) != seg.id {
		return nil, false
	}
	for _, b := range before {
		if b.key == c.key {
			return nil, false
		}
	}
	patch, ok := appendPatch(l.patchBuf[:0], r.seq, r.cached, c.value)
	l.patchBuf = patch[:0]
	return patch, ok
}

// writeFrame seals plain and writes it at the end of seg.
func (l *Log) writeFrame(seg *segment, plain []byte, kind byte) (location, error) {
	bodyLen := len(plain) + envelope.Overhead
	b := seg.codec.seal(l.buf, plain, kind, l.seq+1)
	l.buf = keep(b)
	seg.dirty = true
	n, err := seg.file.WriteAt(b, seg.written.offset)
	if err != nil {
		return location{}, fmt.Errorf("write segment %s: %w", segmentName(seg.id), err)
	}
	l.seq++
	l.stats.WrittenBytes += uint64(n)
	l.stats.Frames++
	at := seg.written.offset
	seg.written = position{offset: at + int64(len(b)), seq: l.seq, hash: frameHash(b, bodyLen)}
	seg.size = max(seg.size, seg.written.offset)
	seg.frames++
	if l.opts.Sync == SyncNever {
		seg.trusted = seg.written
	}
	return location{segment: uint32(seg.id), offset: uint32(at / frameAlign), body: uint32(bodyLen), seq: uint32(l.seq)}, nil
}

// sync makes everything written so far durable. After an error the segment
// that failed is not used again.
func (l *Log) sync() error {
	start := l.opts.Now()
	err := l.syncSegments()
	if l.opts.Hooks.Synced != nil {
		l.opts.Hooks.Synced(l.opts.Now().Sub(start), err)
	}
	return err
}

func (l *Log) syncSegments() error {
	for _, s := range l.segs {
		if !s.dirty { // or a failed one, see below
			continue
		}
		if err := s.file.Sync(); err != nil {
			// Never asked again: a second fsync would succeed without the
			// lost pages.
			s.broken, s.dirty = true, false
			return fmt.Errorf("sync segment %s: %w", segmentName(s.id), err)
		}
		s.dirty = false
		s.trusted = s.written
	}
	l.stats.Syncs++
	l.synced = l.seq
	clear(l.pending)
	l.pendingBytes = 0
	return nil
}

func (l *Log) event(e Event) {
	if l.opts.Hooks.Event != nil {
		l.opts.Hooks.Event(e)
	}
}
