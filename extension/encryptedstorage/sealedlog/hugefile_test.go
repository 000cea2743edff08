package sealedlog

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// Holes cost whoever makes them nothing. Nobody is to read them to their end.
func TestFileOfHoles(t *testing.T) {
	t.Parallel()
	keys, path := newTestKeys(t), t.TempDir()
	l := openDirLog(t, path, keys, nil)
	require.NoError(t, l.Batch(t.Context(), set("a", []byte("b"))))
	require.NoError(t, l.Close())
	name := filepath.Join(path, segmentName(1))
	info, err := os.Stat(name)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(name, 1<<42))

	d, err := OpenDir(path)
	require.NoError(t, err)
	defer d.Close()
	o := testOptions(t, d, keys)
	_, err = Open(t.Context(), o)
	require.ErrorIs(t, err, ErrDamaged)
	require.ErrorContains(t, err, "more than a segment takes")
	r, err := Verify(t.Context(), VerifyOptions{FS: d, Store: o.Store, ContextHash: (envelope.Context{}).Hash(), Unwrap: keys.Unwrap})
	require.NoError(t, err)
	assert.Len(t, r.Damages, 1)
	listing, err := Inspect(t.Context(), d, true)
	require.NoError(t, err)
	require.ErrorIs(t, listing.Segments[0].Err, ErrDamaged)

	require.NoError(t, os.Truncate(name, info.Size()))
	l = openDirLog(t, path, keys, nil)
	assert.Equal(t, map[string]string{"a": "b"}, state(t, l))
	require.NoError(t, l.Close())
}
