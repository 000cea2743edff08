package sealedlog_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// A frame beyond its bound is written by nobody, for nobody would read it back.
// Whatever the log adds to a batch by itself must not push it over.

type boundedLog struct {
	*sealedlog.Log
	t       *testing.T
	fs      *crashfs.FS
	options func(sealedlog.FS) sealedlog.Options
	random  *rand.ChaCha8
}

func newBoundedLog(t *testing.T, with func(*sealedlog.Options)) *boundedLog {
	keys := sealedlog.NewTestKeys(t)
	b := &boundedLog{t: t, fs: crashfs.New(), random: rand.NewChaCha8([32]byte{7})}
	b.options = func(fs sealedlog.FS) sealedlog.Options {
		o := sealedlog.TestOptions(t, fs, keys)
		o.Hooks.Event = nil
		with(&o)
		return o
	}
	b.open()
	return b
}

func (b *boundedLog) open() {
	l, err := sealedlog.Open(b.t.Context(), b.options(b.fs))
	require.NoError(b.t, err)
	b.Log = l
}

func (b *boundedLog) set(key string, n int) *sealedlog.Op {
	value := make([]byte, n)
	_, _ = b.random.Read(value) // never fails
	return &sealedlog.Op{Kind: sealedlog.Set, Key: key, Value: value}
}

func (b *boundedLog) batch(ops ...*sealedlog.Op) {
	require.NoError(b.t, b.Batch(b.t.Context(), ops...))
}

// state is what a log says that has recovered from a power loss now.
func (b *boundedLog) state(seed uint64, keys ...string) string {
	image := b.fs.Crash(seed)
	image.Fail, image.After = nil, nil
	l, err := sealedlog.Open(b.t.Context(), b.options(image))
	require.NoError(b.t, err)
	if l.Stats().Damages > 0 {
		require.NoError(b.t, l.Close())
		return "damage"
	}
	all := ""
	for _, key := range keys {
		value, err := l.Get(b.t.Context(), key)
		require.NoError(b.t, err)
		all += fmt.Sprintf("%s=%.8x ", key, value)
	}
	require.NoError(b.t, l.Close())
	return all
}

func TestFailoverOfMoreThanAFrame(t *testing.T) {
	t.Parallel()
	b := newBoundedLog(t, func(o *sealedlog.Options) { o.Sync = sealedlog.SyncInterval })
	b.LimitFrames(8 << 10)
	calls := [][]*sealedlog.Op{
		{b.set("k", 3000)},
		{b.set("k", 3000)},
		{b.set("j", 2000)},
		{b.set("0", 5000), b.set("k", 2000)}, // fits, but not beside j
	}
	now := map[string][]byte{}
	after := []string{"k= j= 0= "} // each call
	for _, ops := range calls {
		for _, op := range ops {
			now[op.Key] = op.Value
		}
		after = append(after, fmt.Sprintf("k=%.8x j=%.8x 0=%.8x ", now["k"], now["j"], now["0"]))
	}
	for _, ops := range calls[:3] {
		b.batch(ops...)
	}
	b.fs.Fail = func(op crashfs.Op) error {
		if op.Kind != "write" {
			return nil
		}
		b.fs.Fail = nil
		return syscall.EIO
	}
	seen := map[string]bool{}
	b.fs.After = func(op crashfs.Op) {
		for seed := range uint64(8) {
			state := b.state(seed, "k", "j", "0")
			assert.Contains(t, after, state, "power loss after %v", op)
			seen[state] = true
		}
	}
	b.batch(calls[3]...)
	b.fs.After = nil
	assert.True(t, seen[after[3]] && seen[after[4]], "no power loss between the two frames: %v", seen)
	assert.EqualValues(t, 1, b.Stats().Failovers)
	assert.Equal(t, after[4], b.state(1, "k", "j", "0"))
	require.NoError(t, b.Close())
}

func TestSurvivorsOfMoreThanAFrame(t *testing.T) {
	t.Parallel()
	b := newBoundedLog(t, func(o *sealedlog.Options) { o.SegmentSize, o.FirstSegment = 4<<20, 4<<20 })
	b.LimitFrames(1200 << 10)
	b.batch(b.set("0", 600<<10)) // both survive
	b.batch(b.set("1", 900<<10))
	for i := 2; b.Stats().Dropped == 0; i++ {
		require.Less(t, i, 100, "the head was never given up")
		b.batch(b.set(strconv.Itoa(i), 900<<10))
		b.batch(&sealedlog.Op{Kind: sealedlog.Delete, Key: strconv.Itoa(i)})
	}
	assert.GreaterOrEqual(t, b.Stats().MovedBytes, uint64(1500<<10))
	assert.NotContains(t, b.state(1, "0", "1"), "= ")
	require.NoError(t, b.Close())
}

