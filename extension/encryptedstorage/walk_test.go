package encryptedstorage

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

func TestWalk(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	s := startStore(t, cfg)
	c := openClient(t, s)
	ctx := context.Background()
	for _, key := range []string{"a", "b", "c"} {
		require.NoError(t, c.Set(ctx, key, []byte("of "+key)))
	}
	w := c.(storage.Walker)
	seen := map[string]string{}
	got := storage.GetOperation("b")
	require.NoError(t, w.Walk(ctx, func(key string, value []byte) ([]*storage.Operation, error) {
		seen[key] = string(value)
		if key == "a" {
			return []*storage.Operation{storage.DeleteOperation("a"), got}, nil
		}
		return nil, nil
	}))
	assert.Equal(t, map[string]string{"a": "of a", "b": "of b", "c": "of c"}, seen)
	assert.Equal(t, "of b", string(got.Value))
	v, err := c.Get(ctx, "a")
	require.NoError(t, err)
	assert.Nil(t, v)
	calls := 0
	require.NoError(t, w.Walk(ctx, func(string, []byte) ([]*storage.Operation, error) {
		calls++
		return []*storage.Operation{storage.SetOperation("d", nil)}, storage.SkipAll
	}))
	assert.Equal(t, 1, calls)
	v, err = c.Get(ctx, "d")
	require.NoError(t, err)
	assert.NotNil(t, v, "collected operations run after SkipAll")
	failed := errors.New("stop")
	require.ErrorIs(t, w.Walk(ctx, func(string, []byte) ([]*storage.Operation, error) {
		return []*storage.Operation{storage.SetOperation("e", nil)}, failed
	}), failed)
	v, err = c.Get(ctx, "e")
	require.NoError(t, err)
	assert.Nil(t, v, "and do not after an error")
	require.NoError(t, s.Shutdown(ctx))
}
