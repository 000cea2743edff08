package sealedlog_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// A store that a restart finds full makes room as it did before: what it holds was
// written once, so some of it may be moved before an insert is refused.
func TestRoomIsMadeAfterARestart(t *testing.T) {
	t.Parallel()
	const segment = 64 << 10
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	options := func() sealedlog.Options {
		o := quiet(t, fs, keys)
		o.SegmentSize, o.FirstSegment = segment, segment
		o.Budget = &sealedlog.Budget{Max: 4 * segment}
		return o
	}
	l := mustOpen(t, options())
	text := randomText(8)
	n := 0
	insert := func() error {
		n++
		return l.Batch(t.Context(), set(fmt.Sprint(n), text(2900)))
	}
	for l.Stats().Segments < 3 {
		require.NoError(t, insert())
	}
	for i := 2; i < 18; i++ { // all but the first one of the head
		require.NoError(t, l.Batch(t.Context(), del(fmt.Sprint(i))))
	}
	for range 17 {
		require.NoError(t, insert())
	}
	require.NoError(t, l.Close())
	l = mustOpen(t, options())
	require.Zero(t, l.Stats().SpareBytes, "the store is not full")
	require.NoError(t, insert())
	assert.Less(t, l.Stats().MovedBytes, uint64(2*segment))
	got, err := l.Get(t.Context(), "1")
	require.NoError(t, err)
	assert.Len(t, got, 2900)
	require.NoError(t, l.Close())
}
