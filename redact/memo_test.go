package redact

import (
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

func budget(n int32) *atomic.Int32 {
	left := new(atomic.Int32)
	left.Store(n)
	return left
}

func TestMemoHoldsWhatItWasToldTwice(t *testing.T) {
	t.Parallel()
	seed := maphash.MakeSeed()
	for _, s := range []string{"x", "short", "12345678", "http-nio-8080-exec-17"} {
		m := new(memo)
		assert.False(t, m.holds(s))
		m.clean(seed, s, budget(1))
		assert.False(t, m.holds(s), "one sighting may be the only one")
		m.clean(seed, s, budget(1))
		assert.True(t, m.holds(s))
	}
}

func TestMemoMakesRoomForManyValues(t *testing.T) {
	t.Parallel()
	seed, left, m := maphash.MakeSeed(), budget(1), new(memo)
	threads := make([]string, 100)
	for i := range threads {
		threads[i] = fmt.Sprintf("http-nio-8080-exec-%d", i)
	}
	order := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		if s := threads[order.IntN(len(threads))]; !m.holds(s) {
			m.clean(seed, s, left)
		}
	}
	held := 0
	for _, s := range threads {
		if m.holds(s) {
			held++
		}
	}
	assert.Greater(t, held, 70)
	assert.Zero(t, left.Load())

	// Nothing is held that was not found clean, however alike it is.
	for _, s := range threads {
		assert.False(t, m.holds(s+"x"))
		assert.False(t, m.holds("http-nio-8080-axec-"+s[len("http-nio-8080-exec-"):]))
	}
}

func TestMemoOfUniqueValuesStaysSmall(t *testing.T) {
	seed, left, m := maphash.MakeSeed(), budget(1), new(memo)
	n := 0
	values := make([]string, 2_000)
	for i := range values {
		values[i] = fmt.Sprintf("order %d", i)
	}
	assert.Zero(t, testing.AllocsPerRun(len(values)-1, func() {
		m.clean(seed, values[n], left)
		n++
	}))
	assert.Nil(t, m.many.Load())
}

// A sender makes up keys, and values that stand under them twice.
func TestMemosAreBounded(t *testing.T) {
	t.Parallel()
	seed, left := maphash.MakeSeed(), budget(3)
	large := 0
	for range 10 {
		m := new(memo)
		for i := range 1_000 {
			for range 2 {
				m.clean(seed, fmt.Sprintf("value %d", i), left)
			}
		}
		if m.many.Load() != nil {
			large++
		}
	}
	assert.Equal(t, 3, large)
}
