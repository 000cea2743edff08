package sealedlog_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// TestRemovalsComeBackInAnyOrder has a log that never syncs give its segments back
// behind a checkpoint. Until the directory is synced a power loss may bring any one
// of them back, and not those around it: they are void, and no damage.
func TestRemovalsComeBackInAnyOrder(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	var now clock
	options := func(fs sealedlog.FS) sealedlog.Options {
		o := sealedlog.TestOptions(t, fs, keys)
		o.Sync, o.Now, o.OnCorruption = sealedlog.SyncNever, now.now, sealedlog.Fail
		return o
	}
	tried := 0
	removed, before := map[string][]byte{}, map[string][]byte{}
	fs.After = func(op crashfs.Op) {
		if op.Kind == "read" || op.Kind == "list" || op.Kind == "open" {
			return
		}
		files := map[string][]byte{}
		for name, data := range fs.Files() {
			if strings.HasSuffix(name, ".seg") {
				files[name] = bytes.Clone(data)
			}
		}
		if op.Kind == "syncdir" {
			clear(removed)
		}
		for name, data := range before {
			if _, ok := files[name]; !ok {
				removed[name] = data
			}
		}
		before = files
		if len(removed) < 2 {
			return
		}
		for name, data := range maps.Clone(removed) {
			image := fs.Clone()
			image.After = nil
			image.Put(name, data)
			l, err := sealedlog.Open(context.Background(), options(image))
			if assert.NoError(t, err, "%s is back after %v", name, op) {
				assert.NoError(t, l.Close())
			}
			tried++
		}
	}
	l, err := sealedlog.Open(t.Context(), options(fs))
	require.NoError(t, err)
	for seed := uint64(0); tried == 0; seed++ {
		require.Less(t, seed, uint64(200), "no two segments were ever removed between two syncs of the directory")
		w := newQueueWorkload(seed)
		for range 200 {
			now.advance(time.Second)
			require.NoError(t, l.Batch(t.Context(), w.next()...))
		}
		// The keys of the next workload begin anew.
		require.NoError(t, l.Walk(func(key string, _ []byte) ([]*sealedlog.Op, bool, error) {
			return []*sealedlog.Op{{Kind: sealedlog.Delete, Key: key}}, false, nil
		}))
	}
	require.NoError(t, l.Close())
}

// A checkpoint is written into the file of an earlier segment before it has a name.
// While that file may come back under its old one, nothing may be written into it.
func TestCheckpointIntoAFileWhoseRemovalIsNotDurable(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	var now clock
	options := func(fs sealedlog.FS) sealedlog.Options {
		o := quiet(t, fs, keys)
		o.Sync, o.Now, o.OnCorruption = sealedlog.SyncNever, now.now, sealedlog.Fail
		o.FirstSegment = o.SegmentSize // so that the head is fit to be used again
		return o
	}
	l := mustOpen(t, options(fs))
	text := randomText(6)
	const n = 60
	for i := range n {
		require.NoError(t, l.Batch(t.Context(), set(fmt.Sprint(i), text(5000))))
	}
	for i := range n - 1 { // the last one keeps it from being a checkpoint's business
		require.NoError(t, l.Batch(t.Context(), del(fmt.Sprint(i))))
	}
	fs.Fail = func(op crashfs.Op) error {
		if op.Kind == "syncdir" {
			return syscall.EIO
		}
		return nil
	}
	for range 2 {
		now.advance(time.Minute)
		require.NoError(t, l.Batch(t.Context(), set("q", "m")))
	}
	dropped := l.Stats().Dropped
	require.NotZero(t, l.Stats().Recycled)
	fs.Fail = nil
	tried := 0
	fs.After = func(op crashfs.Op) {
		for seed := range uint64(30) {
			r, err := sealedlog.Open(t.Context(), options(fs.Crash(seed)))
			if !assert.NoError(t, err, "power loss after %v", op) {
				return
			}
			assert.NoError(t, r.Close())
			tried++
		}
	}
	require.NoError(t, l.Batch(t.Context(), del(fmt.Sprint(n-1))))
	fs.After = nil
	require.Positive(t, tried)
	require.Greater(t, l.Stats().Dropped, dropped, "no checkpoint was made")
	require.NoError(t, l.Close())
}