func TestDeferredDeletesOfMoreThanAFrame(t *testing.T) {
	t.Parallel()
	const n = 100
	b := newBoundedLog(t, func(o *sealedlog.Options) { o.Sync = sealedlog.SyncAlways })
	var deletes []*sealedlog.Op
	for i := range n {
		b.batch(b.set(strconv.Itoa(i), 10))
		deletes = append(deletes, &sealedlog.Op{Kind: sealedlog.Delete, Key: strconv.Itoa(i)})
	}
	require.NoError(t, b.Close())
	b.open()
	b.LimitFrames(4 << 10)
	b.batch(deletes...)
	for i := range n - 1 {
		b.batch(b.set(strconv.Itoa(n+i), 10))
	}
	b.batch(b.set(strconv.Itoa(2*n-1), 3500)) // fits, but not beside the deletes
	assert.NotContains(t, b.state(1, "0", "199"), "= ", "both times")
	b.batch(b.set("200", 10))
	assert.Regexp(t, "^0= 199=[0-9a-f]+ $", b.state(1, "0", "199"))
	require.NoError(t, b.Close())
}

// What is held of unsynced calls must fit a frame too: were it more, no failover
// could ever write it.
func TestHeldChangesFitAFrame(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{"write": "write", "sync": "sync"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBoundedLog(t, func(o *sealedlog.Options) { o.Sync, o.FirstSegment = sealedlog.SyncInterval, 64<<10 })
			b.LimitFrames(8 << 10)
			var want string
			for _, key := range []string{"a", "b", "c"} {
				op := b.set(key, 5000)
				want += fmt.Sprintf("%s=%.8x ", key, op.Value)
				b.batch(op)
			}
			b.fs.Fail = func(op crashfs.Op) error {
				if op.Kind != kind {
					return nil
				}
				b.fs.Fail = nil
				return syscall.EIO
			}
			b.batch(&sealedlog.Op{Kind: sealedlog.Delete, Key: "d"}, b.set("e", 10))
			b.Flush()
			require.Nil(t, b.fs.Fail, "nothing failed")
			assert.False(t, b.Stats().Stuck)
			assert.Equal(t, want, b.state(0, "a", "b", "c"))
			require.NoError(t, b.Close())
		})
	}
}

// While nothing can be written, what could never be written as one frame is
// refused.
func TestChangesHeldWhileStuckFitAFrame(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]sealedlog.SyncMode{"on_insert": sealedlog.SyncOnInsert, "never": sealedlog.SyncNever} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var now clock
			b := newBoundedLog(t, func(o *sealedlog.Options) { o.Sync, o.Now = mode, now.now })
			b.LimitFrames(8 << 10)
			b.batch(b.set("a", 10))
			b.batch(b.set("b", 10))
			b.fs.Fail = func(op crashfs.Op) error {
				if op.Kind != "read" {
					return syscall.EIO
				}
				return nil
			}
			a := b.set("a", 5000)
			b.batch(a)
			require.Error(t, b.Batch(t.Context(), b.set("b", 5000)))
			last := b.set("b", 100)
			b.batch(last)
			b.fs.Fail = nil
			now.advance(time.Minute)
			b.Flush()
			assert.False(t, b.Stats().Stuck)
			require.NoError(t, b.Close())
			b.open()
			for _, op := range []*sealedlog.Op{a, last} {
				got, err := b.Get(t.Context(), op.Key)
				require.NoError(t, err)
				assert.Equal(t, op.Value, got)
			}
			require.NoError(t, b.Close())
		})
	}
}

// The disk fails anew at every operation of a failover that takes two frames, for
// a while. Power that is lost then leaves a state that was; the disk that comes
// back gets everything.
func TestFaultBetweenTheFramesOfAFailover(t *testing.T) {
	t.Parallel()
	for mode, name := range map[sealedlog.SyncMode]string{sealedlog.SyncOnInsert: "on_insert", sealedlog.SyncInterval: "interval", sealedlog.SyncNever: "never"} {
		for _, f := range []fault{
			{"eio once", 1, syscall.EIO, ""},
			{"no space for a while", 5, syscall.ENOSPC, ""},
			{"short write", 1, crashfs.ErrShort, "write"},
		} {
			t.Run(name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				for _, insert := range []bool{false, true} {
					first := 0
					for first < 24 && faultBetweenFrames(t, mode, f, first, insert) && !t.Failed() {
						first++
					}
					require.Greater(t, first, 6, "a failover takes more operations")
				}
			})
		}
	}
}

