package sealedlog

import (
	"errors"
	"fmt"
	"math"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// roll ends the active segment and starts the next one, with room for a frame
// of need bytes: footer, fsync, directory, then the frame that says where the
// old one ended.
func (l *Log) roll(need int64) error {
	if seg := l.active(); !seg.sealed && !seg.broken {
		if err := l.writeFooter(seg); err != nil {
			return err
		}
		if l.opts.Sync != SyncNever {
			if err := l.sync(); err != nil {
				return err
			}
		}
		seg.sealed = true
	}
	return l.nextSegment(need)
}

// writeFooter writes the index of seg: which frame holds which live record. It
// tells recovery which keys a damaged frame held. Without room it is left out.
func (l *Log) writeFooter(seg *segment) error {
	var entries []footerEntry
	if seg.records > 0 {
		for key, loc := range l.index.in(seg.id) {
			seq := seg.fullSeq(loc.seq)
			if _, r, ok := l.index.get(key); ok && r != nil {
				seq = r.seq // perhaps that of a patch
			}
			entries = append(entries, footerEntry{key, seq})
		}
		for key, d := range l.deferred {
			if uint64(d.segment) == seg.id {
				entries = append(entries, footerEntry{key, max(d.call, seg.fullSeq(d.seq))})
			}
		}
	}
	b := appendFooter(make([]byte, 0, 64+32*len(entries)), l.synced, entries)
	if frameSize(len(b)+envelope.Overhead) > seg.size-seg.written.offset {
		b = appendFooter(nil, l.synced, nil)
		if frameSize(len(b)+envelope.Overhead) > seg.size-seg.written.offset {
			return nil
		}
	}
	_, err := l.writeFrame(seg, b, frameFooter)
	return err
}

// openFrameSize is what the first frame of a segment takes.
var openFrameSize = frameSize(10 + 1 + 24 + 32 + envelope.Overhead)

// nextSegment turns the spare (or a new file) into the active segment, with
// room for a frame of need bytes.
func (l *Log) nextSegment(need int64) error {
	seg, sp, header, err := l.newSegment(need, false)
	if err != nil {
		return err
	}
	if err := l.install(sp, header, seg.id); err != nil {
		l.discard(sp)
		return err
	}
	prev := l.previousEnd()
	l.attach(seg)
	_, err = l.writeFrame(seg, prev.append(nil, l.synced), frameOpen)
	return err
}

// newSegment takes a file for the next segment and makes its header; nothing
// is written yet.
func (l *Log) newSegment(need int64, checkpoint bool) (*segment, *spareFile, []byte, error) {
	id := l.nextID
	if id > math.MaxUint32 {
		return nil, nil, nil, errors.New("segment ids are used up: drain the queue and start with an empty directory")
	}
	epoch, err := l.opts.Keys.Current()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("key of a new segment: %w", err)
	}
	header, key, err := sealHeader(epoch, l.opts.Store, id, l.opts.ContextHash, Meta{
		Created: l.opts.Now(), FirstSeq: l.seq + 1, SyncedSeq: min(l.synced, l.seq),
		Checkpoint: checkpoint, Client: l.opts.Client,
	})
	if err != nil {
		return nil, nil, nil, err
	}
	sp, err := l.takeSpare(need + int64(len(header)) + openFrameSize + 256)
	if err != nil {
		return nil, nil, nil, err
	}
	seg := &segment{
		id:       id,
		file:     sp.file,
		created:  l.opts.Now(),
		codec:    newFrameCodec(frameInfo(l.opts.Store, l.opts.Client, id, l.opts.ContextHash), key),
		epoch:    epoch.Wrapped.ID(),
		keyID:    epoch.Wrapped.KeyID,
		provider: epoch.Wrapped.Provider,
		key:      epoch,
		size:     sp.size,
		filled:   sp.filled,
		header:   int64(len(header)),
		firstSeq: l.seq + 1,
		base:     checkpoint,
	}
	seg.written = position{offset: seg.header, seq: l.seq}
	seg.trusted = seg.written
	return seg, sp, header, nil
}

// attach makes seg the active segment.
func (l *Log) attach(seg *segment) {
	l.segs = append(l.segs, seg)
	l.byID[uint32(seg.id)] = seg
	l.nextID++
}

// previousEnd says where the log ends before a new segment. In the modes that
// sync, everything of a sealed segment is synced by then, so the trusted end
// is the whole of it.
func (l *Log) previousEnd() openRecord {
	if len(l.segs) == 0 {
		return openRecord{}
	}
	p := l.active()
	return openRecord{prev: p.id, end: uint64(p.trusted.offset), lastSeq: p.trusted.seq, hash: p.trusted.hash}
}

// discard gives up a file that could not become a segment. Nothing is known
// about it any more; if its new name became durable, it is an empty segment
// that the next attempt replaces.
func (l *Log) discard(sp *spareFile) {
	_ = sp.file.Close()
	_ = l.fs.Remove(sp.name)
	l.opts.Budget.give(sp.size)
}

// settleRemovals comes before anything is written into the file of the next
// segment: until the directory is synced a recycled one may still be found under its
// old name, where new frames and a new header would count as damage.
func (l *Log) settleRemovals(id uint64) error {
	if !l.dirDirty {
		return nil
	}
	if err := l.fs.SyncDir(); err != nil {
		return fmt.Errorf("sync directory for segment %s: %w", segmentName(id), err)
	}
	l.dirDirty = false
	return nil
}

func (l *Log) install(sp *spareFile, header []byte, id uint64) error {
	if err := l.settleRemovals(id); err != nil {
		return err
	}
	if _, err := sp.file.WriteAt(header, 0); err != nil {
		return fmt.Errorf("write header of segment %s: %w", segmentName(id), err)
	}
	// The header must be durable before the name says that it is there.
	if err := sp.file.Sync(); err != nil {
		return fmt.Errorf("sync header of segment %s: %w", segmentName(id), err)
	}
	if err := l.fs.Rename(sp.name, segmentName(id)); err != nil {
		return fmt.Errorf("name segment %s: %w", segmentName(id), err)
	}
	if err := l.fs.SyncDir(); err != nil {
		return fmt.Errorf("sync directory for segment %s: %w", segmentName(id), err)
	}
	return nil
}
