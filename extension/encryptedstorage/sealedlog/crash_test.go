package sealedlog_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
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

// history is the state after each call, as canonical text.
type history struct {
	states []string
	model  map[string]string
	// safe is the index of the oldest state that a power loss may leave, returned
	// of the oldest that a kill may: a call that has returned is in the kernel's
	// hands.
	safe, returned int
	// extra are states that an insert which was refused may have left.
	extra map[string]bool
}

func newHistory() *history {
	return &history{states: []string{canonical(nil)}, model: map[string]string{}, extra: map[string]bool{}}
}

func canonical(m map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%s=%x;", k, m[k])
	}
	return b.String()
}

func (h *history) apply(model map[string]string, ops []*sealedlog.Op) (inserts bool) {
	for _, op := range ops {
		switch op.Kind {
		case sealedlog.Set:
			if _, ok := model[op.Key]; !ok {
				inserts = true
			}
			model[op.Key] = string(op.Value)
		case sealedlog.Delete:
			delete(model, op.Key)
		}
	}
	return inserts
}

// allowed tells whether a crash may leave s, if nothing before oldest may be.
func (h *history) allowed(s string, oldest int) bool {
	return slices.Contains(h.states[oldest:], s) || h.extra[s]
}

func walk(l *sealedlog.Log) (string, error) {
	m := map[string]string{}
	err := l.Walk(func(key string, value []byte) ([]*sealedlog.Op, bool, error) {
		m[key] = string(value)
		return nil, false, nil
	})
	return canonical(m), err
}

// requireReads checks what the reads of a batch found in the state before it,
// which changed no record that the batch reads.
func requireReads(t *testing.T, before map[string]string, ops []*sealedlog.Op) {
	t.Helper()
	for _, op := range ops {
		if op.Kind == sealedlog.Get {
			require.Equal(t, before[op.Key], string(op.Value), "record %s", op.Key)
		}
	}
}

// queueWorkload makes calls like those of the persistent queue, with a mix of
// sizes, and keys that live long.
type queueWorkload struct {
	rng         *rand.Rand
	read, write int
	flying      []int
	calls       int
	meta        []byte
}

func newQueueWorkload(seed uint64) *queueWorkload {
	return &queueWorkload{rng: rand.New(rand.NewPCG(seed, 7)), meta: make([]byte, 200)}
}

func (w *queueWorkload) metadata() *sealedlog.Op {
	for range 1 + w.rng.IntN(3) {
		w.meta[w.rng.IntN(len(w.meta))]++
	}
	if w.rng.IntN(10) == 0 {
		w.meta = append(w.meta, 1, 2, 3, 4, 5, 6, 7, 8)
	} else if w.rng.IntN(10) == 0 && len(w.meta) > 100 {
		w.meta = w.meta[:len(w.meta)-8]
	}
	return &sealedlog.Op{Kind: sealedlog.Set, Key: "qmv0", Value: bytes.Clone(w.meta)}
}

func (w *queueWorkload) next() []*sealedlog.Op {
	ops := []*sealedlog.Op{w.metadata()}
	backlog := w.write - w.read
	w.calls++
	n := w.rng.IntN(10)
	if w.calls/40%2 == 1 { // a phase of draining
		n = 4 + w.rng.IntN(5)
	}
	switch {
	case n < 4 || backlog == 0 && len(w.flying) == 0:
		size := w.rng.IntN(3000)
		if w.rng.IntN(20) == 0 {
			size = w.rng.IntN(20_000)
		}
		value := make([]byte, size)
		for i := range value {
			value[i] = byte(w.write + i)
		}
		ops = append(ops, &sealedlog.Op{Kind: sealedlog.Set, Key: strconv.Itoa(w.write), Value: value})
		w.write++
	case n < 7 && backlog > 0:
		ops = append(ops, &sealedlog.Op{Kind: sealedlog.Get, Key: strconv.Itoa(w.read)})
		w.flying = append(w.flying, w.read)
		w.read++
	case len(w.flying) > 0 && n < 10 && w.rng.IntN(20) > 0:
		i := w.rng.IntN(len(w.flying))
		ops = append(ops, &sealedlog.Op{Kind: sealedlog.Delete, Key: strconv.Itoa(w.flying[i])})
		w.flying = slices.Delete(w.flying, i, i+1)
	default:
		ops = append(ops, &sealedlog.Op{Kind: sealedlog.Set, Key: "other", Value: []byte(strconv.Itoa(w.rng.IntN(100)))})
	}
	return ops
}

