package sealedlog_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// segmentsOf lists the segments, oldest first.
func segmentsOf(fs *crashfs.FS) []string {
	var names []string
	for name := range fs.Files() {
		if strings.HasSuffix(name, ".seg") && !strings.HasPrefix(name, "quarantine-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// requireKept wants a damaged file under its name, or as a quarantined one.
func requireKept(t *testing.T, fs *crashfs.FS, name string) {
	t.Helper()
	files := fs.Files()
	_, there := files[name]
	_, kept := files["quarantine-"+name]
	require.True(t, there || kept, "%s is gone, and with it what was left of its records", name)
}

// TestFileOfADamagedEndIsKept damages the last frames of a segment: what is missing
// is noticed at the next one, which is not the file to keep.
func TestFileOfADamagedEndIsKept(t *testing.T) {
	t.Parallel()
	keys, fs, text := sealedlog.NewTestKeys(t), crashfs.New(), randomText(3)
	l := mustOpen(t, quiet(t, fs, keys))
	n := 0
	insert := func() {
		require.NoError(t, l.Batch(t.Context(), set(fmt.Sprint(n), text(3000))))
		n++
	}
	for insert(); len(segmentsOf(fs)) < 2; {
		insert()
	}
	name := segmentsOf(fs)[0]
	for range 3 {
		insert()
	}
	require.NoError(t, l.Close())
	data := fs.Files()[name]
	end := len(bytes.TrimRight(data, "\x00"))
	for i := end - 1500; i < end; i++ {
		data[i] ^= 0x55
	}
	l = mustOpen(t, quiet(t, fs, keys))
	for key := range n {
		require.NoError(t, l.Batch(t.Context(), set("q", fmt.Sprint(key)), del(fmt.Sprint(key))))
	}
	for key := n; key < n+100; key++ {
		require.NoError(t, l.Batch(t.Context(), set(fmt.Sprint(key), text(3000))))
		require.NoError(t, l.Batch(t.Context(), del(fmt.Sprint(key))))
	}
	requireKept(t, fs, name)
	require.NoError(t, l.Close())
}

// TestCheckpointKeepsTheFileOfADamagedRecord drains a log that never syncs, of which
// one record went bad.
func TestCheckpointKeepsTheFileOfADamagedRecord(t *testing.T) {
	t.Parallel()
	keys, fs, text := sealedlog.NewTestKeys(t), crashfs.New(), randomText(2)
	o := quiet(t, fs, keys)
	o.Sync = sealedlog.SyncNever
	l := mustOpen(t, o)
	name := segmentsOf(fs)[0]
	before := bytes.Clone(fs.Files()[name])
	require.NoError(t, l.Batch(t.Context(), set("1000", text(300))))
	data := fs.Files()[name]
	for i, changed := 0, 0; i < len(data) && changed < 250; i++ {
		if i >= len(before) || data[i] != before[i] {
			if changed++; changed > 100 {
				data[i] ^= 0x55
			}
		}
	}
	for i := range 60 {
		require.NoError(t, l.Batch(t.Context(), set(fmt.Sprint(1001+i), text(8000))))
	}
	for i := range 60 {
		require.NoError(t, l.Batch(t.Context(), del(fmt.Sprint(1001+i))))
	}
	_, err := l.Get(t.Context(), "1000")
	require.ErrorIs(t, err, sealedlog.ErrDamaged)
	requireKept(t, fs, name)
	require.NoError(t, l.Close())
}

// TestDamagedPatchIsNoOlderValue damages the frame of the newest patch of a value: the
// value before it must not be served as if it were the newest.
func TestDamagedPatchIsNoOlderValue(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	l := mustOpen(t, quiet(t, fs, keys))
	value := []byte(randomText(5)(500))
	require.NoError(t, l.Batch(t.Context(), set("offsets", string(value))))
	name := segmentsOf(fs)[0]
	before := bytes.Clone(fs.Files()[name])
	value[3]++
	require.NoError(t, l.Batch(t.Context(), set("offsets", string(value))))
	after := bytes.Clone(fs.Files()[name])
	require.NoError(t, l.Batch(t.Context(), set("other", "x")))
	require.NoError(t, l.Close())
	data := fs.Files()[name]
	changed := 0
	for i := range after {
		if i < len(before) && before[i] == after[i] {
			continue
		}
		if changed++; changed > 30 && changed < 50 {
			data[i] ^= 0x55
		}
	}
	require.Greater(t, changed, 50)
	_, err := sealedlog.Open(t.Context(), quiet(t, fs, keys))
	require.ErrorIs(t, err, sealedlog.ErrDamaged, "the newest value of a name")
	require.ErrorContains(t, err, "offsets")
}

// TestSpareThatWasCutShortIsNoReserve leaves a spare of no size, as a power loss while
// it is made does.
func TestSpareThatWasCutShortIsNoReserve(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	l := mustOpen(t, quiet(t, fs, keys))
	require.NoError(t, l.Batch(t.Context(), set("a", "b")))
	require.NoError(t, l.Close())
	for name := range fs.Files() {
		if strings.HasPrefix(name, "spare-") {
			fs.Delete(name)
		}
	}
	fs.Put("spare-0000000000000001", nil)
	l = mustOpen(t, quiet(t, fs, keys))
	assert.NotZero(t, l.Stats().SpareBytes)
	require.NoError(t, l.Close())
}

// TestQuarantinedFileIsNotReplaced starts a log where an operator has taken everything
// away but what was quarantined: the next damaged file must not take its name.
func TestQuarantinedFileIsNotReplaced(t *testing.T) {
	t.Parallel()
	keys, fs, text := sealedlog.NewTestKeys(t), crashfs.New(), randomText(9)
	kept := []byte(text(1000))
	fs.Put("quarantine-0000000000000001.seg", kept)
	fs.Put("quarantine-0000000000000003.seg", kept)
	fs.Put("quarantine-ffffffffffffffff.seg", kept) // nobody's segment
	l := mustOpen(t, quiet(t, fs, keys))
	for _, name := range segmentsOf(fs) {
		before := bytes.Clone(fs.Files()[name])
		require.NoError(t, l.Batch(t.Context(), set("0", text(3000))))
		data := fs.Files()[name]
		for i := range data {
			if data[i] != before[i] {
				data[i+200] ^= 1
				break
			}
		}
	}
	_, err := l.Get(t.Context(), "0")
	require.ErrorIs(t, err, sealedlog.ErrDamaged)
	require.NoError(t, l.Batch(t.Context(), del("0")))
	for i := range 40 {
		require.NoError(t, l.Batch(t.Context(), set(fmt.Sprint(1+i), text(3000))))
		require.NoError(t, l.Batch(t.Context(), del(fmt.Sprint(1+i))))
	}
	files := fs.Files()
	for _, name := range []string{"quarantine-0000000000000001.seg", "quarantine-0000000000000003.seg", "quarantine-ffffffffffffffff.seg"} {
		assert.True(t, bytes.Equal(kept, files[name]), name)
	}
	assert.Contains(t, slices.Collect(maps.Keys(files)), "quarantine-0000000000000004.seg")
	require.NoError(t, l.Close())
}
