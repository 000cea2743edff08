package ssekmsexporter

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// errMarshal is telemetry that cannot be rendered. Nothing else is dropped.
var errMarshal = errors.New("telemetry cannot be marshalled")

// build renders a batch into the body of one object: a few resources at a time
// are marshalled and compressed at once, so that beside the compressed body only
// one group of resources exists in marshalled form.
//
// first is the time of the first try. It fails with errTooLarge beyond limit bytes,
// and with errMarshal.
func (e *engine) build(b batch, tenant string, first time.Time, limit int64) (o *object, err error) {
	out := newBody(limit)
	enc, err := e.pool.get(out)
	if err != nil {
		return nil, err
	}
	defer func() {
		// A marshaler that panics on hostile telemetry must cost that batch and
		// not the process. The value of the panic may hold telemetry.
		if recover() != nil {
			err = fmt.Errorf("%w: the marshaler panicked", errMarshal)
		}
		e.pool.put(enc)
		if err != nil {
			o = nil
			out.release()
		}
	}()
	earliest, err := e.render(b, enc, out)
	if err != nil {
		return nil, err
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return &object{
		body:    out,
		records: records(b),
		name: objectName{
			prefix:    e.cfg.Prefix,
			tenant:    tenant,
			partition: e.partition.at(e.partitionTime(earliest, first)),
			signal:    b.signal(),
			suffix:    e.cfg.Format.suffix() + compressionSuffix[e.cfg.Compression],
			digest:    out.digest(),
		},
	}, nil
}

// render writes the batch to enc, and returns the earliest time in it.
func (e *engine) render(b batch, enc compressor, out *body) (earliest pcommon.Timestamp, err error) {
	frame := e.cfg.Format.framingOf(b.signal())
	space := scratchPool.Get().(*scratch)
	press := newPress(enc, e.cfg.Compression != compressionNone && !e.marshaler.whole && !oneGroup(b))
	press.free = space.buffers()
	// Not after a panic: the group is still in the scratch, half moved back.
	clean := false
	defer func() {
		if closed := press.close(); err == nil {
			err = closed
		}
		switch {
		case !clean:
		case e.marshaler.raw != nil:
			space.release(press.free)
		default:
			// Only protobuf is marshalled into a buffer that it is given.
			space.release(nil)
		}
	}()
	write := func(p []byte) error {
		if len(p) == 0 {
			return nil
		}
		out.raw += int64(len(p))
		return press.write(p)
	}
	if err := write(frame.begin()); err != nil {
		return 0, err
	}
	between, last := []byte(nil), 0
	piece := func(lo, hi int) error {
		var err error
		if space.buf, err = press.next(last); err != nil {
			return err
		}
		// Not in a pass of its own: the records are about to be read anyway.
		earliest = earlier(earliest, b.earliest(lo, hi))
		doc, err := b.marshal(e.marshaler, space, lo, hi)
		if err != nil {
			// The marshaler's own message can quote telemetry.
			return errMarshal
		}
		inner, err := frame.inner(doc)
		if err != nil {
			return fmt.Errorf("%w: %w", errMarshal, err)
		}
		if err := write(between); err != nil {
			return err
		}
		between, last = frame.between(), len(doc)
		out.raw += int64(len(inner))
		return press.writeGroup(inner, space.buf)
	}
	if e.marshaler.whole {
		err = piece(0, b.resources())
	} else {
		err = groups(b, piece)
	}
	clean = true
	if err != nil {
		return 0, err
	}
	return earliest, write(frame.end())
}

// partitionTime is the earliest signal time, or the time of the first try where
// there is no plausible one.
func (e *engine) partitionTime(earliest pcommon.Timestamp, first time.Time) time.Time {
	if e.partition.ingest || earliest == 0 {
		return first
	}
	if at := earliest.AsTime(); plausible(at, first) {
		return at
	}
	return first
}
