package sealedlog_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// miniQueue makes the calls of the persistent queue, its start-up included.
// Its metadata is a text: read index, write index, items in flight.
type miniQueue struct {
	log         *sealedlog.Log
	read, write int
	flying      []int
}

func (q *miniQueue) meta() *sealedlog.Op {
	return set("qmv0", fmt.Sprintf("%d %d %v", q.read, q.write, q.flying))
}

func (q *miniQueue) put(value string) error {
	q.write++
	return q.log.Batch(context.Background(), q.meta(), set(strconv.Itoa(q.write-1), value))
}

func (q *miniQueue) take(t testing.TB) string {
	q.flying = append(q.flying, q.read)
	q.read++
	op := get(strconv.Itoa(q.read - 1))
	require.NoError(t, q.log.Batch(context.Background(), q.meta(), op))
	return string(op.Value)
}

func (q *miniQueue) done(t testing.TB, i int) {
	q.flying = slices.DeleteFunc(q.flying, func(n int) bool { return n == i })
	require.NoError(t, q.log.Batch(context.Background(), q.meta(), del(strconv.Itoa(i))))
}

// start does what the queue does before it takes its first item.
func (q *miniQueue) start(t testing.TB) {
	v, err := q.log.Get(context.Background(), "qmv0")
	require.NoError(t, err)
	if len(v) == 0 {
		return
	}
	var flying string
	head, rest, _ := strings.Cut(string(v), " [")
	_, err = fmt.Sscanf(head, "%d %d", &q.read, &q.write)
	require.NoError(t, err)
	flying = strings.TrimSuffix(rest, "]")
	q.flying = nil
	for _, f := range strings.Fields(flying) {
		n, err := strconv.Atoi(f)
		require.NoError(t, err)
		q.flying = append(q.flying, n)
	}
	if len(q.flying) == 0 {
		return
	}
	var gets, dels []*sealedlog.Op
	for _, n := range q.flying {
		gets = append(gets, get(strconv.Itoa(n)))
		dels = append(dels, del(strconv.Itoa(n)))
	}
	require.NoError(t, q.log.Batch(context.Background(), gets...))
	require.NoError(t, q.log.Batch(context.Background(), dels...))
	for _, op := range gets {
		if op.Value != nil {
			assert.NoError(t, q.put(string(op.Value)))
		}
	}
	q.flying = nil
}

// items is what a queue that starts on fs would deliver.
func items(t testing.TB, fs *crashfs.FS, keys sealedlog.Keys) map[string]int {
	q := &miniQueue{log: mustOpen(t, quiet(t, fs, keys))}
	q.start(t)
	out := map[string]int{}
	for q.read < q.write {
		if v := q.take(t); v != "" {
			out[v]++
		}
	}
	return out
}

func inFlight(t testing.TB, keys sealedlog.Keys, n int) *crashfs.FS {
	fs := crashfs.New()
	q := &miniQueue{log: mustOpen(t, quiet(t, fs, keys))}
	for i := range n {
		require.NoError(t, q.put(fmt.Sprintf("item %d %s", i, strings.Repeat("x", 300))))
	}
	for range n {
		q.take(t)
	}
	require.NoError(t, q.log.Close())
	return fs
}

// Kills the start-up of a queue with 20 items in flight after every operation,
// with and without power loss, and with a disk that is full.
func TestKillAtEveryCallOfQueueRecovery(t *testing.T) {
	t.Parallel()
	const n = 20
	for _, full := range []bool{false, true} {
		t.Run(fmt.Sprintf("full disk %t", full), func(t *testing.T) {
			t.Parallel()
			keys := sealedlog.NewTestKeys(t)
			fs := inFlight(t, keys, n)
			if full {
				fs.Limit = fs.Bytes()
			}
			kills := 0
			fs.After = func(op crashfs.Op) {
				if op.Kind == "read" || op.Kind == "list" || op.Kind == "open" || t.Failed() {
					return
				}
				kills++
				for seed := range uint64(3) {
					got := items(t, fs.Crash(seed), keys)
					assert.Len(t, got, n, "lost items after %v", op)
				}
				assert.Len(t, items(t, fs.Clone(), keys), n, "lost items after kill at %v", op)
			}
			q := &miniQueue{log: mustOpen(t, quiet(t, fs, keys))}
			q.start(t)
			if kills < 20 {
				t.Errorf("only %d kills", kills)
			}
			require.NoError(t, q.log.Close())
			assert.Len(t, items(t, fs, keys), n)
		})
	}
}

