package encryptedstorage

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestStorageFull(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.SegmentSize, cfg.MaxSize = 1<<20, 4<<20
	s, stop := run(t, cfg)
	c, ctx := s.client, context.Background()
	require.Eventually(t, func() bool { return s.count(t, "reserve_in_use") == 0 }, 20*time.Second, 5*time.Millisecond, "a spare stands by")
	var err error
	n := 0
	for err == nil {
		err = c.Batch(ctx, storage.SetOperation("qmv0", []byte("m")), storage.SetOperation(itoa(n), make([]byte, 100_000)))
		n++
	}
	require.ErrorIs(t, err, storage.ErrStorageFull)
	assert.Greater(t, n, 15)
	assert.InDelta(t, 1, s.count(t, "storage_full"), 0)
	assert.InDelta(t, 1, s.count(t, "batches", "class", "insert", "result", "full"), 0)
	assert.InDelta(t, 1, s.count(t, "reserve_in_use"), 0, "the spare is the active segment now")
	assert.LessOrEqual(t, s.count(t, "bytes"), float64(cfg.MaxSize))
	for i := range n {
		get := storage.GetOperation(itoa(i))
		require.NoError(t, c.Batch(ctx, storage.SetOperation("qmv0", []byte("m")), get))
		require.NoError(t, c.Batch(ctx, storage.SetOperation("qmv0", []byte("m")), storage.DeleteOperation(itoa(i))))
	}
	require.Eventually(t, func() bool { return c.Set(ctx, itoa(n), make([]byte, 1000)) == nil }, 20*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool { return s.count(t, "reserve_in_use") == 0 }, 20*time.Second, 5*time.Millisecond)
	assert.Zero(t, s.count(t, "batches", "class", "maintenance", "result", "error"))
	stop()
}
