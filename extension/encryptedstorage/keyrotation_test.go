package encryptedstorage

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

func rename(t *testing.T, from, to string) { require.NoError(t, os.Rename(from, to)) }

// prependKey puts a new key on top of a key file.
func prependKey(t *testing.T, path, id string) {
	old, err := os.ReadFile(path)
	require.NoError(t, err)
	writeKeyFile(t, path, id)
	line, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(line, old...), 0o600))
}

// A key file that goes away is a revocation: after the grace inserts are
// refused, reads and deletes go on, and all is well again when it is back.
func TestRevocation(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Keys.StatusInterval, cfg.Keys.RevocationGrace = 10*time.Millisecond, 10*time.Millisecond
	s := startStore(t, cfg)
	c := openClient(t, s)
	ctx := context.Background()
	require.NoError(t, c.Set(ctx, "1", []byte("a")))
	path := cfg.Keys.KeyFile.Get().Path
	rename(t, path, path+".gone")
	n := 100
	insert := func() error {
		n++
		return c.Set(ctx, string(rune(n)), nil)
	}
	require.Eventually(t, func() bool { return insert() != nil }, 20*time.Second, 5*time.Millisecond)
	err := insert()
	require.ErrorIs(t, err, envelope.ErrRevoked)
	require.NotErrorIs(t, err, storage.ErrStorageFull)
	v, err := c.Get(ctx, "1")
	require.NoError(t, err)
	assert.Equal(t, "a", string(v))
	require.NoError(t, c.Set(ctx, "1", []byte("b")), "overwriting is no insert")
	require.NoError(t, c.Delete(ctx, "1"))
	rename(t, path+".gone", path)
	require.Eventually(t, func() bool { return insert() == nil }, 30*time.Second, 10*time.Millisecond)
	require.NoError(t, s.Shutdown(ctx))
}

// The epoch of the last run is used again; a new first line starts a new one,
// and both are read.
func TestEpochs(t *testing.T) {
	t.Parallel()
	cfg, _ := filled(t)
	path := cfg.Keys.KeyFile.Get().Path
	var last [32]byte
	for round, want := range []string{"k1", "k1", "k2"} {
		if round == 2 {
			prependKey(t, path, "k2")
		}
		s := startStore(t, cfg)
		c := openClient(t, s)
		v, err := c.Get(context.Background(), "a")
		require.NoError(t, err)
		assert.Equal(t, "value", string(v))
		epoch, err := s.(*store).epochs.Current()
		require.NoError(t, err)
		assert.Equal(t, want, epoch.Wrapped.KeyID)
		assert.Equal(t, round == 1, epoch.Wrapped.ID() == last, "round %d", round)
		last = epoch.Wrapped.ID()
		require.NoError(t, s.Shutdown(context.Background()))
	}
}
