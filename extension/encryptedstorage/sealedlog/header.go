package sealedlog

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// Version is the format version that this package writes and reads.
const Version = 1

const (
	headerMagic = "OTELSEAL"
	headerAlign = 4096
	// fixedHeader is everything before the wrapped key.
	fixedHeader = 8 + 2 + 2 + 4 + 16 + 8 + 8 + 8 + 32 + 32
	maxHeader   = 16 * headerAlign
	maxClient   = 8192
)

var errHeader = errors.New("malformed segment header")

// Header is the public part of a segment header: everything that can be read
// without a key. None of it is trusted before OpenHeader has authenticated it.
//
//	 0        8         10      12           16            32
//	 +--------+---------+-------+------------+-------------+
//	 | magic  | version | suite | header_len | store UUID  |
//	 +--------+---------+-------+------------+-------------+
//	32           40         48        56      88           120
//	 +------------+----------+---------+-------+------------+
//	 | segment id | reserved | created | salt  | commitment |
//	 +------------+----------+---------+-------+------------+
//	120
//	 +-----------------------------------+--------------------+-----------+------+
//	 | provider | key id | wrapped epoch | u16 + sealed meta  | nonce+tag | zero |
//	 +-----------------------------------+--------------------+-----------+------+
type Header struct {
	Length     int64 // of the whole header, a multiple of 4096
	Store      [16]byte
	Segment    uint64
	Created    time.Time // of the epoch key
	Salt       [32]byte
	Commitment [32]byte
	Wrapped    envelope.Wrapped

	sealedMeta []byte
	authAt     int // where nonce+tag begin
	raw        []byte
}

// Meta is the sealed part of a segment header.
//
//	segment created u64 (Unix seconds) | first seq u64 | synced seq u64 | checkpoint u8 | client length u16 | client
type Meta struct {
	Created   time.Time // of the segment
	FirstSeq  uint64    // sequence number of the first frame; older segments end before it
	SyncedSeq uint64    // every frame up to this one was durable when the header was written
	// Checkpoint: this segment begins with all live records. Every older
	// segment is void, whether it is still there or not.
	Checkpoint bool
	Client     string
}

func (m Meta) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(m.Created.Unix()))
	dst = binary.BigEndian.AppendUint64(dst, m.FirstSeq)
	dst = binary.BigEndian.AppendUint64(dst, m.SyncedSeq)
	checkpoint := byte(0)
	if m.Checkpoint {
		checkpoint = 1
	}
	dst = append(dst, checkpoint)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(m.Client)))
	return append(dst, m.Client...)
}

func parseMeta(b []byte) (Meta, error) {
	const fixed = 27
	if len(b) < fixed || b[24] > 1 || len(b)-fixed != int(binary.BigEndian.Uint16(b[25:])) {
		return Meta{}, fmt.Errorf("%w: sealed part", errHeader)
	}
	// The numbers are compared and counted on; zero and the far end would wrap.
	first, synced := binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])
	if first == 0 || first > 1<<62 || synced >= first {
		return Meta{}, fmt.Errorf("%w: sequence numbers", errHeader)
	}
	return Meta{
		Created:   time.Unix(int64(binary.BigEndian.Uint64(b)), 0),
		FirstSeq:  first,
		SyncedSeq: synced, Checkpoint: b[24] == 1,
		Client: string(b[fixed:]),
	}, nil
}

// frameInfo is what the key of the frames is bound to.
func frameInfo(store [16]byte, client string, segment uint64, contextHash [32]byte) envelope.SegmentInfo {
	return envelope.SegmentInfo{
		Version:     Version,
		Suite:       envelope.SuiteAES256GCM,
		Store:       store,
		ClientHash:  sha256.Sum256([]byte(client)),
		Segment:     segment,
		ContextHash: contextHash,
	}
}

// metaInfo differs in the client hash, which is zero: a tool that holds the
// key finds the client's name without knowing it beforehand.
func metaInfo(store [16]byte, segment uint64, contextHash [32]byte) envelope.SegmentInfo {
	info := frameInfo(store, "", segment, contextHash)
	info.ClientHash = [32]byte{}
	return info
}

// sealHeader makes the header of a new segment and the key of its frames.
func sealHeader(epoch *envelope.EpochKey, store [16]byte, segment uint64, contextHash [32]byte, m Meta) ([]byte, *envelope.SegmentKey, error) {
	var salt [32]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return nil, nil, fmt.Errorf("salt of a new segment: %w", err)
	}
	if len(m.Client) > maxClient {
		return nil, nil, fmt.Errorf("client name of %d bytes, at most %d are allowed", len(m.Client), maxClient)
	}
	key, err := epoch.Segment(frameInfo(store, m.Client, segment, contextHash), salt)
	if err != nil {
		return nil, nil, err
	}
	metaKey, err := epoch.Segment(metaInfo(store, segment, contextHash), salt)
	if err != nil {
		return nil, nil, err
	}
	wrapped, err := epoch.Wrapped.AppendBinary(nil)
	if err != nil {
		return nil, nil, err
	}
	meta := m.append(nil)
	authAt := fixedHeader + len(wrapped) + 2 + len(meta) + envelope.Overhead
	length := (authAt + envelope.Overhead + headerAlign - 1) / headerAlign * headerAlign

	b := make([]byte, 0, length)
	b = append(b, headerMagic...)
	b = binary.BigEndian.AppendUint16(b, Version)
	b = binary.BigEndian.AppendUint16(b, envelope.SuiteAES256GCM)
	b = binary.BigEndian.AppendUint32(b, uint32(length))
	b = append(b, store[:]...)
	b = binary.BigEndian.AppendUint64(b, segment)
	b = binary.BigEndian.AppendUint64(b, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(epoch.Created.Unix()))
	b = append(b, salt[:]...)
	commitment := key.Commitment()
	b = append(b, commitment[:]...)
	b = append(b, wrapped...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(meta)+envelope.Overhead))
	b = metaKey.Seal(b, meta, bytes.Clone(b))
	// An empty message: the tag authenticates all bytes before it.
	b = key.Seal(b, nil, bytes.Clone(b))
	return b[:length], key, nil
}

