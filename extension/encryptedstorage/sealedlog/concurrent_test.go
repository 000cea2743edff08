package sealedlog_test

import (
	"bytes"
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

// Many callers, spares made in the background, and a Close in the middle.
func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	keys := sealedlog.NewTestKeys(t)
	d, err := sealedlog.OpenDir(t.TempDir())
	require.NoError(t, err)
	defer d.Close()
	o := quiet(t, d, keys)
	o.Inline, o.Sync, o.FlushInterval = false, sealedlog.SyncInterval, 1e6
	o.CacheSize = 16 << 10 // for some of the records
	l := mustOpen(t, o)
	ctx := context.Background()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 150 {
				key := strconv.Itoa(w*1000 + i)
				value := bytes.Repeat([]byte{byte(w)}, 2000)
				if !assert.NoError(t, l.Batch(ctx, set(key, string(value)), set("shared", key))) {
					return
				}
				got, err := l.Get(ctx, key)
				if !assert.NoError(t, err) || !assert.Equal(t, value, got) {
					return
				}
				if i%3 == 0 {
					assert.NoError(t, l.Batch(ctx, del(key)))
				}
				_ = l.Stats()
			}
		})
	}
	wg.Wait()
	assert.Equal(t, 401, l.Stats().Entries)
	for range 3 {
		wg.Go(func() {
			for err := error(nil); err == nil; {
				_, err = l.Get(ctx, "shared")
				if err != nil {
					assert.ErrorIs(t, err, sealedlog.ErrClosed)
				}
			}
		})
	}
	require.NoError(t, l.Close())
	wg.Wait()
	l = mustOpen(t, o)
	assert.Equal(t, 401, l.Stats().Entries)
	require.NoError(t, l.Close())
}