func TestDeferredDeletesLeaveNoOrphans(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, l *sealedlog.Log)
	}{
		{"n inserts", func(t *testing.T, l *sealedlog.Log) {
			for i := range 3 {
				require.NoError(t, l.Batch(context.Background(), set("q", "m"), set(fmt.Sprint("1", i), "new")))
			}
		}},
		{"overwrite", func(t *testing.T, l *sealedlog.Log) {
			require.NoError(t, l.Batch(context.Background(), set("q", "m2")))
		}},
		{"close", func(t *testing.T, l *sealedlog.Log) { require.NoError(t, l.Close()) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
			l := mustOpen(t, quiet(t, fs, keys))
			require.NoError(t, l.Batch(context.Background(), set("q", "m"), set("1", "a"), set("2", "b"), set("3", "c")))
			require.NoError(t, l.Close())
			l = mustOpen(t, quiet(t, fs, keys))
			require.NoError(t, l.Batch(context.Background(), del("1"), del("2"), del("3")))
			v, err := l.Get(context.Background(), "2")
			require.NoError(t, err)
			assert.Nil(t, v, "deleted at once")
			s, err := walk(mustOpen(t, quiet(t, fs.Clone(), keys)))
			require.NoError(t, err)
			assert.Contains(t, s, "2=", "but not for a crash")
			c.run(t, l)
			s, err = walk(mustOpen(t, quiet(t, fs.Clone(), keys)))
			require.NoError(t, err)
			for _, gone := range []string{"1=61", "2=62", "3=63"} {
				assert.NotContains(t, s, gone)
			}
		})
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit string
		mode  sealedlog.SyncMode
	}{
		{"disk", sealedlog.SyncOnInsert},
		{"max_size", sealedlog.SyncOnInsert},
		{"min_free", sealedlog.SyncOnInsert},
		{"disk", sealedlog.SyncNever},
		{"max_size", sealedlog.SyncNever},
		{"min_free", sealedlog.SyncNever},
	} {
		t.Run(fmt.Sprint(c.limit, c.mode), func(t *testing.T) {
			t.Parallel()
			keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
			var clk clock
			o := quiet(t, fs, keys)
			o.Now, o.Sync = clk.now, c.mode
			o.Budget = &sealedlog.Budget{}
			switch c.limit {
			case "disk":
				fs.Limit = 700 << 10
			case "max_size":
				o.Budget.Max = 700 << 10
			case "min_free":
				fs.Limit, o.Budget.MinFree = 1400<<10, 700<<10
			}
			q := &miniQueue{log: mustOpen(t, o)}
			accepted := map[string]bool{}
			for round := range 4 {
				var err error
				for i := range 10_000 {
					value := fmt.Sprintf("round %d item %d %s", round, i, strings.Repeat("y", 700))
					if err = q.put(value); err != nil {
						q.write--
						break
					}
					accepted[value] = true
				}
				require.ErrorIs(t, err, sealedlog.ErrFull)
				require.LessOrEqual(t, fs.Bytes(), int64(701<<10))
				// Drain half of it: dequeue and ack always succeed.
				for n := (q.write - q.read) * (round + 1) / 4; n > 0; n-- {
					i := q.read
					v := q.take(t)
					require.True(t, accepted[v], "item %d", i)
					delete(accepted, v)
					q.done(t, i)
				}
				clk.advance(2e9)
			}
			assert.Empty(t, accepted, "everything accepted was delivered")
			assert.False(t, q.log.Stats().Stuck)
			for range 50 { // and there is room again
				require.NoError(t, q.put("z"))
			}
			require.NoError(t, q.log.Close())
		})
	}
}

// One key that is never deleted, while a hundred segments of others pass.
func TestStuckKeyAndWriteAmplification(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	o := quiet(t, fs, keys)
	o.SegmentSize = 64 << 10
	q := &miniQueue{log: mustOpen(t, o)}
	require.NoError(t, q.put("stuck"))
	q.read++
	payload, peak := 0, int64(0)
	for q.log.Stats().Dropped < 100 {
		for range 20 {
			value := strings.Repeat("p", 1500)
			payload += len(value)
			require.NoError(t, q.put(value))
		}
		for range 20 {
			i := q.read
			q.take(t)
			q.done(t, i)
		}
		peak = max(peak, fs.Bytes())
	}
	v, err := q.log.Get(context.Background(), "0")
	require.NoError(t, err)
	assert.Equal(t, "stuck", string(v))
	s := q.log.Stats()
	assert.Less(t, float64(s.WrittenBytes), 2*float64(payload), "write amplification")
	assert.LessOrEqual(t, peak, int64(6*64<<10))
	assert.LessOrEqual(t, fs.Bytes(), int64(4*64<<10))
	require.NoError(t, q.log.Close())
}

