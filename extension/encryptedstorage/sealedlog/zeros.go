package sealedlog

import (
	"fmt"
	"os"
)

const zeroChunk = 1 << 20

var zeros [zeroChunk]byte

// An fdatasync on blocks that were written before needs no commit of the file
// system's journal, so a log that syncs often writes zeros ahead of itself:
// never more than a chunk, so that they stay in proportion to what is logged.
const (
	// minFill and maxFill bound what is written ahead at a time, in bytes.
	minFill = 256 << 10
	maxFill = zeroChunk
	// fillSyncs is for how many more syncs zeros are written: so many share
	// one commit.
	fillSyncs = 16
	// unfilled: if a sync writes this many bytes and more, the commit costs
	// less than writing everything twice.
	unfilled = 256 << 10
)

// countSync learns how much a sync writes. Large ones count for a while: a
// few small ones between them (a footer) change nothing.
func (l *Log) countSync() {
	bytes := int64(l.stats.WrittenBytes - l.syncedBytes)
	l.syncedBytes = l.stats.WrittenBytes
	l.perSync = max(bytes, l.perSync-l.perSync/8)
}

// fillAhead writes zeros behind a frame that is about to end at end.
func (l *Log) fillAhead(seg *segment, end int64) error {
	if end <= seg.filled || l.perSync == 0 || l.perSync >= unfilled || (l.opts.Sync != SyncOnInsert && l.opts.Sync != SyncAlways) {
		return nil
	}
	to := min(end+min(max(fillSyncs*l.perSync, minFill), maxFill), seg.size)
	for at := end; at < to; at += zeroChunk {
		if _, err := seg.file.WriteAt(zeros[:min(zeroChunk, to-at)], at); err != nil {
			return fmt.Errorf("fill segment %s: %w", segmentName(seg.id), err)
		}
	}
	if to > end {
		l.stats.ZeroBytes += uint64(to - end)
	}
	seg.filled = to
	return nil
}

// writeZeros is how a file gets its space where none can be reserved.
func writeZeros(f *os.File, size int64) error {
	for at := int64(0); at < size; at += zeroChunk {
		if _, err := f.WriteAt(zeros[:min(zeroChunk, size-at)], at); err != nil {
			return err
		}
	}
	return nil
}
