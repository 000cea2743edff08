package sealedlog

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

func isDamage(err error) bool { return errors.Is(err, ErrDamaged) }

// read returns a copy of the value of key, nil if there is none.
func (l *Log) read(key string) ([]byte, error) {
	loc, r, ok := l.index.get(key)
	if !ok {
		return nil, nil
	}
	if r != nil && r.cached != nil {
		return append(make([]byte, 0, len(r.cached)), r.cached...), nil
	}
	if len(l.pending) > 0 {
		if v := l.pending[key]; v != nil {
			return append(make([]byte, 0, len(v)), v...), nil
		}
	}
	if loc.damaged() {
		return nil, fmt.Errorf("%w: the frame of this record was lost; its file is kept", ErrDamaged)
	}
	value, err := l.readLocation(loc)
	if err != nil {
		if seg := l.byID[loc.segment]; seg != nil && isDamage(err) {
			seg.damaged = true
		}
		l.stats.ReadErrors++
		return nil, err
	}
	return value, nil
}

// maxScratch bounds the frames that are opened in memory that is used again.
const maxScratch = 4 << 20

// readAttempts: an error here makes the queue drop the item, so a device that
// recovers gets a second chance.
const readAttempts = 3

func (l *Log) readLocation(loc location) ([]byte, error) {
	seg := l.byID[loc.segment]
	if seg == nil {
		return nil, fmt.Errorf("%w: no segment %d", ErrDamaged, loc.segment)
	}
	offset := int64(loc.offset) * frameAlign
	damage := func(reason string) error {
		d := &Damage{File: segmentName(seg.id), Offset: offset, First: seg.fullSeq(loc.seq), Last: seg.fullSeq(loc.seq), Reason: reason}
		l.event(Event{Kind: EventDamage, Err: d})
		return d
	}
	frame := slices.Grow(l.readBuf[:0], frameHeader+int(loc.body))[:frameHeader+int(loc.body)]
	l.readBuf = keep(frame)
	for attempt := 1; ; attempt++ {
		n, err := seg.file.ReadAt(frame, offset)
		if n == len(frame) {
			break
		}
		if errors.Is(err, io.EOF) {
			return nil, damage("the file ends here")
		}
		if attempt == readAttempts {
			return nil, fmt.Errorf("read segment %s: %w", segmentName(seg.id), err)
		}
	}
	h, ok := parseFrameHead(seg.id, frame)
	if !ok || h.bodyLen != int(loc.body) || uint32(h.seq) != loc.seq || h.kind != frameData {
		l.reject(RejectedCorrupt, 1)
		return nil, damage("the header of the frame was changed")
	}
	// Into memory that is used again: a fresh buffer would be cleared first, and
	// the value would keep all of it.
	var scratch []byte
	if h.bodyLen <= maxScratch {
		scratch = l.openBuf[:0]
	}
	plain, err := seg.codec.open(scratch, frame[:frameHeader], h, frame[frameHeader:])
	if err != nil {
		why := RejectedCorrupt
		if errors.Is(err, errTamper) {
			why = RejectedTamper
		}
		l.reject(why, 1)
		return nil, damage(err.Error())
	}
	end := uint64(loc.valueAt) + uint64(loc.value)
	if end > uint64(len(plain)) {
		return nil, damage("the record ends outside of its frame")
	}
	value := plain[loc.valueAt:end:end]
	if h.bodyLen > maxScratch && len(value) > len(plain)/2 {
		return value, nil
	}
	l.openBuf = keep(plain)
	return append(emptyValue, value...), nil
}

// reject counts frames that do not read back.
func (l *Log) reject(why Rejection, frames int) {
	if frames == 0 {
		return
	}
	switch why {
	case RejectedTorn:
		l.stats.Torn += uint64(frames)
	case RejectedCorrupt:
		l.stats.Corrupt += uint64(frames)
	case RejectedTamper:
		l.stats.Tampered += uint64(frames)
	}
	if l.opts.Hooks.Rejected != nil {
		l.opts.Hooks.Rejected(why, frames)
	}
}

// Walk calls fn for every record, in no fixed order. value is only valid
// during the call; fn must not use the log. The operations that fn returns run
// as one batch after the last record, or after fn returned stop; if fn fails
// none of them does. A damaged record is left out.
func (l *Log) Walk(fn func(key string, value []byte) (ops []*Op, stop bool, err error)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	var collected []*Op
	for key := range l.index.all() {
		value, err := l.read(key)
		if isDamage(err) {
			continue
		}
		if err != nil {
			return err
		}
		ops, stop, err := fn(key, value)
		if err != nil {
			return err
		}
		collected = append(collected, ops...)
		if stop {
			break
		}
	}
	return l.batch(collected)
}
