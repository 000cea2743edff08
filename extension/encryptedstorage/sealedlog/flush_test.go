package sealedlog_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// gate stops fsyncs of segments, while it is shut, until it is opened.
type gate struct {
	waiting atomic.Int64
	fails   atomic.Bool

	mu   sync.Mutex // guards everything declared below
	shut bool
	open chan struct{}
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut && !shut {
		close(g.open)
	}
	if !g.shut && shut {
		g.open = make(chan struct{})
	}
	g.shut = shut
}

// pass is crashfs.FS.Fail.
func (g *gate) pass(op crashfs.Op) error {
	if op.Kind != "sync" || !strings.HasSuffix(op.Name, ".seg") {
		return nil
	}
	g.mu.Lock()
	shut, open := g.shut, g.open
	g.mu.Unlock()
	if shut {
		g.waiting.Add(1)
		<-open
		g.waiting.Add(-1)
	}
	if g.fails.Load() {
		return syscall.EIO
	}
	return nil
}

// A log that never syncs has to flush its backlog before it gives space back.
// Calls do not wait for that, whether it succeeds or fails.
func TestFlushIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]bool{"succeeds": false, "fails": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
			var g gate
			var clk clock
			fs.Fail = g.pass
			o := quiet(t, fs, keys)
			o.Sync, o.Inline, o.SegmentSize, o.Now = sealedlog.SyncNever, false, 64<<10, clk.now
			l := mustOpen(t, o)
			ctx := context.Background()
			value := strings.Repeat("v", 4000)
			put := func(i int) {
				require.NoError(t, l.Batch(ctx, set("qmv0", "m"), set(strconv.Itoa(i), value)))
			}
			const n = 200
			for i := range n {
				put(i)
			}
			g.set(true)
			const gone = n * 9 / 10 // the rest keeps it from being a checkpoint's business
			for i := range gone {
				require.NoError(t, l.Batch(ctx, set("qmv0", "m"), del(strconv.Itoa(i))))
			}
			assert.Zero(t, g.waiting.Load(), "a backlog that is soon gone is never written through")
			clk.advance(time.Minute)
			require.Eventually(t, func() bool {
				put(n) // a call that finds the trigger
				return g.waiting.Load() > 0
			}, time.Minute, time.Millisecond)
			before := l.Stats()
			for i := range 100 {
				put(n + 1 + i)
			}
			assert.Positive(t, g.waiting.Load(), "a hundred calls during one flush")
			assert.Equal(t, before.Syncs, l.Stats().Syncs)
			g.fails.Store(fails)
			g.set(false)
			require.Eventually(t, func() bool {
				clk.advance(time.Second)
				put(n)
				s := l.Stats()
				if fails {
					return s.Failovers > 0
				}
				return s.Dropped > before.Dropped && s.Synced >= before.Seq
			}, time.Minute, time.Millisecond)
			g.fails.Store(false)
			for i := gone; i <= n+100; i++ {
				v, err := l.Get(ctx, strconv.Itoa(i))
				require.NoError(t, err)
				require.Equal(t, value, string(v), "item %d", i)
			}
			state, err := walk(l)
			require.NoError(t, err)
			require.NoError(t, l.Close())
			again, err := walk(mustOpen(t, quiet(t, fs, keys)))
			require.NoError(t, err)
			assert.Equal(t, state, again)
		})
	}
}

// A segment that a flush is at work on may leave the log, but its file must not
// become the next segment: the flush would be told of the errors of that one.
func TestFileUnderAFlushIsNotUsedAgain(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	var g gate
	var clk clock
	fs.Fail = g.pass
	o := quiet(t, fs, keys)
	o.Sync, o.Inline, o.SegmentSize, o.FirstSegment, o.Now = sealedlog.SyncNever, false, 64<<10, 64<<10, clk.now
	l := mustOpen(t, o)
	ctx := t.Context()
	const n, gone = 200, 150
	for i := range n {
		require.NoError(t, l.Batch(ctx, set(strconv.Itoa(i), strings.Repeat("v", 4000))))
	}
	for i := range gone {
		require.NoError(t, l.Batch(ctx, del(strconv.Itoa(i))))
	}
	g.set(true)
	require.Eventually(t, func() bool {
		clk.advance(time.Minute)
		require.NoError(t, l.Batch(ctx, set("q", "m")))
		return g.waiting.Load() > 0
	}, time.Minute, time.Millisecond)
	before := l.Stats()
	for i := gone; i < n; i++ { // what is left is a checkpoint's business
		require.NoError(t, l.Batch(ctx, del(strconv.Itoa(i))))
	}
	require.Eventually(t, func() bool {
		require.NoError(t, l.Batch(ctx, set("q", "m")))
		return l.Stats().Dropped > before.Dropped
	}, time.Minute, time.Millisecond)
	assert.Positive(t, g.waiting.Load())
	assert.Equal(t, before.Recycled, l.Stats().Recycled)
	g.set(false)
	require.NoError(t, l.Close())
}
