package sealedlog_test

import (
	"bytes"
	"context"
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

func set(key, value string) *sealedlog.Op {
	return &sealedlog.Op{Kind: sealedlog.Set, Key: key, Value: []byte(value)}
}

func get(key string) *sealedlog.Op { return &sealedlog.Op{Kind: sealedlog.Get, Key: key} }

func del(key string) *sealedlog.Op { return &sealedlog.Op{Kind: sealedlog.Delete, Key: key} }

func quiet(t testing.TB, fs sealedlog.FS, keys sealedlog.Keys) sealedlog.Options {
	o := sealedlog.TestOptions(t, fs, keys)
	o.Hooks.Event = nil
	return o
}

func mustOpen(t testing.TB, o sealedlog.Options) *sealedlog.Log {
	l, err := sealedlog.Open(context.Background(), o)
	require.NoError(t, err)
	return l
}

// smallStore is a closed log of a few calls, and every value that was ever set
// under each key.
func smallStore(t testing.TB, keys sealedlog.Keys, closed bool) (*crashfs.FS, map[string]map[string]bool) {
	fs := crashfs.New()
	l := mustOpen(t, quiet(t, fs, keys))
	ever := map[string]map[string]bool{}
	put := func(ops ...*sealedlog.Op) {
		for _, op := range ops {
			if op.Kind == sealedlog.Set {
				if ever[op.Key] == nil {
					ever[op.Key] = map[string]bool{}
				}
				ever[op.Key][string(op.Value)] = true
			}
		}
		require.NoError(t, l.Batch(context.Background(), ops...))
	}
	meta := bytes.Repeat([]byte("m"), 100)
	for i := range 6 {
		meta[i*3] = byte('0' + i)
		put(set("qmv0", string(meta)), set(fmt.Sprint(i), strings.Repeat(fmt.Sprint(i), 40)))
	}
	meta[50] = 'x'
	put(set("qmv0", string(meta)), del("1"))
	if closed {
		require.NoError(t, l.Close())
	}
	return fs, ever
}

// checkNoWrongValue opens what is left of a store and reads everything: each
// value must have been set under its key once.
func checkNoWrongValue(t testing.TB, fs *crashfs.FS, keys sealedlog.Keys, ever map[string]map[string]bool, corruption sealedlog.Corruption, what string) {
	before := maps.Clone(fs.Files())
	o := quiet(t, fs, keys)
	o.OnCorruption = corruption
	l, err := sealedlog.Open(context.Background(), o)
	if err != nil {
		// Nothing was deleted.
		for name := range before {
			if strings.HasSuffix(name, ".seg") {
				assert.Contains(t, fs.Files(), name, what)
			}
		}
		return
	}
	err = l.Walk(func(key string, value []byte) ([]*sealedlog.Op, bool, error) {
		if !ever[key][string(value)] {
			t.Errorf("%s: key %q has a value that it never had: %q", what, key, value)
		}
		return nil, false, nil
	})
	if err != nil {
		assert.ErrorIs(t, err, sealedlog.ErrDamaged, what)
	}
}

func TestFlipEveryByte(t *testing.T) {
	t.Parallel()
	keys := sealedlog.NewTestKeys(t)
	for _, closed := range []bool{true, false} {
		fs, ever := smallStore(t, keys, closed)
		name := "0000000000000001.seg"
		data := fs.Files()[name]
		end := len(bytes.TrimRight(data, "\x00"))
		for i := range end {
			if i > 600 && i < 4090 && i%64 != 0 {
				continue // padding of the header
			}
			image := fs.Clone()
			image.Files()[name][i] ^= 1 << (i % 8)
			checkNoWrongValue(t, image, keys, ever, sealedlog.Corruption(i%2), fmt.Sprintf("byte %d", i))
			if t.Failed() {
				return
			}
		}
	}
}

func TestFlipIsReported(t *testing.T) {
	t.Parallel()
	keys := sealedlog.NewTestKeys(t)
	fs, _ := smallStore(t, keys, true)
	name := "0000000000000001.seg"
	data := fs.Files()[name]
	// In the middle of the frames: what follows proves that it was durable.
	at := 4096 + (len(bytes.TrimRight(data, "\x00"))-4096)/2
	data[at] ^= 1

	o := quiet(t, fs.Clone(), keys)
	o.OnCorruption = sealedlog.Fail
	_, err := sealedlog.Open(context.Background(), o)
	require.ErrorIs(t, err, sealedlog.ErrDamaged)
	assert.ErrorContains(t, err, name)

	var events []sealedlog.Event
	o = quiet(t, fs, keys)
	o.Hooks.Event = func(e sealedlog.Event) { events = append(events, e) }
	_, err = sealedlog.Open(context.Background(), o)
	if err != nil { // the metadata was hit for good
		require.ErrorIs(t, err, sealedlog.ErrDamaged)
	}
	require.NotEmpty(t, events)
	assert.Equal(t, sealedlog.EventDamage, events[0].Kind)
}

func TestTruncateEverywhere(t *testing.T) {
	t.Parallel()
	keys := sealedlog.NewTestKeys(t)
	fs, ever := smallStore(t, keys, true)
	name := "0000000000000001.seg"
	data := fs.Files()[name]
	for n := 0; n < len(bytes.TrimRight(data, "\x00"))+100; n += 5 {
		image := fs.Clone()
		image.Put(name, data[:n])
		checkNoWrongValue(t, image, keys, ever, sealedlog.Quarantine, fmt.Sprintf("cut at %d", n))
	}
}

// frames cuts a segment into its frames by their lengths.
func frames(data []byte) [][]byte {
	var out [][]byte
	for at := 4096; at+24 < len(data); {
		n := int(data[at])<<24 | int(data[at+1])<<16 | int(data[at+2])<<8 | int(data[at+3])
		if n == 0 {
			break
		}
		size := (24 + n + 7) &^ 7
		out = append(out, data[at:at+size])
		at += size
	}
	return out
}

func TestShuffleFrames(t *testing.T) {
	t.Parallel()
	keys := sealedlog.NewTestKeys(t)
	fs, ever := smallStore(t, keys, true)
	name := "0000000000000001.seg"
	data := fs.Files()[name]
	parts := frames(data)
	require.Greater(t, len(parts), 7)
	build := func(order []int) *crashfs.FS {
		out := slices.Clone(data[:4096])
		for _, i := range order {
			out = append(out, parts[i]...)
		}
		out = append(out, make([]byte, max(0, len(data)-len(out)))...)
		image := fs.Clone()
		image.Put(name, out)
		return image
	}
	all := make([]int, len(parts))
	for i := range all {
		all[i] = i
	}
	for i := range parts {
		for j := range parts {
			swapped := slices.Clone(all)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			checkNoWrongValue(t, build(swapped), keys, ever, sealedlog.Quarantine, fmt.Sprintf("swap %d %d", i, j))
			doubled := slices.Insert(slices.Clone(all), i, j)
			checkNoWrongValue(t, build(doubled), keys, ever, sealedlog.Quarantine, fmt.Sprintf("copy %d to %d", j, i))
		}
		checkNoWrongValue(t, build(slices.Delete(slices.Clone(all), i, i+1)), keys, ever, sealedlog.Quarantine, fmt.Sprintf("without %d", i))
	}
}

// bigStore has several segments.
func bigStore(t testing.TB, keys sealedlog.Keys) (*crashfs.FS, map[string]map[string]bool, []string) {
	fs := crashfs.New()
	l := mustOpen(t, quiet(t, fs, keys))
	ever := map[string]map[string]bool{"qmv0": {}}
	for i := range 60 {
		meta := fmt.Sprintf("%0100d", i)
		value := strings.Repeat(fmt.Sprint(i, " "), 1000)
		ever["qmv0"][meta] = true
		ever[fmt.Sprint(i)] = map[string]bool{value: true}
		require.NoError(t, l.Batch(context.Background(), set("qmv0", meta), set(fmt.Sprint(i), value)))
	}
	require.NoError(t, l.Close())
	var names []string
	for name := range fs.Files() {
		if strings.HasSuffix(name, ".seg") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	require.Greater(t, len(names), 3)
	return fs, ever, names
}

func TestSegmentsSwappedLostAndForeign(t *testing.T) {
	t.Parallel()
	keys := sealedlog.NewTestKeys(t)
	fs, ever, names := bigStore(t, keys)

	fail := func(image *crashfs.FS, want error, text string) {
		t.Helper()
		before := len(image.Files())
		o := quiet(t, image, keys)
		o.OnCorruption = sealedlog.Fail
		_, err := sealedlog.Open(context.Background(), o)
		require.ErrorIs(t, err, want)
		assert.ErrorContains(t, err, text)
		assert.Len(t, image.Files(), before, "nothing is deleted")
	}
	swapped := fs.Clone()
	a, b := slices.Clone(swapped.Files()[names[0]]), slices.Clone(swapped.Files()[names[1]])
	swapped.Put(names[0], b)
	swapped.Put(names[1], a)
	fail(swapped, sealedlog.ErrDamaged, "renamed")

	hole := fs.Clone()
	hole.Delete(names[1])
	fail(hole, sealedlog.ErrDamaged, "missing")
	checkNoWrongValue(t, hole, keys, ever, sealedlog.Quarantine, "hole")

	for i := range names {
		short := fs.Clone()
		short.Put(names[i], short.Files()[names[i]][:4096+64])
		checkNoWrongValue(t, short, keys, ever, sealedlog.Quarantine, "short")
	}
	shortened := fs.Clone()
	data := shortened.Files()[names[1]]
	shortened.Put(names[1], data[:len(data)/2])
	fail(shortened, sealedlog.ErrDamaged, names[1][:0]+"damaged")

	o := quiet(t, fs.Clone(), keys)
	o.Client = "somebody else"
	_, err := sealedlog.Open(context.Background(), o)
	require.ErrorIs(t, err, sealedlog.ErrWrongStore)
	o = quiet(t, fs.Clone(), keys)
	o.Store[0] ^= 1
	_, err = sealedlog.Open(context.Background(), o)
	require.ErrorIs(t, err, sealedlog.ErrWrongStore)
	o = quiet(t, fs.Clone(), keys)
	o.ContextHash[0] ^= 1
	_, err = sealedlog.Open(context.Background(), o)
	require.ErrorIs(t, err, sealedlog.ErrWrongKey)

	newer := fs.Clone()
	newer.Files()[names[2]][9]++
	fail(newer, sealedlog.ErrUnsupportedVersion, "use the release that wrote it")
	garbage := fs.Clone()
	clear(garbage.Files()[names[2]][:4096])
	fail(garbage, sealedlog.ErrDamaged, "no magic number")
}

func TestDamagedRecordIsKnownByItsKey(t *testing.T) {
	t.Parallel()
	keys := sealedlog.NewTestKeys(t)
	fs, _, names := bigStore(t, keys)
	// Frame 3 of the first segment holds one of the first items; the footer
	// tells which.
	parts := frames(fs.Files()[names[0]])
	parts[3][40] ^= 1
	events := 0
	o := quiet(t, fs, keys)
	o.Hooks.Event = func(sealedlog.Event) { events++ }
	o.Budget = &sealedlog.Budget{}
	l := mustOpen(t, o)
	assert.Positive(t, events)
	lost := ""
	for i := range 60 {
		key := fmt.Sprint(i)
		if _, err := l.Get(context.Background(), key); err != nil {
			require.ErrorIs(t, err, sealedlog.ErrDamaged)
			assert.Empty(t, lost, "one record is lost")
			lost = key
		}
	}
	require.NotEmpty(t, lost)
	several := []*sealedlog.Op{get("50"), get(lost), get("51")}
	require.NoError(t, l.Batch(context.Background(), several...))
	assert.NotNil(t, several[0].Value)
	assert.Nil(t, several[1].Value)
	assert.NotNil(t, several[2].Value)

	// The queue drops the item; the ciphertext stays.
	for i := range 60 {
		require.NoError(t, l.Batch(context.Background(), set("qmv0", "x"), del(fmt.Sprint(i))))
	}
	require.NoError(t, l.Close())
	require.Contains(t, fs.Files(), "quarantine-"+names[0])
	kept := int64(len(fs.Files()["quarantine-"+names[0]]))

	// It fills the volume, so it counts until somebody has removed it.
	assert.Zero(t, o.Budget.Used(), "closed")
	l = mustOpen(t, o)
	with := o.Budget.Used()
	require.NoError(t, l.Close())
	assert.Zero(t, o.Budget.Used(), "closed again")
	require.NoError(t, fs.Remove("quarantine-"+names[0]))
	l = mustOpen(t, o)
	assert.Equal(t, kept, with-o.Budget.Used())
	require.NoError(t, l.Close())
}

func TestRotWhileOpen(t *testing.T) {
	t.Parallel()
	keys := sealedlog.NewTestKeys(t)
	fs := crashfs.New()
	l := mustOpen(t, quiet(t, fs, keys))
	require.NoError(t, l.Batch(context.Background(), set("q", "m"), set("1", strings.Repeat("a", 500))))
	require.NoError(t, l.Batch(context.Background(), set("q", "m"), set("2", strings.Repeat("b", 500))))
	parts := frames(fs.Files()["0000000000000001.seg"])
	copy(parts[1], parts[2]) // a whole valid frame in the place of another
	_, err := l.Get(context.Background(), "1")
	require.ErrorIs(t, err, sealedlog.ErrDamaged)
	assert.Positive(t, l.Stats().ReadErrors)
}

func TestRefusedInsertNeverComesBack(t *testing.T) {
	t.Parallel()
	keys := sealedlog.NewTestKeys(t)
	fs := crashfs.New()
	var clk clock
	o := quiet(t, fs, keys)
	o.Now = clk.now
	l := mustOpen(t, o)
	require.NoError(t, l.Batch(context.Background(), set("q", "1"), set("1", "kept")))
	broken := fmt.Errorf("device is gone")
	fs.Fail = func(op crashfs.Op) error {
		if op.Kind == "sync" {
			return broken
		}
		return nil
	}
	require.ErrorIs(t, l.Batch(context.Background(), set("q", "2"), set("2", "refused")), broken)
	require.NoError(t, l.Batch(context.Background(), set("q", "3")))
	require.True(t, l.Stats().Stuck)
	fs.Fail = nil
	clk.advance(1e10)
	require.NoError(t, l.Batch(context.Background(), set("q", "4"), set("3", "kept")))
	s, err := walk(mustOpen(t, quiet(t, fs.Clone(), keys)))
	require.NoError(t, err)
	assert.Equal(t, canonical(map[string]string{"q": "4", "1": "kept", "3": "kept"}), s)
}
