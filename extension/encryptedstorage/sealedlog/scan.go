package sealedlog

import (
	"errors"
	"fmt"
	"io"
)

// frame is one authenticated frame of a scan.
type frame struct {
	offset int64
	frameHead
	plain []byte // valid until the next call
	hash  [32]byte
}

// scanner reads the frames of one segment from front to back, with one buffer.
// After a frame that does not read back it looks for the next one at every
// aligned offset; it does not trust the length in a header that authentication
// has not confirmed.
type scanner struct {
	file  File
	codec *frameCodec
	size  int64
	at    int64

	buf   []byte // bytes of the file from bufAt on
	bufAt int64
	plain []byte
	work  int64 // bytes of rejected bodies

	torn, corrupt, tampered int
	// firstBad is where the first rejected frame since the last good one
	// begins, 0 if none.
	firstBad int64
	badWhy   string
}

const scanBuffer = 1 << 20

var errTooManyFalse = errors.New("too many false frame headers")

func newScanner(f File, codec *frameCodec, from, size int64) *scanner {
	return &scanner{file: f, codec: codec, at: from, size: size}
}

// peek returns n bytes of the file at offset.
func (s *scanner) peek(offset int64, n int) ([]byte, error) {
	if offset >= s.bufAt && offset+int64(n) <= s.bufAt+int64(len(s.buf)) {
		at := offset - s.bufAt
		return s.buf[at : at+int64(n)], nil
	}
	want := int(min(int64(max(n, scanBuffer)), s.size-offset))
	if cap(s.buf) < want || cap(s.buf) > 4*max(want, scanBuffer) {
		s.buf = make([]byte, want)
	}
	s.buf = s.buf[:want]
	got, err := s.file.ReadAt(s.buf, offset)
	if got < n {
		s.buf = s.buf[:0]
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read at offset %d: %w", offset, err)
	}
	s.buf, s.bufAt = s.buf[:got], offset
	return s.buf[:n], nil
}

// next returns the next frame that authenticates; ok is false at the end.
func (s *scanner) next() (f frame, ok bool, err error) {
	s.firstBad, s.badWhy = 0, ""
	for s.at+frameHeader <= s.size {
		b, err := s.peek(s.at, frameHeader)
		if err != nil {
			return frame{}, false, err
		}
		h, ok := parseFrameHead(s.codec.segment, b)
		if !ok {
			s.bad("no frame header")
			s.at += frameAlign
			continue
		}
		total := int64(frameHeader + h.bodyLen)
		if s.at+total > s.size {
			s.torn++
			s.bad("the frame is longer than the file")
			s.at += frameAlign
			continue
		}
		if b, err = s.peek(s.at, int(total)); err != nil {
			return frame{}, false, err
		}
		if cap(s.plain) > 4*max(h.bodyLen, scanBuffer) {
			s.plain = nil
		}
		plain, err := s.codec.open(s.plain[:0], b[:frameHeader], h, b[frameHeader:])
		if err == nil {
			s.plain = plain
			f = frame{offset: s.at, frameHead: h, plain: plain, hash: frameHash(b, h.bodyLen)}
			s.at += h.size()
			return f, true, nil
		}
		if errors.Is(err, errTamper) {
			s.tampered++
		} else {
			s.corrupt++
		}
		s.bad(err.Error())
		// Whoever can write to the disk can forge headers that claim long
		// bodies; each costs a pass over them.
		if s.work += total; s.work > 4*s.size+scanBuffer {
			return frame{}, false, errTooManyFalse
		}
		s.at += frameAlign
	}
	return frame{}, false, nil
}

func (s *scanner) bad(why string) {
	if s.firstBad == 0 {
		s.firstBad, s.badWhy = s.at, why
	}
}
