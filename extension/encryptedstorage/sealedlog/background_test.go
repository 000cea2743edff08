package sealedlog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
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

// The other crash tests run everything on one goroutine, so that each operation can be
// failed in turn. Here a log runs as in a collector, with spares, read-ahead and
// flushes on goroutines of their own: the disk fails at random, and the power too.
func TestFaultsBesideBackgroundWork(t *testing.T) {
	t.Parallel()
	for seed := range seeds(t, 36) {
		mode := []sealedlog.SyncMode{sealedlog.SyncOnInsert, sealedlog.SyncAlways, sealedlog.SyncInterval}[seed%3]
		newStress(t, seed, mode).run(240)
		if t.Failed() {
			t.Fatalf("seed %d, mode %v", seed, mode)
		}
	}
}

// flakyDisk fails operations of some kinds while it is on.
type flakyDisk struct {
	on    atomic.Bool
	kinds map[string]bool
	rate  int

	mu  sync.Mutex
	rng *rand.Rand // under mu
}

func newFlakyDisk(rng *rand.Rand) *flakyDisk {
	d := &flakyDisk{kinds: map[string]bool{}, rate: rng.IntN(6) + 2, rng: rand.New(rand.NewPCG(rng.Uint64(), 5))}
	for _, kind := range []string{"write", "sync", "syncdir", "rename", "remove", "create", "allocate"} {
		d.kinds[kind] = rng.IntN(3) > 0
	}
	return d
}