// ParseHeader reads the public part of a segment header. It needs no key and
// therefore proves nothing about who wrote it. b holds at least the first 4096
// bytes of the file; for a longer header the error is errShortHeader.
func ParseHeader(b []byte) (*Header, error) {
	if len(b) < fixedHeader || string(b[:8]) != headerMagic {
		return nil, fmt.Errorf("%w: no magic number", errHeader)
	}
	// Version and suite come first: nothing after them is known to mean the
	// same in another version.
	if v := binary.BigEndian.Uint16(b[8:]); v != Version {
		return nil, fmt.Errorf("%w: segment format %d, this program reads %d; use the release that wrote it", ErrUnsupportedVersion, v, Version)
	}
	if s := binary.BigEndian.Uint16(b[10:]); s != envelope.SuiteAES256GCM {
		return nil, fmt.Errorf("%w: cipher suite %d, this program reads %d", ErrUnsupportedVersion, s, envelope.SuiteAES256GCM)
	}
	length := int64(binary.BigEndian.Uint32(b[12:]))
	if length < headerAlign || length > maxHeader || length%headerAlign != 0 {
		return nil, fmt.Errorf("%w: length %d", errHeader, length)
	}
	if int64(len(b)) < length {
		return nil, &shortHeaderError{need: length}
	}
	b = b[:length]
	if binary.BigEndian.Uint64(b[40:]) != 0 {
		return nil, fmt.Errorf("%w: reserved bytes are set", errHeader)
	}
	h := &Header{
		Length:     length,
		Store:      [16]byte(b[16:32]),
		Segment:    binary.BigEndian.Uint64(b[32:]),
		Created:    time.Unix(int64(binary.BigEndian.Uint64(b[48:])), 0),
		Salt:       [32]byte(b[56:88]),
		Commitment: [32]byte(b[88:120]),
		raw:        b,
	}
	w, rest, err := envelope.ParseWrapped(b[fixedHeader:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errHeader, err)
	}
	h.Wrapped = w
	if len(rest) < 2 {
		return nil, fmt.Errorf("%w: cut before the sealed part", errHeader)
	}
	n := int(binary.BigEndian.Uint16(rest))
	if n < envelope.Overhead || len(rest) < 2+n+envelope.Overhead {
		return nil, fmt.Errorf("%w: cut inside the sealed part", errHeader)
	}
	h.sealedMeta = rest[2 : 2+n]
	h.authAt = int(length) - len(rest) + 2 + n
	for _, c := range b[h.authAt+envelope.Overhead:] {
		if c != 0 {
			return nil, fmt.Errorf("%w: padding is not zero", errHeader)
		}
	}
	return h, nil
}

type shortHeaderError struct{ need int64 }

func (e *shortHeaderError) Error() string {
	return fmt.Sprintf("segment header needs %d bytes", e.need)
}

func (e *shortHeaderError) Unwrap() error { return errHeader }

// Authenticate reports whether the header was written under epoch as it is read.
// Before, what it says is anybody's.
func (h *Header) Authenticate(epoch *envelope.EpochKey, contextHash [32]byte) error {
	_, _, err := h.open(epoch, contextHash)
	return err
}

// open authenticates the header under epoch and returns the key of the frames.
func (h *Header) open(epoch *envelope.EpochKey, contextHash [32]byte) (Meta, *envelope.SegmentKey, error) {
	metaKey, err := epoch.Segment(metaInfo(h.Store, h.Segment, contextHash), h.Salt)
	if err != nil {
		return Meta{}, nil, err
	}
	// The two length bytes before the sealed part belong to what it is bound to.
	plain, err := metaKey.Open(nil, h.sealedMeta, h.raw[:h.authAt-len(h.sealedMeta)])
	if err != nil {
		return Meta{}, nil, fmt.Errorf("%w or encryption context, or the header was altered", ErrWrongKey)
	}
	m, err := parseMeta(plain)
	if err != nil {
		return Meta{}, nil, err
	}
	key, err := epoch.Segment(frameInfo(h.Store, m.Client, h.Segment, contextHash), h.Salt)
	if err != nil {
		return Meta{}, nil, err
	}
	if err := key.Verify(h.Commitment); err != nil {
		return Meta{}, nil, fmt.Errorf("%w: %w", ErrWrongKey, err)
	}
	if _, err := key.Open(nil, h.raw[h.authAt:h.authAt+envelope.Overhead], h.raw[:h.authAt]); err != nil {
		return Meta{}, nil, fmt.Errorf("%w: the header was altered", errHeader)
	}
	return m, key, nil
}

// readHeader reads and parses the header of an open file.
func readHeader(f File) (*Header, error) {
	b := make([]byte, headerAlign)
	for {
		n, err := f.ReadAt(b, 0)
		switch {
		case n == len(b):
		case err == nil, errors.Is(err, io.EOF):
			return nil, fmt.Errorf("%w: the file ends after %d of %d bytes", errHeader, n, len(b))
		default:
			// Of the device, not of the file: whoever takes it for damage moves a
			// good file away.
			return nil, fmt.Errorf("read segment header: %w", err)
		}
		h, err := ParseHeader(b)
		var short *shortHeaderError
		if !errors.As(err, &short) || short.need <= int64(len(b)) {
			return h, err
		}
		b = make([]byte, short.need)
	}
}
