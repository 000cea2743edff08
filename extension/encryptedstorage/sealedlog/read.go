package sealedlog

import (
	"errors"
	"fmt"
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
	var value []byte
	var err error
	if n, ok := number(key); ok && r == nil {
		value, err = l.readNumber(n, loc)
	} else {
		value, err = l.readLocation(loc)
	}
	if err != nil {
		l.stats.ReadErrors++
		if seg := l.byID[loc.segment]; seg != nil {
			// The queue deletes what it can't read: the file is the only copy then.
			seg.damaged = true
			if !isDamage(err) {
				l.event(Event{Kind: EventDamage, Err: damageAt(seg, loc, err)})
			}
		}
		return nil, err
	}
	return value, nil
}

// readAttempts: an error here makes the queue drop the item, so a device that
// recovers gets a second chance.
const readAttempts = 3

func (l *Log) readLocation(loc location) ([]byte, error) {
	seg := l.byID[loc.segment]
	if seg == nil {
		return nil, fmt.Errorf("%w: no segment %d", ErrDamaged, loc.segment)
	}
	value, err := l.reader.value(seg.source(), loc, readAttempts)
	switch {
	case err == nil:
		return value, nil
	case errors.Is(err, errTamper):
		l.reject(RejectedTamper, 1)
	case errors.Is(err, errHead), errors.Is(err, errBodyCRC):
		l.reject(RejectedCorrupt, 1)
	case errors.Is(err, errEnds), errors.Is(err, errOutside):
	default:
		return nil, err
	}
	d := damageAt(seg, loc, err)
	l.event(Event{Kind: EventDamage, Err: d})
	return nil, d
}

func damageAt(seg *segment, loc location, err error) *Damage {
	seq := seg.fullSeq(loc.seq)
	return &Damage{File: segmentName(seg.id), Offset: int64(loc.offset) * frameAlign, First: seq, Last: seq, Reason: err.Error()}
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
