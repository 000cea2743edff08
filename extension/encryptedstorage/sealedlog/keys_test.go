package sealedlog

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/envelopetest"
)

// testKeys is a key source over an in-memory provider.
type testKeys struct {
	provider *envelopetest.Provider

	mu      sync.Mutex // guards everything declared below
	current *envelope.EpochKey
	refuse  error
	opened  map[[32]byte]*envelope.EpochKey
}

func newTestKeys(t testing.TB) *testKeys {
	k := &testKeys{provider: envelopetest.New("k1"), opened: map[[32]byte]*envelope.EpochKey{}}
	k.rotate(t)
	return k
}

func (k *testKeys) rotate(t testing.TB) {
	epoch, err := k.provider.Generate(context.Background(), nil)
	require.NoError(t, err)
	epoch.Created = time.Unix(1_700_000_000, 0)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.current = epoch
}

func (k *testKeys) Current() (*envelope.EpochKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current, nil
}

func (k *testKeys) Admit() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.refuse
}

func (k *testKeys) Unwrap(ctx context.Context, w envelope.Wrapped) (*envelope.EpochKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.opened[w.ID()]; e != nil {
		return e, nil
	}
	e, err := k.provider.Unwrap(ctx, w, nil)
	if err == nil {
		k.opened[w.ID()] = e
	}
	return e, err
}

// Rotate and Refuse are for the tests in package sealedlog_test.
func (k *testKeys) Rotate(t testing.TB) { k.rotate(t) }

func (k *testKeys) Refuse(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.refuse = err
}
