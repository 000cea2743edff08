package envelope

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// KeySize is the length of every symmetric key here, in bytes (AES-256).
const KeySize = 32

// ErrWiped: a key was used after Wipe.
var ErrWiped = errors.New("key was wiped")

// EpochKey is an unwrapped epoch key together with its wrapped form. It can
// only derive segment keys; the secret itself has no way out of this package.
type EpochKey struct {
	// Wrapped goes into the header of every file the key protects.
	Wrapped Wrapped
	// Created is when the key was minted. The KMS does not remember it: the
	// owner stores it (authenticated) beside Wrapped and gives it to Epochs.Reuse.
	// It is zero for a key that is only read with.
	Created time.Time

	mu     sync.RWMutex
	secret [KeySize]byte // guarded by mu
	wiped  bool          // guarded by mu
}

// NewEpochKey takes over secret: it is copied and the argument cleared, on
// every path. For providers.
func NewEpochKey(secret []byte, w Wrapped) (*EpochKey, error) {
	defer Wipe(secret)
	if len(secret) != KeySize {
		return nil, fmt.Errorf("epoch key of %d bytes, want %d", len(secret), KeySize)
	}
	if err := w.Validate(); err != nil {
		return nil, err
	}
	k := &EpochKey{Wrapped: w}
	copy(k.secret[:], secret)
	return k, nil
}

// Equal reports whether both hold the same secret, in constant time. A wiped
// key equals nothing.
func (k *EpochKey) Equal(other *EpochKey) bool {
	if k == other {
		k.mu.RLock()
		defer k.mu.RUnlock()
		return !k.wiped
	}
	a, aok := k.copySecret()
	b, bok := other.copySecret()
	defer Wipe(a[:])
	defer Wipe(b[:])
	return equalSecrets(a[:], b[:]) && aok && bok
}

func (k *EpochKey) copySecret() (secret [KeySize]byte, ok bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.secret, !k.wiped
}

// Wipe clears the secret. Segment keys already derived keep working.
func (k *EpochKey) Wipe() {
	k.mu.Lock()
	defer k.mu.Unlock()
	Wipe(k.secret[:])
	k.wiped = true
}

// Format keeps the secret out of every print verb, %+v and %#v included.
func (k *EpochKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "epoch key ("+k.Wrapped.String()+")")
}
