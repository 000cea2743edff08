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

// hashAhead is how many segments may wait for their hash. They exist anyway.
const hashAhead = 64

// body is the stored form of one object, with its SHA-256 computed while it is
// written: once there is a second segment, on a goroutine of its own, beside
// whatever fills the body. It is filled by one goroutine, then only read.
type body struct {
	segments []*[segmentBytes]byte
	size     int64
	limit    int64
	sum      hash.Hash
	// full takes complete segments to the goroutine that hashes them, and done
	// is closed when that has ended; both are nil for a body of one segment, and
	// full after settle.
	full chan *[segmentBytes]byte
	done chan struct{}
	// raw counts the bytes before compression. The goroutine that marshals
	// counts them, which may be another.
	raw int64
}

func newBody(limit int64) *body {
	// Room for 8 MiB, a usual object, without growing.
	return &body{limit: limit, sum: sha256.New(), segments: make([]*[segmentBytes]byte, 0, 32)}
}

// Write appends, and fails with errTooLarge beyond the limit.
func (b *body) Write(p []byte) (int, error) {
	if b.size+int64(len(p)) > b.limit {
		return 0, errTooLarge
	}
	n := len(p)
	for len(p) > 0 {
		at := int(b.size % segmentBytes)
		if at == 0 {
			b.segments = append(b.segments, segmentPool.Get().(*[segmentBytes]byte))
		}
		c := copy(b.segments[len(b.segments)-1][at:], p)
		b.size += int64(c)
		p = p[c:]
		if at+c == segmentBytes {
			b.hash(b.segments[len(b.segments)-1])
		}
	}
	return n, nil
}

// hash takes a complete segment, which is never written again.
func (b *body) hash(segment *[segmentBytes]byte) {
	if b.full == nil {
		b.full, b.done = make(chan *[segmentBytes]byte, hashAhead), make(chan struct{})
		go func(full <-chan *[segmentBytes]byte, done chan<- struct{}) {
			defer close(done)
			for s := range full {
				_, _ = b.sum.Write(s[:]) // hash.Hash never fails
			}
		}(b.full, b.done)
	}
	b.full <- segment
}

// settle waits until every complete segment is hashed.
func (b *body) settle() {
	if b.full != nil {
		close(b.full)
		<-b.done
		b.full = nil
	}
}

// digest is the SHA-256 of everything written. Nothing is written after it.
func (b *body) digest() [sha256.Size]byte {
	b.settle()
	if rest := b.size % segmentBytes; rest != 0 {
		_, _ = b.sum.Write(b.segments[len(b.segments)-1][:rest])
	}
	var d [sha256.Size]byte
	b.sum.Sum(d[:0])
	return d
}

// release gives the segments back. No reader may be in use: the caller waits
// for the PUT, and for the transport to let go of the request, first.
func (b *body) release() {
	b.settle()
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

// taken is how much of the body was read.
func (r *bodyReader) taken() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
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
