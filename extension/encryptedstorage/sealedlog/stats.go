package sealedlog

import "time"

// Stats counts what a log did since Open, and what it holds.
type Stats struct {
	WrittenBytes uint64 // frames, headers left out
	ZeroBytes    uint64 // zeros written ahead of the log
	MovedBytes   uint64 // survivors written again
	Frames       uint64
	Syncs        uint64
	Full         uint64 // inserts refused for want of space
	Failovers    uint64 // segments left behind after a failed write or fsync
	Recycled     uint64
	Dropped      uint64
	ReadErrors   uint64
	MoveErrors   uint64
	Damages      uint64 // places of durable data that do not read back

	// Frames rejected, while reading and in recovery.
	Torn     uint64
	Corrupt  uint64
	Tampered uint64

	LostBytes        int64 // un-synced tail that recovery dropped
	RecoveryDuration time.Duration

	// State now.
	LiveBytes    int64
	DeadBytes    int64
	FileBytes    int64 // all segments and the spare
	SpareBytes   int64
	Segments     int
	Entries      int
	Pending      int
	Stuck        bool
	Seq          uint64 // last frame; falls when un-synced frames are written anew elsewhere
	Synced       uint64 // last frame that is known to be durable
	LiveEpochs   int
	OldestRecord time.Time // creation of the head segment, zero without records
}

// Stats returns a snapshot.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	epochs := map[[32]byte]bool{}
	for _, g := range l.segs {
		s.LiveBytes += g.live
		s.FileBytes += g.size
		epochs[g.epoch] = true
		if s.OldestRecord.IsZero() && g.records > 0 {
			s.OldestRecord = g.created
		}
	}
	s.DeadBytes = s.FileBytes - s.LiveBytes
	if l.spare != nil {
		s.SpareBytes = l.spare.size
		s.FileBytes += l.spare.size
	}
	s.Segments = len(l.segs)
	s.Entries = l.index.len()
	s.Pending = len(l.pending)
	s.Stuck = l.stuck != nil
	s.Seq, s.Synced = l.seq, l.synced
	s.LiveEpochs = len(epochs)
	return s
}
