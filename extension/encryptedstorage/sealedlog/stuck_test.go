package sealedlog_test

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// TestPowerLossWhileStuck fills the disk. What replaces a value is answered from
// memory then, so the segment that holds the value must stay until the log can be
// written again: a power loss at any operation finds the old value or the new one.
func TestPowerLossWhileStuck(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]sealedlog.SyncMode{"on_insert": sealedlog.SyncOnInsert, "always": sealedlog.SyncAlways, "interval": sealedlog.SyncInterval} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			powerLossWhileStuck(t, mode)
		})
	}
}

func powerLossWhileStuck(t *testing.T, mode sealedlog.SyncMode) {
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	var now clock
	options := func(fs sealedlog.FS) sealedlog.Options {
		o := sealedlog.TestOptions(t, fs, keys)
		o.SegmentSize = sealedlog.MinSegmentSize
		o.Now, o.Sync, o.Hooks.Event = now.now, mode, nil
		return o
	}
	l, err := sealedlog.Open(t.Context(), options(fs))
	require.NoError(t, err)
	bytes := rand.NewChaCha8([32]byte{byte(mode)})
	random := func(n int) []byte {
		b := make([]byte, n)
		_, _ = bytes.Read(b) // never fails
		return b
	}
	set := func(key string, value []byte) {
		require.NoError(t, l.Batch(t.Context(), &sealedlog.Op{Kind: sealedlog.Set, Key: key, Value: value}))
	}
	before, after := random(4000), random(4000)
	set("k", before)
	for range 5 { // rolls to the next segment
		set("j", random(3000))
	}
	now.advance(time.Minute)
	l.Flush() // in interval mode, too, the old value is durable
	fs.Fail = func(op crashfs.Op) error {
		if op.Kind == "create" {
			return syscall.ENOSPC
		}
		return nil
	}
	for n := 0; !l.Stats().Stuck; n++ {
		require.Less(t, n, 200, "the log never got stuck")
		set("j", random(3000))
	}
	set("k", after)
	now.advance(time.Minute)
	crashes := 0
	fs.After = func(op crashfs.Op) {
		for seed := range uint64(8) {
			image := fs.Crash(seed)
			image.Fail, image.After = nil, nil
			r, err := sealedlog.Open(t.Context(), options(image))
			require.NoError(t, err, "after %v", op)
			got, err := r.Get(t.Context(), "k")
			require.NoError(t, err)
			assert.True(t, string(got) == string(before) || string(got) == string(after), "power loss after %v: neither the old value nor the new one", op)
			require.NoError(t, r.Close())
			crashes++
		}
	}
	set("j", random(3000))
	fs.After = nil
	assert.Positive(t, crashes, "nothing was done that a crash could cut")
	fs.Fail = nil // space is there again
	now.advance(time.Minute)
	set("j", random(3000))
	assert.False(t, l.Stats().Stuck)
	require.NoError(t, l.Close())
}