// faultBetweenFrames reports whether operation first was reached.
func faultBetweenFrames(t *testing.T, mode sealedlog.SyncMode, f fault, first int, insert bool) bool {
	var now clock
	b := newBoundedLog(t, func(o *sealedlog.Options) {
		o.Sync, o.Now = mode, now.now
		o.SegmentSize = 16 << 10 // of its own for each frame
		if mode == sealedlog.SyncOnInsert {
			o.SegmentSize = 64 << 10
		}
		o.FirstSegment = o.SegmentSize
	})
	b.LimitFrames(8 << 10)
	keys := []string{"k", "j", "i", "0"}
	state, allowed := map[string][]byte{}, map[string]bool{}
	text := func() string {
		all := ""
		for _, key := range keys {
			all += fmt.Sprintf("%s=%.8x ", key, state[key])
		}
		return all
	}
	apply := func(ops []*sealedlog.Op) {
		for _, op := range ops {
			state[op.Key] = op.Value
		}
	}
	for _, key := range keys[:3] {
		allowed[text()] = mode == sealedlog.SyncNever
		op := b.set(key, 100)
		b.batch(op)
		apply([]*sealedlog.Op{op})
	}
	now.advance(time.Minute)
	b.Flush()
	allowed[text()] = true
	// Held in memory: in the mode that never syncs, for the disk fails.
	fail := func(op crashfs.Op) error {
		if op.Kind == "read" {
			return nil
		}
		return syscall.EIO
	}
	if mode == sealedlog.SyncNever {
		b.fs.Fail = fail
	}
	for _, ops := range [][]*sealedlog.Op{{b.set("k", 2000)}, {b.set("j", 4000)}} {
		b.batch(ops...)
		apply(ops)
		allowed[text()] = true
	}
	now.advance(time.Minute)
	ops := []*sealedlog.Op{b.set("i", 3000), b.set("k", 1800)}
	if insert {
		ops = append(ops, b.set("0", 1600))
	}
	before := text()
	old := map[string][]byte{"k": state["k"], "i": state["i"], "0": nil}
	apply(ops)
	after := text()
	allowed[after] = true
	reached, start := false, 0
	b.fs.Fail = func(op crashfs.Op) error {
		if op.Kind == "read" || (mode != sealedlog.SyncNever && start == 0 && op.Kind != "write") {
			return nil
		}
		if start == 0 {
			start = op.N + 1
			if mode != sealedlog.SyncNever {
				return syscall.EIO // so there is a failover
			}
			start = op.N
		}
		reached = reached || op.N >= start+first
		return f.hits(op, start+first)
	}
	where := fmt.Sprintf("first %d, insert %t", first, insert)
	b.fs.After = func(op crashfs.Op) {
		// What comes before is what another first operation has met.
		if op.Kind == "read" || !reached || op.N > start+first+20 {
			return
		}
		for seed := range uint64(3) {
			s := b.state(seed, keys...)
			if s == "damage" {
				// The mode that never syncs takes pages that a failed fsync has lost for it.
				require.Equal(t, sealedlog.SyncNever, mode)
				continue
			}
			require.True(t, allowed[s], "power loss after %v: %s: %s", op, where, s)
		}
	}
	now.advance(time.Minute)
	err := b.Batch(t.Context(), ops...)
	if err != nil {
		// Refused, for it is an insert, or for what is held is too much already.
		for key, value := range old {
			state[key] = value
		}
		require.Equal(t, before, text())
	}
	for range 3 {
		now.advance(time.Minute)
		b.Flush()
	}
	b.fs.Fail = nil
	now.advance(time.Minute)
	b.Flush()
	require.False(t, b.Stats().Stuck, where)
	last := b.set("0", 20) // and everything works again
	apply([]*sealedlog.Op{last})
	allowed[text()] = true
	b.batch(last)
	b.fs.After = nil
	for _, key := range keys {
		v, err := b.Get(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, state[key], v, "%s: record %s", where, key)
	}
	require.NoError(t, b.Close())
	if mode != sealedlog.SyncNever {
		require.Equal(t, text(), b.state(1, keys...), where)
	}
	return reached
}

// Names count, too: records may be nothing else.
func TestSurvivorsWithoutValues(t *testing.T) {
	t.Parallel()
	b := newBoundedLog(t, func(o *sealedlog.Options) { o.SegmentSize, o.FirstSegment = 4<<20, 4<<20 })
	b.LimitFrames(1200 << 10)
	name := func(i int) string { return fmt.Sprintf("%0*d", sealedlog.MaxKey, i) }
	for i := range 400 {
		b.batch(b.set(name(i), 0))
	}
	for i := 0; b.Stats().Dropped == 0; i++ {
		require.Less(t, i, 100, "the head was never given up")
		b.batch(b.set(strconv.Itoa(i), 900<<10))
		b.batch(&sealedlog.Op{Kind: sealedlog.Delete, Key: strconv.Itoa(i)})
	}
	assert.Zero(t, b.Stats().Failovers)
	assert.Equal(t, 400, b.Stats().Entries)
	require.NoError(t, b.Close())
}
