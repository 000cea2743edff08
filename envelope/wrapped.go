package envelope

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// Wrapped is an epoch key as it lies in a file header: public, and useless
// without the KMS key that KeyID names.
type Wrapped struct {
	Provider string // short name of the provider that wrapped it
	KeyID    string // KMS key: an ARN, a line id of the key file, a plug-in's key id
	Blob     []byte // the provider's ciphertext, opaque here
}

// Bounds of the encoded fields. They are chosen so that a segment header with
// the longest of them still fits in 4,096 bytes, and are enforced when a key
// is minted: a file that could not be read back is never written.
const (
	maxProviderName = 32
	maxKeyID        = 1024 // Kubernetes KMS v2 allows 1 kB, an ARN is shorter
	maxBlob         = 2560 // AWS blobs of a 32-byte key take about 200 bytes

	// MaxWrapped is the largest encoding of a Wrapped, in bytes.
	MaxWrapped = 1 + maxProviderName + 2 + maxKeyID + 2 + maxBlob
)

// ErrWrappedFormat: bytes are not the encoding of a Wrapped.
var ErrWrappedFormat = errors.New("malformed wrapped key")

// Validate checks the bounds.
func (w Wrapped) Validate() error {
	switch {
	case w.Provider == "" || len(w.Provider) > maxProviderName:
		return fmt.Errorf("%w: provider name of %d bytes, want 1 to %d", ErrWrappedFormat, len(w.Provider), maxProviderName)
	case w.KeyID == "" || len(w.KeyID) > maxKeyID:
		return fmt.Errorf("%w: key id of %d bytes, want 1 to %d", ErrWrappedFormat, len(w.KeyID), maxKeyID)
	case len(w.Blob) == 0 || len(w.Blob) > maxBlob:
		return fmt.Errorf("%w: ciphertext of %d bytes, want 1 to %d", ErrWrappedFormat, len(w.Blob), maxBlob)
	}
	return nil
}

// AppendBinary appends the encoding:
//
//	provider length u8 | provider | key id length u16 | key id | blob length u16 | blob
func (w Wrapped) AppendBinary(dst []byte) ([]byte, error) {
	if err := w.Validate(); err != nil {
		return dst, err
	}
	dst = append(dst, byte(len(w.Provider)))
	dst = append(dst, w.Provider...)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(w.KeyID)))
	dst = append(dst, w.KeyID...)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(w.Blob)))
	return append(dst, w.Blob...), nil
}

// ParseWrapped reads one encoding from the front of b and returns what follows
// it. The result shares no memory with b.
func ParseWrapped(b []byte) (w Wrapped, rest []byte, err error) {
	if len(b) < 1 {
		return Wrapped{}, nil, fmt.Errorf("%w: empty", ErrWrappedFormat)
	}
	provider, b, err := take(b[1:], int(b[0]), "provider")
	if err != nil {
		return Wrapped{}, nil, err
	}
	keyID, b, err := takeUint16(b, "key id")
	if err != nil {
		return Wrapped{}, nil, err
	}
	blob, b, err := takeUint16(b, "ciphertext")
	if err != nil {
		return Wrapped{}, nil, err
	}
	// Bounds come before the copies: a hostile header costs no memory.
	w = Wrapped{Blob: blob}
	if len(provider) > maxProviderName || len(keyID) > maxKeyID {
		return Wrapped{}, nil, fmt.Errorf("%w: name too long", ErrWrappedFormat)
	}
	w.Provider, w.KeyID = string(provider), string(keyID)
	if err := w.Validate(); err != nil {
		return Wrapped{}, nil, err
	}
	w.Blob = append([]byte(nil), blob...)
	return w, b, nil
}

func takeUint16(b []byte, what string) (field, rest []byte, err error) {
	if len(b) < 2 {
		return nil, nil, fmt.Errorf("%w: cut before the length of %s", ErrWrappedFormat, what)
	}
	return take(b[2:], int(binary.BigEndian.Uint16(b)), what)
}

func take(b []byte, n int, what string) (field, rest []byte, err error) {
	if n > len(b) {
		return nil, nil, fmt.Errorf("%w: cut inside %s", ErrWrappedFormat, what)
	}
	return b[:n], b[n:], nil
}

// ID identifies the epoch: SHA-256 over all fields. Two headers with the same
// ID hold the same wrapped key.
func (w Wrapped) ID() [32]byte {
	h := sha256.New()
	for _, f := range [][]byte{[]byte(w.Provider), []byte(w.KeyID), w.Blob} {
		var n [4]byte
		binary.BigEndian.PutUint32(n[:], uint32(len(f)))
		h.Write(n[:])
		h.Write(f)
	}
	return [32]byte(h.Sum(nil))
}

// String names provider and key and leaves the ciphertext out.
func (w Wrapped) String() string {
	return w.Provider + " key " + Printable(w.KeyID, maxKeyID)
}
