package sealedlog

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// startFresh runs f until the test ends.
func startFresh(t *testing.T, f *freshMemory) {
	stop := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() { f.run(stop) })
	t.Cleanup(func() {
		close(stop)
		done.Wait()
	})
}

func TestFreshMemoryIsUsedWhereItFits(t *testing.T) {
	t.Parallel()
	const size = 100 << 10
	for name, c := range map[string]struct {
		n, room  int
		capacity int
	}{
		"same size":           {size, size, size},
		"half of it":          {size / 2, size, size},
		"less than half":      {size/2 - 1, size, size/2 - 1},
		"no room for the end": {size - 1, size - 1, size - 1},
		"small":               {minFresh - 1, size, minFresh - 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFreshMemory()
			startFresh(t, f)
			f.clone(make([]byte, size), size) // asks for more of that size
			for len(f.ready) < ahead(size) {
				runtime.Gosched()
			}
			value := bytes.Repeat([]byte("value "), c.n)[:c.n]
			got := f.clone(value, int64(c.room))
			assert.Equal(t, value, got)
			assert.Equal(t, c.capacity, cap(got))
			clear(value)
			assert.NotEqual(t, value, got, "memory of its own")
		})
	}
	// Nobody makes any: it must not wait.
	f := newFreshMemory()
	for range 3 * freshBuffers {
		value := bytes.Repeat([]byte("value "), size)[:size]
		assert.Equal(t, value, f.clone(value, size))
	}
}

// Whatever is copied, two mebibytes are made ahead at most, and the cache keeps to
// its limit.
func TestFreshMemoryIsBounded(t *testing.T) {
	t.Parallel()
	f := newFreshMemory()
	startFresh(t, f)
	rng := rand.New(rand.NewPCG(5, 6))
	c := &cache{limit: 4 << 20, fresh: f}
	kept := map[uint64][]byte{}
	for n := range uint64(500) {
		value := bytes.Repeat([]byte{byte(n)}, 1+rng.IntN(1<<(10+rng.IntN(11))))
		if c.add(n, location{}, value); c.holds(n) {
			kept[n] = value
		}
		cacheHolds(t, c)
		for k, want := range kept {
			if rng.IntN(4) > 0 {
				break
			}
			got, _ := c.take(k)
			require.Equal(t, want, got)
			delete(kept, k)
		}
		require.LessOrEqual(t, ahead(max(1, f.size))*max(1, f.size), maxFresh)
	}
	require.NotEmpty(t, kept)
}
