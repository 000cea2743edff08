package sealedlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// write encodes changes as one frame at the end of the active segment,
// starting a new one if there is no room. It changes neither index nor books.
func (l *Log) write(changes []change) (location, error) {
	need := plainSize(changes)
	if need > l.maxPlain {
		// No reader would take it for a frame.
		return location{}, fmt.Errorf("%w: %d bytes in one frame", ErrTooLarge, need)
	}
	need = frameSize(int(need) + envelope.Overhead)
	if seg := l.active(); seg.sealed || seg.broken || need > seg.room() {
		if err := l.roll(need); err != nil {
			return location{}, err
		}
	}
	return l.writeChanges(l.active(), changes, need)
}

// plainSize is an upper bound of the plaintext that says changes, in bytes.
func plainSize(changes []change) int64 {
	n := int64(32)
	for _, c := range changes {
		n += int64(logOp{key: c.key, value: c.value}.size())
	}
	return n
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
	// Whether a number lies in the ring depends on the others: not the same at replay.
	if _, isNumber := number(c.key); isNumber {
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

// errBroken is what a write to a segment that is not to be trusted gets: the log
// then goes on in another.
var errBroken = errors.New("an earlier write or sync of it has failed")

// writeFrame seals plain and writes it at the end of seg.
func (l *Log) writeFrame(seg *segment, plain []byte, kind byte) (location, error) {
	bodyLen := len(plain) + envelope.Overhead
	if seg.broken {
		// Whatever broke it: behind its trusted end nothing counts.
		return location{}, fmt.Errorf("write segment %s: %w", segmentName(seg.id), errBroken)
	}
	b := seg.codec.seal(l.buf, plain, kind, l.seq+1)
	l.buf = keep(b)
	seg.dirty = true
	if err := l.fillAhead(seg, seg.written.offset+int64(len(b))); err != nil {
		return location{}, err
	}
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
	seg.filled = max(seg.filled, seg.written.offset)
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
	if l.flush != nil {
		if l.collectFlush(true); l.stuck != nil {
			return l.stuck
		}
	}
	for _, s := range l.segs {
		if !s.dirty { // or a failed one, see below
			continue
		}
		if err := s.file.Sync(); err != nil {
			// Never asked again: a second fsync would succeed without the
			// lost pages.
			s.broken, s.dirty = true, false
			l.unsure = l.opts.Sync == SyncNever
			return fmt.Errorf("sync segment %s: %w", segmentName(s.id), err)
		}
		s.dirty = false
		s.trusted = s.written
	}
	l.stats.Syncs++
	l.countSync()
	l.synced = l.seq
	clear(l.pending)
	l.pendingBytes = 0
	return nil
}
