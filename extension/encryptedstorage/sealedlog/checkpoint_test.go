package sealedlog_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// A checkpoint holds everything that lives, and was durable before it had a name. If
// its frames do not read back that is no torn tail, although no later frame tells.
func TestDamagedCheckpointIsNoTornTail(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	options := func(fs sealedlog.FS) sealedlog.Options {
		o := quiet(t, fs, keys)
		o.Sync, o.OnCorruption = sealedlog.SyncNever, sealedlog.Fail
		return o
	}
	l := mustOpen(t, options(fs))
	require.NoError(t, l.Batch(t.Context(), set("q", "m")))
	for i := 0; l.Stats().Dropped == 0; i++ {
		require.Less(t, i, 100, "no checkpoint was made")
		require.NoError(t, l.Batch(t.Context(), set(fmt.Sprint(i), randomText(1)(5000))))
		require.NoError(t, l.Batch(t.Context(), del(fmt.Sprint(i))))
	}
	names := segmentsOf(fs)
	require.Len(t, names, 1)
	const header = 4096
	for name, damage := range map[string]func([]byte){
		"a bit":      func(b []byte) { b[header+150] ^= 1 },
		"its frames": func(b []byte) { clear(b[header:]) },
	} {
		t.Run(name, func(t *testing.T) {
			image := fs.Clone()
			damage(image.Files()[names[0]])
			_, err := sealedlog.Open(t.Context(), options(image))
			require.ErrorIs(t, err, sealedlog.ErrDamaged)
		})
	}
	r, err := sealedlog.Open(t.Context(), options(fs.Crash(0)))
	require.NoError(t, err)
	got, err := r.Get(t.Context(), "q")
	require.NoError(t, err)
	require.Equal(t, "m", string(got))
	require.NoError(t, r.Close())
}
