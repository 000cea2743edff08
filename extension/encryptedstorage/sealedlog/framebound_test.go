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