func TestCrashAfterEveryOperation(t *testing.T) {
	t.Parallel()
	for mode, name := range map[sealedlog.SyncMode]string{
		sealedlog.SyncOnInsert: "on_insert", sealedlog.SyncAlways: "always",
		sealedlog.SyncInterval: "interval", sealedlog.SyncNever: "never",
	} {
		for seed := range seeds(t, 3) {
			for kind, w := range workloads(seed) {
				if kind == "survivors" && (seed > 0 || testing.Short()) && os.Getenv("SEALEDLOG_SEEDS") == "" {
					continue // its segments take long to copy
				}
				t.Run(fmt.Sprintf("%s/%s/%d", name, kind, seed), func(t *testing.T) {
					t.Parallel()
					crashRun(t, mode, seed, w)
				})
			}
		}
	}
}

func crashRun(t *testing.T, mode sealedlog.SyncMode, seed uint64, w workload) {
	keys := sealedlog.NewTestKeys(t)
	fs := crashfs.New()
	h := newHistory()
	crashes := 0
	flushes := rand.New(rand.NewPCG(seed, 11))
	var clk clock
	options := func(fs sealedlog.FS) sealedlog.Options {
		o := sealedlog.TestOptions(t, fs, keys)
		o.Sync, o.Now = mode, clk.now
		o.CacheSize = int64(seed%3) * 8 << 10
		o.NamedMemory = namedMemory
		o.Hooks.Event = func(e sealedlog.Event) {
			if e.Kind == sealedlog.EventDamage {
				t.Errorf("crash taken for damage: %v", e.Err)
			}
		}
		return o
	}
	fs.After = func(op crashfs.Op) {
		if op.Kind == "read" || op.Kind == "list" || op.Kind == "open" || t.Failed() {
			return
		}
		crashes++
		image, oldest := fs.Crash(seed*1_000_003+uint64(op.N)), h.safe
		if op.N%4 == 0 {
			image, oldest = fs.Clone(), h.returned // kill -9: power is lost after the recovery
		}
		l, err := sealedlog.Open(context.Background(), options(image))
		if !assert.NoError(t, err, "after %v", op) {
			return
		}
		first, err := walk(l)
		if !assert.NoError(t, err, "after %v", op) {
			return
		}
		if !assert.True(t, h.allowed(first, oldest), "after %v: recovered a state that never was, or is too old", op) {
			return
		}
		// The second recovery must decide as the first one did, whatever of
		// the first one's writes is lost.
		again := image.Crash(seed + uint64(op.N))
		l, err = sealedlog.Open(context.Background(), options(again))
		if !assert.NoError(t, err, "second recovery after %v", op) {
			return
		}
		second, err := walk(l)
		assert.NoError(t, err)
		assert.Equal(t, first, second, "second recovery after %v", op)
	}
	l, err := sealedlog.Open(context.Background(), options(fs))
	require.NoError(t, err)
	for call := range 200 {
		if reopens(w) && call%50 == 49 {
			require.NoError(t, l.Close())
			if mode != sealedlog.SyncNever {
				h.safe = len(h.states) - 1
			}
			l, err = sealedlog.Open(context.Background(), options(fs))
			require.NoError(t, err)
		}
		ops := w.next()
		clk.advance(time.Second) // so that what waits for a time happens, too
		next := maps.Clone(h.model)
		inserts := h.apply(next, ops)
		// Both the state before and after the call are right while it runs.
		h.states = append(h.states, canonical(next))
		require.NoError(t, l.Batch(context.Background(), ops...))
		requireReads(t, h.model, ops)
		h.model, h.returned = next, len(h.states)-1
		if mode == sealedlog.SyncAlways || (mode == sealedlog.SyncOnInsert && inserts) {
			h.safe = len(h.states) - 1
		}
		if mode == sealedlog.SyncInterval && flushes.IntN(10) == 0 {
			l.Flush()
			h.safe = len(h.states) - 1
		}
		if t.Failed() {
			return
		}
	}
	require.NoError(t, l.Close())
	t.Logf("%d crashes, %+v", crashes, l.Stats())
}
