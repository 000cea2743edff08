package redact

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func storeOf(memos int32) *memoStore {
	s := new(memoStore)
	s.init()
	s.left.Store(memos)
	return s
}

// look is what [Run.String] does with a value in which nothing is found.
func (m *memo) look(store *memoStore, s string) {
	if !m.holds(s) {
		m.clean(store, s, 1)
	}
}

func numbered(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint(prefix, i)
	}
	return list
}

func (m *memo) held(values []string) (n int) {
	for _, s := range values {
		if m.holds(s) {
			n++
		}
	}
	return n
}

func TestMemoHoldsWhatItWasToldTwice(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"x", "short", "12345678", "http-nio-8080-exec-17", strings.Repeat("x", maxMemo)} {
		m, store := new(memo), storeOf(1)
		assert.False(t, m.holds(s))
		m.clean(store, s, 1)
		assert.False(t, m.holds(s), "one sighting may be the only one")
		m.clean(store, s, 1)
		assert.True(t, m.holds(s))
	}
}

func TestMemoMakesRoomForManyValues(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(i int) int{
		"at random": func(int) int { return rand.IntN(100) }, // no secret
		"in turns":  func(i int) int { return i % 100 },
	} {
		m, store, threads := new(memo), storeOf(1), numbered("http-nio-8080-exec-", 100)
		for i := range 20_000 {
			m.look(store, threads[next(i)])
		}
		assert.Greater(t, m.held(threads), 60, name)
		assert.Zero(t, store.left.Load(), name)
		// Nothing is held that was not found clean, however alike it is.
		for _, s := range threads {
			assert.False(t, m.holds(s+"x"))
			assert.False(t, m.holds("x"+s[1:]))
		}
	}
}

// Values that share a place must not drive each other out, with an allocation each
// time.
func TestMemoComesToRest(t *testing.T) {
	m, store, threads := new(memo), storeOf(1), numbered("http-nio-8080-exec-", 400)
	order := rand.New(rand.NewPCG(1, 1))
	batch := func() {
		for range 1000 {
			m.look(store, threads[order.IntN(len(threads))])
		}
	}
	for range 50 {
		batch()
	}
	assert.Zero(t, testing.AllocsPerRun(20, batch))
}

func TestMemoForgetsWhatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	m, store := new(memo), storeOf(1)
	for day := range 5 {
		pods := numbered(fmt.Sprintf("orders-%d-", day), 60)
		for i := range 20_000 {
			m.look(store, pods[i%len(pods)])
		}
		assert.Greater(t, m.held(pods), 35, day)
	}
	assert.Zero(t, store.left.Load(), "the same memo all the time")
}

func TestMemoOfNewValuesStaysSmall(t *testing.T) {
	m, store, values := new(memo), storeOf(1), numbered("order ", 5_000)
	n := 0
	assert.Zero(t, testing.AllocsPerRun(len(values)-1, func() {
		m.look(store, values[n])
		n++
	}))
	assert.Nil(t, m.many.Load())
}

// A sender makes up keys, and values that come back under them.
func TestMemosAreBounded(t *testing.T) {
	t.Parallel()
	store, large, values := storeOf(3), 0, numbered("value ", 50)
	memos := make([]memo, 10)
	for k := range memos {
		m := &memos[k]
		for i := range 20_000 {
			m.look(store, values[i%len(values)])
		}
		if m.many.Load() != nil {
			large++
		}
	}
	assert.Equal(t, 3, large)
	assert.Zero(t, store.left.Load())
	runtime.KeepAlive(memos)
}

// Keys come and go. What their memos took of the bound must come back, or one busy
// hour would leave none for the rest of the engine's life.
func TestMemoOfAForgottenKeyIsGivenBack(t *testing.T) {
	t.Parallel()
	store := storeOf(1)
	for range 3 {
		m, values := new(memo), numbered("value ", 50)
		for i := range 20_000 {
			m.look(store, values[i%len(values)])
		}
		require.NotNil(t, m.many.Load())
		require.Zero(t, store.left.Load())
		runtime.KeepAlive(m)
		require.Eventually(t, func() bool { runtime.GC(); return store.left.Load() == 1 }, time.Minute, time.Millisecond)
	}
}

// A sender who has one value in many remembered, and the others forgotten, must not
// keep the memory of all.
func TestRememberedValueKeepsNothingElse(t *testing.T) {
	const kept, others = 4_000, 31
	store, memos := storeOf(0), make([]memo, kept)
	heap := func() uint64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	before := heap()
	for i := range memos {
		for range 2 {
			memos[i].clean(store, fmt.Sprintf("%0*d", maxMemo, i), 1)
		}
		other := new(memo)
		for k := range others {
			for range 2 {
				other.clean(store, fmt.Sprintf("%0*d", maxMemo, k), 1)
			}
		}
	}
	assert.Less(t, (heap()-before)/kept, uint64(2*maxMemo))
	runtime.KeepAlive(memos)
}

func TestMemoIsShared(t *testing.T) {
	t.Parallel()
	m, store := new(memo), storeOf(1)
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for day := range 20 {
				values := numbered(fmt.Sprintf("pod-%d-", day), 40+g)
				for i := range 3_000 {
					m.look(store, values[i%len(values)])
				}
			}
		})
	}
	all.Wait()
	grown := int32(0)
	if m.many.Load() != nil {
		grown = 1
	}
	assert.Equal(t, int32(1), store.left.Load()+grown)
}
