package sealedlog_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// clock is a clock that moves by hand.
type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(1_700_000_000, c.ns.Load()) }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

// fault makes operations fail: of span operations from the first on, those of
// a kind that can fail so.
type fault struct {
	name string
	span int
	err  error
	kind string // "" for all but reads
}

func (f fault) hits(op crashfs.Op, first int) error {
	if op.N < first || op.N >= first+f.span {
		return nil
	}
	if f.kind == "" && op.Kind != "read" || f.kind == op.Kind {
		return f.err
	}
	return nil
}

func TestErrorAtEveryOperation(t *testing.T) {
	t.Parallel()
	forever := 1 << 30
	for _, f := range []fault{
		{"eio once", 1, syscall.EIO, ""},
		{"eio for a while", 9, syscall.EIO, ""},
		{"eio from then on", forever, syscall.EIO, ""},
		{"enospc for a while", 9, syscall.ENOSPC, "create"},
		{"short writes", 3, crashfs.ErrShort, "write"},
		{"short writes from then on", forever, crashfs.ErrShort, "write"},
		{"fsync fails", 1, syscall.EIO, "sync"},
		{"fsync fails from then on", forever, syscall.EIO, "sync"},
		{"directory sync fails", 2, syscall.EIO, "syncdir"},
		{"rename fails", 2, syscall.EIO, "rename"},
		{"remove fails from then on", forever, syscall.EIO, "remove"},
		{"read fails twice", 2, syscall.EIO, "read"},
	} {
		for mode, name := range map[sealedlog.SyncMode]string{
			sealedlog.SyncOnInsert: "on_insert", sealedlog.SyncAlways: "always",
			sealedlog.SyncInterval: "interval", sealedlog.SyncNever: "never",
		} {
			t.Run(f.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				for seed := range seeds(t, 1) {
					for kind := range workloads(seed) {
						if kind == "survivors" && testing.Short() {
							continue // under the race detector it takes as long as all else
						}
						total := faultRun(t, f, mode, seed, forever, kind)
						for first := 1; first <= total && !t.Failed(); first += step(f, mode, kind) {
							faultRun(t, f, mode, seed, first, kind)
						}
					}
				}
			})
		}
	}
}

// step is 1 with SEALEDLOG_SEEDS, else more: each run of the tests takes a
// sample of the operations, which differs between faults and modes.
func step(f fault, mode sealedlog.SyncMode, kind string) int {
	switch {
	case os.Getenv("SEALEDLOG_SEEDS") != "":
		return 1
	case kind == "survivors":
		return 83 + 10*int(mode)
	case kind == "named":
		return 41 + 6*int(mode)
	case f.kind == "" || f.kind == "sync" || f.kind == "write":
		return 11 + 2*int(mode)
	default:
		return 19
	}
}

// faultRun runs a workload in which operations fail from the first one on, and
// returns how many operations there were.
func faultRun(t *testing.T, f fault, mode sealedlog.SyncMode, seed uint64, first int, kind string) int {
	keys := sealedlog.NewTestKeys(t)
	fs := crashfs.New()
	var clk clock
	options := func(fs sealedlog.FS) sealedlog.Options {
		o := sealedlog.TestOptions(t, fs, keys)
		o.Sync, o.Now, o.Hooks.Event = mode, clk.now, nil
		o.CacheSize = int64(first%2) * 8 << 10
		o.NamedMemory = namedMemory
		return o
	}
	fs.Fail = func(op crashfs.Op) error { return f.hits(op, first) }
	where := func() string { return fmt.Sprintf("first %d, at %d", first, fs.Ops()) }

	l, err := sealedlog.Open(context.Background(), options(fs))
	if err != nil {
		// Start-up fails openly, and once the fault is gone nothing is wrong.
		fs.Fail = nil
		l, err = sealedlog.Open(context.Background(), options(fs))
		require.NoError(t, err, where())
	}
	h := newHistory()
	w := workloads(seed + 100)[kind]
	const calls = 64
	for call := range calls {
		ops := w.next()
		next := maps.Clone(h.model)
		inserts := h.apply(next, ops)
		clk.advance(40 * time.Millisecond)
		if mode == sealedlog.SyncNever {
			clk.advance(2 * time.Second) // flushes happen, and fail, too
		}
		err := l.Batch(context.Background(), ops...)
		switch {
		case err == nil:
			requireReads(t, h.model, ops)
			h.model = next
			h.states = append(h.states, canonical(next))
			// What inserts no key is answered from memory while the disk fails,
			// in every mode; an insert is durable or refused.
			durable := mode == sealedlog.SyncAlways && !l.Stats().Stuck
			if durable || inserts && (mode == sealedlog.SyncOnInsert || mode == sealedlog.SyncAlways) {
				h.safe = len(h.states) - 1
				clear(h.extra)
			}
		case inserts || f.kind == "read":
			// Refused; a crash before the log was cut may still show it.
			h.extra[canonical(next)] = true
		default:
			require.NoError(t, err, "a batch that inserts nothing was refused: %s", where())
		}
		if call == calls*3/4 {
			fs.Fail = nil
			clk.advance(time.Minute)
		}
		if call%7 != 0 {
			continue
		}
		// In the mode that never syncs a lost page behind a failed fsync may
		// be taken for damage, and must be reported as such; no wrong value.
		image, err := sealedlog.Open(context.Background(), options(fs.Crash(seed+uint64(call))))
		if mode == sealedlog.SyncNever && err != nil {
			require.ErrorIs(t, err, sealedlog.ErrDamaged, where())
			continue
		}
		if !assert.NoError(t, err, where()) {
			return 0
		}
		if image.Stats().Damages > 0 {
			require.Equal(t, sealedlog.SyncNever, mode, "damage: %s", where())
			continue
		}
		s, err := walk(image)
		require.NoError(t, err)
		if !assert.True(t, h.allowed(s, h.safe), "recovered a state that never was: %s", where()) {
			return 0
		}
	}
	got, err := walk(l)
	require.NoError(t, err)
	if !assert.Equal(t, canonical(h.model), got, "in memory: %s", where()) {
		return 0
	}
	require.NoError(t, l.Close(), where())
	l, err = sealedlog.Open(context.Background(), options(fs))
	require.NoError(t, err, where())
	got, err = walk(l)
	require.NoError(t, err)
	assert.Equal(t, canonical(h.model), got, "after closing: %s", where())
	return fs.Ops()
}
