package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Suites of segment format version 1.
const (
	// SuiteAES256GCM is AES-256-GCM with random 96-bit nonces (NIST SP
	// 800-38D 8.2.2), keys and commitment from HKDF-SHA256 (RFC 5869).
	SuiteAES256GCM uint16 = 1

	// Overhead is how many bytes Seal adds: nonce 12, tag 16.
	Overhead = 12 + 16
)

// segmentLabel separates these keys from all others that might ever be
// derived from an epoch key.
const segmentLabel = "otelcol-sealed segment v1"

var (
	// ErrOpen: a sealed message was altered, belongs elsewhere, or was sealed
	// under another key. Deliberately coarse.
	ErrOpen = errors.New("sealed data does not open")
	// ErrCommitment: the key is not the one the segment was sealed under.
	ErrCommitment = errors.New("segment was sealed under another key or context")
	// ErrSuite: the suite is not known to this version.
	ErrSuite = errors.New("unsupported suite")
)

// SegmentInfo is everything a segment key is bound to. A file that is renamed,
// moved to another client or store, or read under another context derives
// another key, and its commitment does not match.
type SegmentInfo struct {
	Version     uint16   // format version of the file
	Suite       uint16   // SuiteAES256GCM
	Store       [16]byte // store UUID
	ClientHash  [32]byte // SHA-256 of the storage client's name
	Segment     uint64   // segment id
	ContextHash [32]byte // Context.Hash
}

// info is the HKDF info, a fixed-length concatenation:
//
//	label 25 | version u16 | suite u16 | store UUID 16 | SHA-256(client) 32 | segment id u64 | SHA-256(context) 32
func (s SegmentInfo) info() []byte {
	b := append(make([]byte, 0, 128), segmentLabel...)
	b = binary.BigEndian.AppendUint16(b, s.Version)
	b = binary.BigEndian.AppendUint16(b, s.Suite)
	b = append(b, s.Store[:]...)
	b = append(b, s.ClientHash[:]...)
	b = binary.BigEndian.AppendUint64(b, s.Segment)
	return append(b, s.ContextHash[:]...)
}

// AppendAAD appends the fixed-length fields that begin the AAD of every frame:
// suite u16 | store UUID 16 | SHA-256(client) 32 | segment id u64 (58 bytes).
func (s SegmentInfo) AppendAAD(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, s.Suite)
	dst = append(dst, s.Store[:]...)
	dst = append(dst, s.ClientHash[:]...)
	return binary.BigEndian.AppendUint64(dst, s.Segment)
}

// SegmentKey seals and opens the frames of one segment. Safe for concurrent
// use. One key takes at most 2^32 seals (SP 800-38D 8.3, random nonces): a
// segment of frames of 56 bytes and more reaches that at 240 GB.
type SegmentKey struct {
	aead       cipher.AEAD
	commitment [32]byte
}

// Segment derives the key of one segment from the epoch key. salt is random
// and stands in the segment's header. One HKDF output of 64 bytes gives both
// halves: encryption key, then commitment. The commitment makes a header that
// opens under two keys (AES-GCM itself commits to none) useless to an attacker.
func (k *EpochKey) Segment(s SegmentInfo, salt [32]byte) (*SegmentKey, error) {
	if s.Suite != SuiteAES256GCM {
		return nil, fmt.Errorf("%w: %d", ErrSuite, s.Suite)
	}
	secret, ok := k.copySecret()
	defer Wipe(secret[:])
	if !ok {
		return nil, ErrWiped
	}
	okm, err := hkdf.Key(sha256.New, secret[:], salt[:], string(s.info()), 2*KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive segment key: %w", err)
	}
	defer Wipe(okm)
	block, err := aes.NewCipher(okm[:KeySize])
	if err != nil {
		return nil, fmt.Errorf("derive segment key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("derive segment key: %w", err)
	}
	return &SegmentKey{aead: aead, commitment: [32]byte(okm[KeySize:])}, nil
}

// Commitment is what the segment's header stores.
func (s *SegmentKey) Commitment() [32]byte { return s.commitment }

// Verify compares the commitment of a header with the derived one, in constant
// time. Call it before the first Open.
func (s *SegmentKey) Verify(commitment [32]byte) error {
	if !equalSecrets(s.commitment[:], commitment[:]) {
		return ErrCommitment
	}
	return nil
}

// Seal appends nonce | ciphertext | tag to dst. It reads the nonce from the
// system's random source: a counter would repeat after a restored snapshot.
// Use plaintext[:0] as dst only if its capacity has Overhead bytes to spare.
func (s *SegmentKey) Seal(dst, plaintext, aad []byte) []byte {
	return s.aead.Seal(dst, nil, plaintext, aad)
}

// Open appends the plaintext of a sealed message to dst, or returns ErrOpen
// and nothing of it.
func (s *SegmentKey) Open(dst, sealed, aad []byte) ([]byte, error) {
	if len(sealed) < Overhead {
		return nil, ErrOpen
	}
	out, err := s.aead.Open(dst, nil, sealed, aad)
	if err != nil {
		return nil, ErrOpen
	}
	return out, nil
}
