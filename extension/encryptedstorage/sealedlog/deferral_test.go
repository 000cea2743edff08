package sealedlog_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// TestDeferredDeletesBringBackTheLastValue crashes while deletes are deferred whose
// records were patched and then moved: what comes back is what was acknowledged
// last, not the base of its patches.
func TestDeferredDeletesBringBackTheLastValue(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	options := func(fs sealedlog.FS) sealedlog.Options {
		o := sealedlog.TestOptions(t, fs, keys)
		o.Sync, o.Hooks.Event = sealedlog.SyncAlways, nil
		return o
	}
	l, err := sealedlog.Open(t.Context(), options(fs))
	require.NoError(t, err)
	bytes := rand.NewChaCha8([32]byte{1})
	random := func(n int) []byte {
		b := make([]byte, n)
		_, _ = bytes.Read(b) // never fails
		return b
	}
	set := func(key string, value []byte) {
		require.NoError(t, l.Batch(t.Context(), &sealedlog.Op{Kind: sealedlog.Set, Key: key, Value: value}))
	}
	var deletes []*sealedlog.Op
	want := map[string]string{}
	for i := range 40 {
		key, value := fmt.Sprintf("k%d", i), random(200)
		set(key, value)
		value[0] ^= 1
		set(key, value) // a patch
		want[key] = string(value)
		deletes = append(deletes, &sealedlog.Op{Kind: sealedlog.Delete, Key: key})
	}
	require.NoError(t, l.Close())
	l, err = sealedlog.Open(t.Context(), options(fs))
	require.NoError(t, err)
	require.NoError(t, l.Batch(t.Context(), deletes...))
	for i := range 39 {
		key := fmt.Sprint(i)
		set(key, random(15000))
		require.NoError(t, l.Batch(t.Context(), &sealedlog.Op{Kind: sealedlog.Delete, Key: key}))
	}
	require.NotZero(t, l.Stats().MovedBytes, "nothing was moved")
	r, err := sealedlog.Open(t.Context(), options(fs.Crash(1)))
	require.NoError(t, err)
	back := 0
	for key, value := range want {
		got, err := r.Get(t.Context(), key)
		require.NoError(t, err)
		if got != nil {
			back++
			assert.Equal(t, value, string(got), key)
		}
	}
	assert.Positive(t, back, "the deletes were not deferred")
	require.NoError(t, r.Close())
	require.NoError(t, l.Close())
}