func TestDiskAfterDrain(t *testing.T) {
	t.Parallel()
	for _, mode := range []sealedlog.SyncMode{sealedlog.SyncOnInsert, sealedlog.SyncNever} {
		keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
		o := quiet(t, fs, keys)
		o.Sync, o.SegmentSize = mode, 64<<10
		q := &miniQueue{log: mustOpen(t, o)}
		for range 1000 {
			require.NoError(t, q.put(strings.Repeat("p", 1000)))
		}
		assert.Greater(t, fs.Bytes(), int64(1_000_000))
		for range 1000 {
			i := q.read
			q.take(t)
			q.done(t, i)
		}
		assert.LessOrEqual(t, fs.Bytes(), int64(2*64<<10), "mode %d", mode)
		require.NoError(t, q.log.Close())
	}
}

// The drain's last call does not wait for the checkpoint, which follows without
// another one.
func TestDiskAfterDrainInTheBackground(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	o := quiet(t, fs, keys)
	o.Sync, o.SegmentSize, o.Inline = sealedlog.SyncNever, 64<<10, false
	q := &miniQueue{log: mustOpen(t, o)}
	for range 200 {
		require.NoError(t, q.put(strings.Repeat("p", 1000)))
	}
	for range 200 {
		i := q.read
		q.take(t)
		q.done(t, i)
	}
	require.Eventually(t, func() bool {
		s := q.log.Stats()
		return s.Dropped > 0 && fs.Bytes() <= 2*64<<10
	}, time.Minute, time.Millisecond)
	got := items(t, fs.Clone(), keys)
	assert.Empty(t, got)
	require.NoError(t, q.log.Close())
}

func TestManyRestartsWithStuckItem(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	for i := range 1000 {
		l := mustOpen(t, quiet(t, fs, keys))
		if i == 0 {
			require.NoError(t, l.Batch(context.Background(), set("qmv0", "m"), set("1", strings.Repeat("s", 9000))))
		}
		if i%2 == 0 { // else killed
			require.NoError(t, l.Close())
		}
		assert.LessOrEqual(t, len(fs.Files()), 8)
	}
	s, err := walk(mustOpen(t, quiet(t, fs, keys)))
	require.NoError(t, err)
	assert.Equal(t, canonical(map[string]string{"qmv0": "m", "1": strings.Repeat("s", 9000)}), s)
}

// A client without traffic must not take the space of a busy one by being
// restarted: the budget of the folder is everybody's.
func TestRestartsDoNotGrowSegments(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 300, 100 << 10} { // the last is too large to be moved out of the way
		t.Run(strconv.Itoa(size), func(t *testing.T) {
			t.Parallel()
			fs := crashfs.New()
			o := quiet(t, fs, sealedlog.NewTestKeys(t))
			o.SegmentSize, o.FirstSegment = 16<<20, 256<<10
			for i := range 40 {
				l := mustOpen(t, o)
				if i == 0 {
					require.NoError(t, l.Batch(t.Context(), set("qmv0", "m"), set("1", strings.Repeat("s", size))))
				}
				require.LessOrEqual(t, fs.Bytes(), 16*o.FirstSegment, "start %d", i)
				require.NoError(t, l.Close())
			}
		})
	}
}

// 8,192 items of 4 KiB in flight: the metadata is 64 KiB and is written three
// times an item.
func TestPatchesKeepMetadataSmall(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	o := quiet(t, fs, keys)
	o.SegmentSize, o.FirstSegment, o.Sync = 64<<20, 1<<20, sealedlog.SyncNever
	l := mustOpen(t, o)
	value := strings.Repeat("v", 4096)
	meta := make([]byte, 36, 80_000)
	write := func(ops ...*sealedlog.Op) {
		meta[3]++
		meta[12]++
		require.NoError(t, l.Batch(context.Background(), append([]*sealedlog.Op{set("qmv0", string(meta))}, ops...)...))
	}
	flying, total := 8192, 10_000
	if testing.Short() {
		flying, total = 1024, 1250 // the race detector takes minutes for all of them
	}
	for i := range total {
		key := strconv.Itoa(i)
		write(set(key, value))
		meta = append(meta, byte(i), byte(i>>8), 0, 0, 0, 0, 0, 0)
		write(get(key))
		if i >= flying {
			at := 36 + (i*7919)%flying*8
			copy(meta[at:], meta[len(meta)-8:])
			meta = meta[:len(meta)-8]
			write(del(strconv.Itoa(i - flying)))
		}
	}
	s := l.Stats()
	ratio := float64(s.WrittenBytes) / float64(total*len(value))
	t.Logf("%.3f bytes written per payload byte", ratio)
	assert.LessOrEqual(t, ratio, 1.3)
	want, err := walk(l)
	require.NoError(t, err)
	got, err := walk(mustOpen(t, quiet(t, fs.Clone(), keys)))
	require.NoError(t, err)
	assert.Equal(t, want, got, "recovery rebuilds the patched value")
}

