package sealedlog_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

// workload makes the calls of a run.
type workload interface {
	next() []*sealedlog.Op
}

// workloads are those of a queue, of a client with many values under names, and of
// one whose long-lived records have to be moved.
func workloads(seed uint64) map[string]workload {
	return map[string]workload{
		"queue":     newQueueWorkload(seed),
		"named":     &namedWorkload{rng: rand.New(rand.NewPCG(seed, 8)), values: map[string][]byte{}},
		"survivors": &survivorWorkload{rng: rand.New(rand.NewPCG(seed, 9)), bytes: randomText(byte(seed))},
	}
}

// namedMemory holds a part of what a namedWorkload writes.
const namedMemory = 8 << 10

// namedWorkload overwrites values under names, as a whole and by a few bytes, more
// of them than are held in memory, with some numbered records between.
type namedWorkload struct {
	rng    *rand.Rand
	values map[string][]byte
	calls  int
}

func reopens(w workload) bool {
	_, named := w.(*namedWorkload)
	return named
}

func (w *namedWorkload) next() []*sealedlog.Op {
	w.calls++
	// The first call after a start must not only delete: that is put off.
	ops := []*sealedlog.Op{w.set("calls", []byte(strconv.Itoa(w.calls)))}
	for range w.rng.IntN(3) {
		key := fmt.Sprintf("file%d", w.rng.IntN(24))
		if w.rng.IntN(5) == 0 {
			key = strconv.Itoa(w.rng.IntN(8))
		}
		old := w.values[key]
		switch {
		case len(old) > 0 && w.rng.IntN(8) == 0:
			delete(w.values, key)
			ops = append(ops, &sealedlog.Op{Kind: sealedlog.Delete, Key: key})
		case len(old) > 0 && w.rng.IntN(3) > 0:
			value := bytes.Clone(old)
			value[w.rng.IntN(len(value))]++
			ops = append(ops, w.set(key, value))
		default:
			value := make([]byte, 64+w.rng.IntN(1500))
			for i := range value {
				value[i] = byte(w.calls + i)
			}
			ops = append(ops, w.set(key, value))
		}
	}
	return ops
}

func (w *namedWorkload) set(key string, value []byte) *sealedlog.Op {
	w.values[key] = value
	return &sealedlog.Op{Kind: sealedlog.Set, Key: key, Value: bytes.Clone(value)}
}

// survivorWorkload writes records that live long between others that do not, so that
// each segment is given back only after a good part of it was moved.
type survivorWorkload struct {
	rng   *rand.Rand
	bytes func(int) string
	calls int
	short []string
}

func (w *survivorWorkload) next() []*sealedlog.Op {
	w.calls++
	size := 2000 + w.rng.IntN(13000)
	if w.rng.IntN(100) < 45 {
		return []*sealedlog.Op{set(fmt.Sprint("long", w.rng.IntN(28)), w.bytes(size))}
	}
	key := strconv.Itoa(w.calls)
	ops := []*sealedlog.Op{set(key, w.bytes(size))}
	if w.short = append(w.short, key); len(w.short) > 3 {
		ops = append(ops, del(w.short[0]))
		w.short = w.short[1:]
	}
	return ops
}

// randomText returns a source of text that can't be compressed or predicted.
func randomText(seed byte) func(int) string {
	source := rand.NewChaCha8([32]byte{seed})
	return func(n int) string {
		b := make([]byte, n)
		_, _ = source.Read(b) // never fails
		return string(b)
	}
}
