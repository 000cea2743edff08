package ssekmsexporter

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"sync"
)

// segmentBytes is the unit in which a body grows. A body never doubles: the
// memory beyond its own size is at most one segment.
const segmentBytes = 256 << 10

var segmentPool = sync.Pool{New: func() any { return new([segmentBytes]byte) }}

// errTooLarge ends the build of an object that outgrew its bound.
var errTooLarge = errors.New("object is larger than upload::max_object_bytes")

// body is the stored form of one object, with its SHA-256 computed while it was
// written. It is filled by one goroutine, then only read.
type body struct {
	segments []*[segmentBytes]byte
	size     int64
	limit    int64
	sum      hash.Hash
	// raw counts the bytes before compression.
	raw int64
}

func newBody(limit int64) *body {
	// Room for 8 MiB, a usual object, without growing.
	return &body{limit: limit, sum: sha256.New(), segments: make([]*[segmentBytes]byte, 0, 32)}
}

// Write appends and hashes, and fails with errTooLarge beyond the limit.
func (b *body) Write(p []byte) (int, error) {
	if b.size+int64(len(p)) > b.limit {
		return 0, errTooLarge
	}
	_, _ = b.sum.Write(p) // hash.Hash never fails
	n := len(p)
	for len(p) > 0 {
		at := int(b.size % segmentBytes)
		if at == 0 {
			b.segments = append(b.segments, segmentPool.Get().(*[segmentBytes]byte))
		}
		c := copy(b.segments[len(b.segments)-1][at:], p)
		b.size += int64(c)
		p = p[c:]
	}
	return n, nil
}

// digest is the SHA-256 of everything written.
func (b *body) digest() [sha256.Size]byte {
	var d [sha256.Size]byte
	b.sum.Sum(d[:0])
	return d
}

// release gives the segments back. No reader may be in use: the caller waits
// for the PUT, and for the transport to let go of the request, first.
func (b *body) release() {
	for i, s := range b.segments {
		segmentPool.Put(s)
		b.segments[i] = nil
	}
	b.segments = nil
	b.size = 0
}

// reader returns a reader from the first byte. Each attempt takes its own.
func (b *body) reader() *bodyReader { return &bodyReader{body: b} }

// bodyReader reads a body. close cuts it off from the segments, after which a
// transport that still holds it reads nothing: net/http may go on reading a
// request body for a moment after Do has returned an error.
type bodyReader struct {
	// mu guards everything declared below.
	mu   sync.Mutex
	body *body
	at   int64
}

var errBodyClosed = errors.New("object body was released")

func (r *bodyReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.body == nil {
		return 0, errBodyClosed
	}
	if r.at >= r.body.size {
		return 0, io.EOF
	}
	seg, off := r.at/segmentBytes, r.at%segmentBytes
	end := min(segmentBytes, off+r.body.size-r.at)
	n := copy(p, r.body.segments[seg][off:end])
	r.at += int64(n)
	return n, nil
}

// Close implements io.Closer: the transport is done with the body.
func (r *bodyReader) Close() error {
	r.detach()
	return nil
}

// detach cuts the reader off, so that the body can be released.
func (r *bodyReader) detach() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.body = nil
}