func TestKeysRefuseInserts(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	l := mustOpen(t, quiet(t, fs, keys))
	require.NoError(t, l.Batch(context.Background(), set("q", "m"), set("1", "a")))
	revoked := fmt.Errorf("revoked")
	keys.Refuse(revoked)
	require.ErrorIs(t, l.Batch(context.Background(), set("q", "m"), set("2", "b")), revoked)
	op := get("1")
	require.NoError(t, l.Batch(context.Background(), set("q", "n"), op))
	assert.Equal(t, "a", string(op.Value))
	require.NoError(t, l.Batch(context.Background(), set("q", "o"), del("1")))
	keys.Refuse(nil)
	require.NoError(t, l.Batch(context.Background(), set("q", "m"), set("2", "b")))
}

func TestRotationStartsASegment(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	l := mustOpen(t, quiet(t, fs, keys))
	model := map[string]string{}
	for i := range 5 {
		require.NoError(t, l.Batch(context.Background(), set(fmt.Sprint(i), strings.Repeat("v", 4000))))
		model[fmt.Sprint(i)] = strings.Repeat("v", 4000)
		keys.Rotate(t)
	}
	assert.GreaterOrEqual(t, l.Stats().LiveEpochs, 3)
	require.NoError(t, l.Close())
	s, err := walk(mustOpen(t, quiet(t, fs, keys)))
	require.NoError(t, err)
	assert.Equal(t, canonical(model), s)
}

func TestValuesAndErrors(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	l := mustOpen(t, quiet(t, fs, keys))
	ctx := context.Background()
	require.NoError(t, l.Batch(ctx, &sealedlog.Op{Kind: sealedlog.Set, Key: "nil"}, set("empty", ""), set("7", "")))
	for range 2 {
		for _, key := range []string{"nil", "empty", "7"} {
			v, err := l.Get(ctx, key)
			require.NoError(t, err)
			assert.NotNil(t, v, key)
			assert.Empty(t, v)
		}
		v, err := l.Get(ctx, "none")
		require.NoError(t, err)
		assert.Nil(t, v)
		require.NoError(t, l.Batch(ctx, del("none")))
		require.NoError(t, l.Close())
		require.ErrorIs(t, l.Batch(ctx, get("7")), sealedlog.ErrClosed)
		require.ErrorIs(t, l.Walk(nil), sealedlog.ErrClosed)
		require.NoError(t, l.Close())
		l = mustOpen(t, quiet(t, fs, keys))
	}
	// Order within a batch, and reads that see earlier writes of it.
	first, second := get("a"), get("a")
	require.NoError(t, l.Batch(ctx, set("a", "1"), first, set("a", "2"), del("a"), set("a", "3"), second, set("b", "1"), del("b")))
	assert.Equal(t, "1", string(first.Value))
	assert.Equal(t, "3", string(second.Value))
	v, err := l.Get(ctx, "b")
	require.NoError(t, err)
	assert.Nil(t, v)
	require.ErrorIs(t, l.Batch(ctx, set(strings.Repeat("k", sealedlog.MaxKey+1), "")), sealedlog.ErrTooLarge)
	// A batch that is larger than a segment gets one of its own.
	big := strings.Repeat("b", 300<<10)
	require.NoError(t, l.Batch(ctx, set("big", big), set("8", big)))
	require.NoError(t, l.Close())
	l = mustOpen(t, quiet(t, fs, keys))
	v, err = l.Get(ctx, "8")
	require.NoError(t, err)
	assert.Equal(t, big, string(v))
	// Odd numbers as keys.
	odd := map[string]string{"0": "", "00": "", "-1": "", "18446744073709551615": "", "4611686018427387904": "", "99999999999999999999999": "", "5": "", "1000000000": ""}
	for key := range maps.Keys(odd) {
		odd[key] = "of " + key
		require.NoError(t, l.Batch(ctx, set(key, odd[key])))
	}
	for key, want := range odd {
		v, err := l.Get(ctx, key)
		require.NoError(t, err)
		assert.Equal(t, want, string(v))
	}
}
