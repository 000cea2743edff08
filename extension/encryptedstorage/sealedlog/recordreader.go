package sealedlog

import (
	"errors"
	"fmt"
	"io"
	"slices"
)

// frameSource is what frames of a segment are read from. It stays what it is
// when the segment leaves the log; reading from it then fails, or finds frames
// that do not open.
type frameSource struct {
	segment uint64
	file    File
	codec   *frameCodec
}

func (s *segment) source() frameSource { return frameSource{s.id, s.file, s.codec} }

// Why a record can't be read, besides errors of the device.
var (
	errEnds    = errors.New("the file ends here")
	errHead    = errors.New("the header of the frame was changed")
	errOutside = errors.New("the record ends outside of its frame")
)

// recordReader reads single records, with memory that it uses again. Not safe
// for concurrent use.
type recordReader struct {
	frame []byte
	plain []byte
}

// maxScratch bounds the frames that are opened in memory that is used again.
const maxScratch = 4 << 20

// value returns the value at loc in memory of its own. It asks the device so
// many times.
func (r *recordReader) value(from frameSource, loc location, attempts int) ([]byte, error) {
	size := frameHeader + int(loc.body)
	frame := slices.Grow(r.frame[:0], size)[:size]
	r.frame = keep(frame)
	for attempt := 1; ; attempt++ {
		n, err := from.file.ReadAt(frame, int64(loc.offset)*frameAlign)
		if n == len(frame) {
			break
		}
		if errors.Is(err, io.EOF) {
			return nil, errEnds
		}
		if attempt == attempts {
			return nil, fmt.Errorf("read segment %s: %w", segmentName(from.segment), err)
		}
	}
	h, ok := parseFrameHead(from.segment, frame)
	if !ok || h.bodyLen != int(loc.body) || uint32(h.seq) != loc.seq || h.kind != frameData {
		return nil, errHead
	}
	// Into memory that is used again: a fresh buffer would be cleared first, and
	// the value would keep all of it.
	var scratch []byte
	if h.bodyLen <= maxScratch {
		scratch = r.plain[:0]
	}
	plain, err := from.codec.open(scratch, frame[:frameHeader], h, frame[frameHeader:])
	if err != nil {
		return nil, err
	}
	end := uint64(loc.valueAt) + uint64(loc.value)
	if end > uint64(len(plain)) {
		return nil, errOutside
	}
	value := plain[loc.valueAt:end:end]
	if h.bodyLen > maxScratch && len(value) > len(plain)/2 {
		return value, nil
	}
	r.plain = keep(plain)
	return append(emptyValue, value...), nil
}
