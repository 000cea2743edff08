package sealedlog

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

const (
	segmentSuffix    = ".seg"
	sparePrefix      = "spare-"
	quarantinePrefix = "quarantine-"
)

// maxSegment is above what any segment takes: a header, and one frame of MaxBatch or
// as much of smaller ones. Whoever can write to the directory could make a file of
// holes that recovery reads for days.
const maxSegment = MaxBatch + MaxBatch/2

func segmentName(id uint64) string { return fmt.Sprintf("%016x%s", id, segmentSuffix) }

func spareName(n uint64) string { return fmt.Sprintf("%s%016x", sparePrefix, n) }

// parseSegmentName is the inverse of segmentName; other spellings of the same
// number are no segment names.
func parseSegmentName(name string) (uint64, bool) {
	hex, ok := strings.CutSuffix(name, segmentSuffix)
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseUint(hex, 16, 64)
	return id, err == nil && segmentName(id) == name
}

// isSpareName tells our spares from what else is called spare-something: those are
// removed and written over.
func isSpareName(name string) bool {
	hex, ok := strings.CutPrefix(name, sparePrefix)
	n, err := strconv.ParseUint(hex, 16, 64)
	return ok && err == nil && spareName(n) == name
}

// position is the end of the log in a segment, after a whole frame.
type position struct {
	offset int64
	seq    uint64
	hash   [32]byte
}

// segment is one file. All fields are guarded by Log.mu.
type segment struct {
	id       uint64
	file     File
	codec    *frameCodec
	created  time.Time
	keyID    string // KMS key that wraps its epoch
	provider string
	epoch    [32]byte           // envelope.Wrapped.ID of its key
	key      *envelope.EpochKey // of its own epoch, nil in segments of an earlier process
	size     int64              // of the file
	filled   int64              // its blocks up to here were written before
	header   int64              // length of its header
	firstSeq uint64
	synced   uint64   // known to be durable when the header was written
	written  position // end of what was written
	trusted  position // end of what may be relied on: synced, or written if the log never syncs
	tail     int64    // found at start: frames from here on were perhaps never synced
	live     int64    // bytes of live records
	records  int      // live records
	lastKill uint64   // call that last killed one of its records; unlogged until it is in the log
	frames   int
	// moveFails is how often the device did not give a record that is to be moved;
	// moveAfter is when it is asked again.
	moveFails int
	moveAfter time.Time
	dirty     bool // has un-synced writes
	broken    bool // a write or fsync failed: nothing after trusted counts
	damaged   bool // durable data does not read back; the file is kept
	sealed    bool // has a footer
	client    string
	base      bool // a checkpoint: everything before it is void
}

// room is what is left for frames, the footer set aside.
func (s *segment) room() int64 {
	return s.size - s.written.offset - int64(128+24*s.records)
}

// fullSeq completes the low half that a location keeps.
func (s *segment) fullSeq(low uint32) uint64 {
	return s.firstSeq + uint64(low-uint32(s.firstSeq))
}
