package sealedlog_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// named is a client with more values under names than are held in memory, as a
// receiver with many offsets has.
type named struct {
	t    *testing.T
	log  *sealedlog.Log
	want map[string][]byte
}

func openNamed(t *testing.T, o sealedlog.Options, want map[string][]byte) *named {
	l, err := sealedlog.Open(t.Context(), o)
	require.NoError(t, err)
	return &named{t, l, want}
}

func (n *named) set(key string, value []byte) {
	n.want[key] = value
	require.NoError(n.t, n.log.Batch(n.t.Context(), &sealedlog.Op{Kind: sealedlog.Set, Key: key, Value: value}))
}

func (n *named) check(when string) {
	for key, want := range n.want {
		got, err := n.log.Get(n.t.Context(), key)
		require.NoError(n.t, err)
		assert.True(n.t, bytes.Equal(got, want), "%s: %s is not what was written last", when, key)
	}
}

// TestValuesBeyondTheMemoryBound overwrites seventeen values of a megabyte, as a
// whole and by a byte: those that are held no more must not be read as they were,
// nor be the base of a patch.
func TestValuesBeyondTheMemoryBound(t *testing.T) {
	t.Parallel()
	o := sealedlog.TestOptions(t, crashfs.New(), sealedlog.NewTestKeys(t))
	o.SegmentSize, o.FirstSegment = 256<<20, 256<<20
	n := openNamed(t, o, map[string][]byte{})
	value := func(fill, seventh byte) []byte {
		v := bytes.Repeat([]byte{fill}, 1<<20)
		v[7] = seventh
		return v
	}
	const values = 17
	for i := range values {
		n.set(fmt.Sprintf("file%d", i), value('a', 'a'))
	}
	for i := range values {
		if i%2 == 0 {
			n.set(fmt.Sprintf("file%d", i), value('b', 'b'))
		} else {
			n.set(fmt.Sprintf("file%d", i), value('a', 'b'))
		}
	}
	n.check("overwritten")
	for i := range values {
		n.set(fmt.Sprintf("file%d", i), value('a', 'c'))
	}
	n.check("overwritten twice")
	require.NoError(t, n.log.Close())
	n = openNamed(t, o, n.want)
	n.check("opened again")
	require.NoError(t, n.log.Close())
}

// TestMovedValuesBeyondTheMemoryBound lets the log move what is still live out of
// its oldest segments.
func TestMovedValuesBeyondTheMemoryBound(t *testing.T) {
	t.Parallel()
	o := sealedlog.TestOptions(t, crashfs.New(), sealedlog.NewTestKeys(t))
	o.SegmentSize, o.FirstSegment = 8<<20, 8<<20
	n := openNamed(t, o, map[string][]byte{})
	const values = 257
	set := func(i int, fill byte) { n.set(fmt.Sprintf("file%d", i), bytes.Repeat([]byte{fill}, 64<<10)) }
	for i := range values {
		set(i, 'a')
	}
	for i := range values {
		set(i, 'b')
	}
	for r := byte(0); n.log.Stats().MovedBytes < 100*64<<10; r++ {
		require.Less(t, r, byte(40), "what is overwritten no more was never moved")
		for i := 100; i < values; i++ {
			set(i, 'c'+r%20)
		}
	}
	require.NoError(t, n.log.Close())
	n = openNamed(t, o, n.want)
	n.check("opened again")
	require.NoError(t, n.log.Close())
}

// TestNumberFarFromTheOthersIsNotPatched overwrites a number that is far away from the
// others: whether it counts as one depends on those, which are gone at the next start.
func TestNumberFarFromTheOthersIsNotPatched(t *testing.T) {
	t.Parallel()
	keys, fs, text := sealedlog.NewTestKeys(t), crashfs.New(), randomText(4)
	n := openNamed(t, quiet(t, fs, keys), map[string][]byte{})
	n.set("5", []byte(text(300)))
	for len(segmentsOf(fs)) < 2 {
		n.set("x", []byte(text(3000)))
	}
	value := []byte(text(500))
	n.set("1000000000", value)
	value = bytes.Clone(value)
	value[3]++
	n.set("1000000000", value)
	require.NoError(t, n.log.Batch(t.Context(), del("x")))
	require.NoError(t, n.log.Batch(t.Context(), del("5")))
	delete(n.want, "x")
	delete(n.want, "5")
	n.set("a", []byte("b"))
	require.NoError(t, n.log.Close())
	n = openNamed(t, quiet(t, fs, keys), n.want)
	n.check("opened again")
	require.NoError(t, n.log.Close())
}
