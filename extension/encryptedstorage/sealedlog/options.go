package sealedlog

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// SyncMode says when a batch is durable.
type SyncMode uint8

// Sync modes. In each of them a crash leaves the state after some earlier call.
const (
	// SyncOnInsert syncs batches that insert a key before they return. Other
	// batches become durable with the next one: losing them delivers an item
	// twice, never zero times.
	SyncOnInsert SyncMode = iota
	// SyncAlways syncs every batch that changes something.
	SyncAlways
	// SyncInterval syncs when Flush is called, and after 16 MiB.
	SyncInterval
	// SyncNever leaves it to the operating system, except before space is
	// reclaimed.
	SyncNever
)

// Corruption says what Open does with damage to single frames.
type Corruption uint8

// Reactions to damage. Damage to a header, a wrong key or a newer version
// always fails Open.
const (
	// Quarantine skips the frame, reports it and keeps its file.
	Quarantine Corruption = iota
	// Fail makes Open return the Damage.
	Fail
)

// Keys is where a log gets its keys from; *envelope.Epochs is one. Only Open
// waits for it.
type Keys interface {
	// Current is the epoch key that new segments are sealed under. It does
	// not wait for a key service.
	Current() (*envelope.EpochKey, error)
	// Admit is nil, or why batches that insert must be refused (a key that is
	// too old, or revoked).
	Admit() error
	// Unwrap opens the epoch key of an existing segment. The key belongs to
	// Keys; what was derived from it stays usable.
	Unwrap(ctx context.Context, w envelope.Wrapped) (*envelope.EpochKey, error)
}

// Event is something an operator should know. Texts hold no keys and no data.
type Event struct {
	Kind EventKind
	// Err is the cause, nil for EventRecovered and EventQuarantined.
	Err error
}

// EventKind classifies events.
type EventKind uint8

// Kinds of events.
const (
	// EventDamage: durable data does not read back; Err is a *Damage.
	EventDamage EventKind = iota + 1
	// EventStuck: changes are held in memory, the disk refuses them.
	EventStuck
	// EventRecovered: what was stuck is on disk again.
	EventRecovered
	// EventSpare: no spare segment could be made, so inserts are refused.
	EventSpare
	// EventQuarantined: the last segment in which damage was found has left
	// the log; its file is kept under another name.
	EventQuarantined
)

// Rejection is why a frame did not count.
type Rejection uint8

// Reasons for a rejection.
const (
	// RejectedTorn: the frame is longer than its file.
	RejectedTorn Rejection = iota
	// RejectedCorrupt: checksums differ.
	RejectedCorrupt
	// RejectedTamper: checksums fit but the frame does not authenticate.
	RejectedTamper
)

// Classes of batches, as Hooks.Batch is told them.
const (
	ClassInsert      = "insert"      // it inserts at least one key
	ClassMaintenance = "maintenance" // it only overwrites and deletes
)

// Hooks observe a log. They are called with the log locked and must return at
// once. Each may be nil.
type Hooks struct {
	Event    func(Event)
	Appended func(time.Duration)
	Synced   func(time.Duration, error)
	Batch    func(class string, err error)
	Rejected func(why Rejection, frames int)
}

// Options of a log. FS, Keys, Store and Client are required.
type Options struct {
	FS     FS
	Keys   Keys
	Store  [16]byte
	Client string
	// ContextHash is the hash of the encryption context.
	ContextHash [32]byte

	// SegmentSize is the size to which segments grow, FirstSegment the size
	// of the first one after Open, both in bytes.
	SegmentSize  int64
	FirstSegment int64
	Sync         SyncMode
	// FlushInterval is how often SyncInterval syncs.
	FlushInterval time.Duration
	OnCorruption  Corruption
	// CacheSize bounds the values that are kept in memory, in clear, from their
	// insertion until they are read; in bytes, 0 keeps none.
	CacheSize int64
	// NamedMemory bounds the values under names that are kept in memory to be
	// patched, in bytes; 0 means 16 MiB.
	NamedMemory int64
	// Budget may be shared by several logs; nil means no limit.
	Budget *Budget
	// Inline prepares spare segments inside the calls instead of in a
	// goroutine: for deterministic tests.
	Inline bool
	Hooks  Hooks
	Now    func() time.Time
}

// Sizes of segments, in bytes.
const (
	DefaultSegmentSize  = 64 << 20
	DefaultFirstSegment = 1 << 20
	MinSegmentSize      = 16 << 10
)

func (o *Options) complete() error {
	if o.FS == nil || o.Keys == nil || o.Client == "" {
		return errors.New("log options: file system, keys and client are required")
	}
	if o.SegmentSize == 0 {
		o.SegmentSize = DefaultSegmentSize
	}
	if o.SegmentSize < MinSegmentSize || o.SegmentSize > MaxBatch {
		return errors.New("log options: segment size must be between 16 KiB and 1 GiB")
	}
	if o.FirstSegment == 0 {
		o.FirstSegment = DefaultFirstSegment
	}
	o.FirstSegment = min(o.FirstSegment, o.SegmentSize)
	if o.NamedMemory == 0 {
		o.NamedMemory = maxCached
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}

// Budget limits the bytes of all files of one or more logs.
type Budget struct {
	// Max is the limit in bytes; 0 means none.
	Max int64
	// MinFree is what must stay free on the volume, in bytes.
	MinFree uint64

	used atomic.Int64
}

// Used is the number of bytes taken.
func (b *Budget) Used() int64 {
	if b == nil {
		return 0
	}
	return b.used.Load()
}

// take books n bytes. Forced bookings are for the first segment of a log and
// for maintenance: they may pass the limits.
func (b *Budget) take(n int64, fs FS, force bool) bool {
	if b == nil {
		return true
	}
	if !force && b.MinFree > 0 {
		free, err := fs.Free()
		if err != nil || free < uint64(n) || free-uint64(n) < b.MinFree {
			return false
		}
	}
	if used := b.used.Add(n); !force && b.Max > 0 && used > b.Max {
		b.used.Add(-n)
		return false
	}
	return true
}

func (b *Budget) give(n int64) {
	if b != nil {
		b.used.Add(-n)
	}
}
