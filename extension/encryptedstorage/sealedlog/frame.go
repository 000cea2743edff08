package sealedlog

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// Frame types.
const (
	frameData   = 1
	frameOpen   = 2
	frameFooter = 3
)

const (
	frameHeader = 24
	frameAlign  = 8
	// MaxBatch bounds the plaintext of one frame, in bytes.
	MaxBatch = 1 << 30
	maxBody  = MaxBatch + envelope.Overhead
	aadSize  = 2 + 16 + 32 + 8 + 14
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var errFrame = errors.New("malformed frame")

// frameHead is the clear part of a frame.
//
//	0        4      5       6      8        16                 20               24
//	+--------+------+-------+------+--------+------------------+----------------+----
//	| L u32  | type | flags | 0    | seq    | header CRC-32C   | body CRC-32C   | nonce 12 | ciphertext | tag 16
//	+--------+------+-------+------+--------+------------------+----------------+----
//
// L counts nonce, ciphertext and tag. The header CRC covers the segment id
// (u64) and bytes 0 to 16, so that frames left over in a recycled file read as
// foreign. The next frame begins at the next multiple of 8.
type frameHead struct {
	bodyLen int
	kind    byte
	seq     uint64
	bodyCRC uint32
}

func (h frameHead) size() int64 { return frameSize(h.bodyLen) }

func frameSize(bodyLen int) int64 {
	return (frameHeader + int64(bodyLen) + frameAlign - 1) &^ (frameAlign - 1)
}

func headerCRC(segment uint64, b []byte) uint32 {
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], segment)
	return crc32.Update(crc32.Update(0, castagnoli, id[:]), castagnoli, b[:16])
}

// parseFrameHead reads the clear part of a frame; ok is false if there is none.
func parseFrameHead(segment uint64, b []byte) (h frameHead, ok bool) {
	// Cheap tests first: recovery calls this for every aligned offset of a
	// torn tail.
	if len(b) < frameHeader || b[4] < frameData || b[4] > frameFooter || b[5] != 0 || b[6] != 0 || b[7] != 0 {
		return frameHead{}, false
	}
	n := binary.BigEndian.Uint32(b)
	if n < envelope.Overhead || n > maxBody {
		return frameHead{}, false
	}
	if binary.BigEndian.Uint32(b[16:]) != headerCRC(segment, b) {
		return frameHead{}, false
	}
	return frameHead{
		bodyLen: int(n),
		kind:    b[4],
		seq:     binary.BigEndian.Uint64(b[8:]),
		bodyCRC: binary.BigEndian.Uint32(b[20:]),
	}, true
}

// frameCodec seals and opens the frames of one segment.
type frameCodec struct {
	segment uint64
	key     *envelope.SegmentKey
	prefix  []byte // suite | store UUID | SHA-256(client) | segment id
}

func newFrameCodec(info envelope.SegmentInfo, key *envelope.SegmentKey) *frameCodec {
	return &frameCodec{segment: info.Segment, key: key, prefix: info.AppendAAD(nil)}
}

// aad appends L, type, flags and seq to the prefix.
func (c *frameCodec) aad(head []byte) []byte {
	var a [aadSize]byte
	b := append(a[:0], c.prefix...)
	b = append(b, head[:6]...)
	return append(b, head[8:16]...)
}

// seal writes the frame of plain into the memory of dst if its capacity
// allows. They must not overlap: sealing in place would move all bytes first.
func (c *frameCodec) seal(dst, plain []byte, kind byte, seq uint64) []byte {
	body := len(plain) + envelope.Overhead
	size := int(frameSize(body))
	if cap(dst) < size {
		dst = make([]byte, size+size/8)
	}
	b := dst[:size]
	head := b[:frameHeader]
	binary.BigEndian.PutUint32(head, uint32(body))
	head[4], head[5], head[6], head[7] = kind, 0, 0, 0
	binary.BigEndian.PutUint64(head[8:], seq)
	sealed := c.key.Seal(b[frameHeader:frameHeader], plain, c.aad(head))
	clear(b[frameHeader+body:])
	binary.BigEndian.PutUint32(head[16:], headerCRC(c.segment, head))
	binary.BigEndian.PutUint32(head[20:], crc32.Checksum(sealed, castagnoli))
	return b
}

// Why a frame was rejected.
var (
	errBodyCRC = errors.New("checksum of the body differs")
	errTamper  = errors.New("checksum fits but authentication fails")
)

// open authenticates the body of a frame and appends its plaintext to dst,
// which must not overlap body.
func (c *frameCodec) open(dst, head []byte, h frameHead, body []byte) ([]byte, error) {
	if c.key == nil { // inspection without keys
		if crc32.Checksum(body, castagnoli) != h.bodyCRC {
			return nil, errBodyCRC
		}
		return nil, nil
	}
	plain, err := c.key.Open(dst, body, c.aad(head))
	if err == nil {
		return plain, nil
	}
	// The tag has decided; the checksum tells an accident from a forgery.
	if crc32.Checksum(body, castagnoli) != h.bodyCRC {
		return nil, errBodyCRC
	}
	return nil, errTamper
}

// frameHash names a frame by its header, nonce and tag; the tag binds the rest.
func frameHash(frame []byte, bodyLen int) [32]byte {
	h := sha256.New()
	h.Write(frame[:frameHeader+12])
	h.Write(frame[frameHeader+bodyLen-16 : frameHeader+bodyLen])
	return [32]byte(h.Sum(nil))
}