// fail is crashfs.FS.Fail.
func (d *flakyDisk) fail(op crashfs.Op) error {
	if !d.on.Load() || !d.kinds[op.Kind] {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rng.IntN(d.rate) != 0 {
		return nil
	}
	failures := []error{syscall.EIO, syscall.ENOSPC, crashfs.ErrShort}
	if op.Kind != "write" {
		failures = failures[:2]
	}
	return failures[d.rng.IntN(len(failures))]
}

// stress is a queue over a log, and what has to be true of it.
type stress struct {
	t      *testing.T
	seed   uint64
	rng    *rand.Rand
	mode   sealedlog.SyncMode
	keys   *sealedlog.TestKeys
	fs     *crashfs.FS
	disk   *flakyDisk
	clock  *clock
	budget *sealedlog.Budget
	text   func(int) string
	log    *sealedlog.Log

	tried   map[int]string // every item that was ever given to the log
	live    map[int]string // acknowledged, and not acknowledged as deleted
	durable map[int]string // those that a power loss must leave
	meta    []byte
	next    int   // number of the next item
	read    int   // next number to read
	flying  []int // read, not deleted
}

func newStress(t *testing.T, seed uint64, mode sealedlog.SyncMode) *stress {
	rng := rand.New(rand.NewPCG(seed, 99))
	s := &stress{
		t: t, seed: seed, rng: rng, mode: mode, keys: sealedlog.NewTestKeys(t), fs: crashfs.New(),
		disk: newFlakyDisk(rng), clock: &clock{}, budget: &sealedlog.Budget{}, text: randomText(byte(seed)),
		tried: map[int]string{}, live: map[int]string{}, durable: map[int]string{}, meta: make([]byte, 200),
	}
	if rng.IntN(2) == 0 {
		s.budget.Max = int64(rng.IntN(6)+6) * 64 << 10
	}
	s.fs.Fail = s.disk.fail
	s.log = s.open(s.fs, s.budget)
	return s
}

func (s *stress) open(fs sealedlog.FS, budget *sealedlog.Budget) *sealedlog.Log {
	o := sealedlog.TestOptions(s.t, fs, s.keys)
	o.Inline, o.Sync, o.Now, o.Budget = false, s.mode, s.clock.now, budget
	o.CacheSize = int64(s.rng.IntN(3)) * 16 << 10
	o.NamedMemory, o.FlushInterval = namedMemory, 5*time.Millisecond
	o.Hooks.Event = func(e sealedlog.Event) {
		if e.Kind == sealedlog.EventDamage {
			assert.NoError(s.t, e.Err, "a disk that refuses damages nothing")
		}
	}
	l, err := sealedlog.Open(context.Background(), o)
	require.NoError(s.t, err)
	return l
}

func (s *stress) run(steps int) {
	for step := 0; step < steps && !s.t.Failed(); step++ {
		s.clock.advance(time.Duration(s.rng.IntN(200)) * time.Millisecond)
		if s.rng.IntN(25) == 0 {
			s.disk.on.Store(!s.disk.on.Load())
		}
		if s.rng.IntN(40) == 0 {
			s.keys.Rotate(s.t)
		}
		s.call(step/60%2 == 1)
		if s.rng.IntN(15) == 0 {
			s.images(step)
		}
		if s.rng.IntN(60) == 0 {
			s.reopen()
		}
	}
	s.reopen()
	for n, value := range s.live {
		got, err := s.log.Get(context.Background(), strconv.Itoa(n))
		require.NoError(s.t, err, "item %d", n)
		s.same(string(got), value, "item %d at the end", n)
	}
	require.NoError(s.t, s.log.Close())
}

// call makes one of the calls of a queue, in a drain none that inserts.
func (s *stress) call(draining bool) {
	s.meta[s.rng.IntN(len(s.meta))]++
	meta := set("qmv0", string(s.meta))
	n := s.rng.IntN(10)
	if draining {
		n = 5 + s.rng.IntN(5)
	}
	switch {
	case n < 5:
		s.insert(meta)
	case n < 8:
		s.dequeue(meta)
	default:
		s.deliver(meta)
	}
	if s.mode == sealedlog.SyncInterval && s.rng.IntN(8) == 0 {
		s.log.Flush()
		if st := s.log.Stats(); !st.Stuck && st.Synced == st.Seq && st.Pending == 0 {
			s.durable = map[int]string{}
			for n, value := range s.live {
				s.durable[n] = value
			}
		}
	}
}

func (s *stress) insert(meta *sealedlog.Op) {
	size := s.rng.IntN(3000)
	switch s.rng.IntN(12) {
	case 0:
		size = 33_000 + s.rng.IntN(40_000) // more than a first segment
	case 1:
		size = 0
	}
	n, value := s.next, s.text(size)
	s.next++
	s.tried[n] = value
	if err := s.log.Batch(context.Background(), meta, set(strconv.Itoa(n), value)); err != nil {
		return
	}
	s.live[n] = value
	if s.mode != sealedlog.SyncInterval {
		s.durable[n] = value
	}
}

func (s *stress) dequeue(meta *sealedlog.Op) {
	for s.read < s.next {
		if _, ok := s.live[s.read]; ok {
			break
		}
		s.read++
	}
	if s.read == s.next {
		return
	}
	get := &sealedlog.Op{Kind: sealedlog.Get, Key: strconv.Itoa(s.read)}
	// The queue deletes an item that it could not read.
	require.NoError(s.t, s.log.Batch(context.Background(), meta, get), "item %d", s.read)
	assert.NotNil(s.t, get.Value, "item %d", s.read)
	s.same(string(get.Value), s.live[s.read], "item %d, dequeued", s.read)
	for i := range get.Value { // the caller's own: no second reader may see it
		get.Value[i] ^= 0xff
	}
	s.flying = append(s.flying, s.read)
	s.read++
}

// deliver deletes an item in flight, or reads it again.
func (s *stress) deliver(meta *sealedlog.Op) {
	if len(s.flying) == 0 {
		return
	}
	i := s.rng.IntN(len(s.flying))
	n := s.flying[i]
	if s.rng.IntN(6) == 0 {
		got, err := s.log.Get(context.Background(), strconv.Itoa(n))
		require.NoError(s.t, err, "item %d", n)
		s.same(string(got), s.live[n], "item %d, read again", n)
		return
	}
	require.NoError(s.t, s.log.Batch(context.Background(), meta, del(strconv.Itoa(n))), "a delete is never refused")
	delete(s.live, n)
	delete(s.durable, n)
	s.flying = append(s.flying[:i], s.flying[i+1:]...)
}

// same compares values without printing their random bytes.
func (s *stress) same(got, want, format string, args ...any) {
	s.t.Helper()
	if got != want {
		s.t.Errorf(format+": %d bytes, not the %d that were stored", append(args, len(got), len(want))...)
	}
}

// images opens what a power loss and a kill would leave now.
func (s *stress) images(step int) {
	synced := s.log.Stats().Synced
	s.image(s.fs.Crash(s.seed*7919+uint64(step)), synced, s.durable, fmt.Sprintf("power loss at step %d", step))
	if s.mode != sealedlog.SyncInterval { // there what the disk refuses is in memory for a while
		s.image(s.fs.Clone(), synced, s.live, fmt.Sprintf("kill at step %d", step))
	}
}

func (s *stress) image(fs *crashfs.FS, synced uint64, must map[int]string, what string) {
	l := s.open(fs, nil)
	assert.GreaterOrEqual(s.t, l.Stats().Synced, synced, "%s: the durable sequence number fell", what)
	got := map[int]string{}
	require.NoError(s.t, l.Walk(func(key string, value []byte) ([]*sealedlog.Op, bool, error) {
		if n, err := strconv.Atoi(key); err == nil {
			got[n] = string(value)
		}
		return nil, false, nil
	}))
	for n, value := range must {
		found, ok := got[n]
		assert.True(s.t, ok, "%s: item %d is lost", what, n)
		s.same(found, value, "%s: item %d", what, n)
	}
	for n, value := range got {
		s.same(value, s.tried[n], "%s: item %d", what, n)
	}
	require.NoError(s.t, l.Close())
}

// reopen closes the log on a disk that is well again, and opens it.
func (s *stress) reopen() {
	s.disk.on.Store(false)
	s.clock.advance(10 * time.Second) // longer than it waits before it tries again
	require.NoError(s.t, s.log.Close())
	s.log = s.open(s.fs, s.budget)
	s.flying, s.read = nil, 0
}
