package envelope

import "context"

// Provider wraps and unwraps epoch keys under keys that the configuration
// names. Implementations are safe for concurrent use, honour ctx, bound every
// request in time, and return errors of this package's classes only.
type Provider interface {
	// Name is the provider's fixed short name, written into file headers.
	Name() string
	// Generate makes a fresh 32-byte epoch key, wrapped under the configured
	// key and bound to ec. The caller owns the key and wipes it.
	Generate(ctx context.Context, ec Context) (*EpochKey, error)
	// Unwrap opens w with the key that w names, if the configuration names it
	// too (else ErrUnknownKey, with both ids in the message). It never lets
	// the wrapped bytes choose a key. The caller owns the key and wipes it.
	Unwrap(ctx context.Context, w Wrapped, ec Context) (*EpochKey, error)
	// Status asks whether Generate would succeed now, without making a key,
	// and returns the id of the key it would use. An id that differs from the
	// current epoch's tells that the operator has changed keys.
	Status(ctx context.Context, ec Context) (keyID string, err error)
}

// Wrapper is a Provider that can also wrap a key that exists already. Only
// tools that move files to another KMS key need it; the permission it takes
// (kms:Encrypt on AWS) is not one that a collector needs.
type Wrapper interface {
	// Wrap wraps secret under the configured key and binds it to ec. It keeps
	// no reference to secret.
	Wrap(ctx context.Context, secret []byte, ec Context) (Wrapped, error)
}

// Rewrap returns the same epoch key wrapped by to, under to's configured key
// and ec. Files keep their content: segment keys do not depend on the wrapping,
// as long as ec stays the context that they were derived with. k is unchanged.
func (k *EpochKey) Rewrap(ctx context.Context, to Wrapper, ec Context) (*EpochKey, error) {
	secret, ok := k.copySecret()
	defer Wipe(secret[:])
	if !ok {
		return nil, ErrWiped
	}
	w, err := to.Wrap(ctx, secret[:], ec)
	if err != nil {
		return nil, err
	}
	out, err := NewEpochKey(secret[:], w)
	if err != nil {
		return nil, err
	}
	out.Created = k.Created
	return out, nil
}
