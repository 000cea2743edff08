package sealedlog

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
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
	pendingBytes int64 // of them in a frame, at most

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
	relaxed    bool      // no spare stands by, but there may be room for one

	touched      bool // a batch changed something since Open
	deferred     map[string]*deferredDelete
	deferredLeft int // inserts until the deferred deletes are logged

	flush      *flush // nil if none is under way; SyncNever only
	reclaiming bool
	// checkpointing: a goroutine waits for mu to make a checkpoint.
	checkpointing bool
	reclaimAfter  time.Time // no flush before, in SyncNever; zero if none is due
	kept          int64     // bytes in quarantined files
	unsure        bool      // frames that count may not be durable, see witness; SyncNever only
	dirDirty      bool      // a removal is not known to be durable
	found         uint64    // bytes of frames in the segments that Open has found
	syncedBytes   uint64    // stats.WrittenBytes at the last sync
	perSync       int64     // bytes that a sync writes, of late
	buf           []byte
	maxPlain      int64 // of a frame: MaxBatch, less in tests
	ats           []int // of the last write: offset of each value in the plaintext, -1 for a patch
	patchBuf      []byte
	plainBuf      []byte
	reader        recordReader
	ahead         readAhead
	cache         cache

	stats Stats
}

// deferredDelete is a key that is deleted in memory but not yet in the log.
type deferredDelete struct {
	location
	call   uint64 // that wrote the value, perhaps as a patch; 0 for numbers
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
// damaged, or the device does not give it, that read gives nil, so that one bad
// record does not cost the whole backlog; a batch with a single read fails with
// ErrDamaged or the error of the device, because nil would be taken for an empty
// value.
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
	class := ClassMaintenance
	inserts := 0
	for _, c := range changes {
		if c.insert {
			inserts++
			class = ClassInsert
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
				if reads == 1 {
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
		if mayRefuse || !l.holdable(changes) {
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
		return
	}
	l.prepareSpare()
}

// log appends changes and applies them. If the active segment fails, a new one
// is started with them and with everything that is pending. On error nothing
// is applied.
func (l *Log) log(changes []change, sync bool) error {
	if l.stuck == nil {
		start, before := l.opts.Now(), l.active()
		loc, err := l.write(changes)
		if err == nil && (sync || l.pendingFull(changes)) {
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
			if l.active() != before {
				// Only now: a spare may need survivors moved, which take room in the
				// new segment, and whose failure leaves the log stuck.
				l.prepareSpare()
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

func (l *Log) active() *segment { return l.segs[len(l.segs)-1] }

// pendingFull: changes are to be synced, not held beside what is pending.
func (l *Log) pendingFull(changes []change) bool {
	return l.opts.Sync != SyncNever && (l.pendingBytes > maxPending || len(l.pending) > maxPendingKeys || !l.holdable(changes))
}

func (l *Log) event(e Event) {
	if l.opts.Hooks.Event != nil {
		l.opts.Hooks.Event(e)
	}
}
