package sealedlog

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cacheHolds checks the books of a cache.
func cacheHolds(t *testing.T, c *cache) {
	t.Helper()
	var bytes int64
	left := 0
	for i, item := range c.items {
		if i > 0 {
			assert.Greater(t, item.number, c.items[i-1].number)
		}
		if item.value == nil {
			left++
			continue
		}
		bytes += int64(cap(item.value)) + cacheOverhead
	}
	assert.Equal(t, bytes, c.bytes)
	assert.LessOrEqual(t, c.bytes, c.limit)
	assert.Equal(t, left, c.left)
	assert.LessOrEqual(t, left, len(c.items)/2)
}

func TestCacheIsBoundedAndInOrder(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	c := &cache{limit: 10_000}
	kept := map[uint64][]byte{}
	n := uint64(0)
	for range 20_000 {
		switch rng.IntN(5) {
		case 0, 1:
			n += 1 + rng.Uint64N(3)
			value := bytes.Repeat([]byte{byte(n)}, 1+rng.IntN(500))
			room := c.bytes+int64(len(value))+cacheOverhead <= c.limit
			c.add(n, location{offset: uint32(n)}, value)
			require.Equal(t, room, c.holds(n))
			if room {
				kept[n] = bytes.Clone(value)
				clear(value) // the caller's memory is the caller's
			}
		case 2:
			c.add(rng.Uint64N(n+1), location{}, []byte("counted back"))
		case 3:
			c.forget(rng.Uint64N(n + 1)) // often the one that nobody asks for
			for k := range kept {
				if !c.holds(k) {
					delete(kept, k)
				}
			}
		case 4:
			for k, want := range kept { // any one
				value, at := c.take(k)
				require.Equal(t, want, value)
				require.Equal(t, uint32(k), at.offset)
				again, _ := c.take(k)
				require.Nil(t, again)
				delete(kept, k)
				break
			}
		}
		cacheHolds(t, c)
	}
	c.forgetAll()
	cacheHolds(t, c)
	assert.Empty(t, c.items)
}

// A record that nobody asks for does not keep the places of those behind it.
func TestCacheBehindAnItemThatStays(t *testing.T) {
	t.Parallel()
	c := &cache{limit: 1 << 20}
	c.add(0, location{}, []byte("stays"))
	for n := uint64(1); n < 100_000; n++ {
		c.add(n, location{}, []byte("goes"))
		value, _ := c.take(n)
		require.Equal(t, "goes", string(value))
		require.LessOrEqual(t, len(c.items), 2)
	}
	cacheHolds(t, c)
}

// What is forgotten does not stay in memory.
func TestCacheClearsWhatNobodySaw(t *testing.T) {
	t.Parallel()
	c := &cache{limit: 1 << 20}
	c.add(1, location{}, []byte("one"))
	c.add(2, location{}, []byte("two"))
	one, two := c.items[0].value, c.items[1].value
	c.forget(1)
	assert.Equal(t, make([]byte, 3), one)
	c.forgetAll()
	assert.Equal(t, make([]byte, 3), two)
}

// cachedLog holds records "0" to "n-1", of 1,000 bytes each.
func cachedLog(t *testing.T, path string, keys Keys, n int, limit int64) *Log {
	l := openDirLog(t, path, keys, func(o *Options) { o.CacheSize = limit })
	for i := range n {
		require.NoError(t, l.Batch(t.Context(), set("qmv0", []byte("m")), set(strconv.Itoa(i), cachedValue(i))))
	}
	return l
}

func cachedValue(i int) []byte { return bytes.Repeat([]byte{byte('a' + i)}, 1000) }

func TestCacheAnswersOnceAndTheDiskAfterIt(t *testing.T) {
	t.Parallel()
	l := cachedLog(t, t.TempDir(), newTestKeys(t), 5, 3*(1000+cacheOverhead))
	for i := range 5 {
		assert.Equal(t, i < 3, l.cache.holds(uint64(i)), "record %d", i)
	}
	for range 2 {
		for i := range 5 {
			v, err := l.Get(t.Context(), strconv.Itoa(i))
			require.NoError(t, err)
			assert.Equal(t, cachedValue(i), v)
			clear(v) // the caller's own
		}
		assert.Empty(t, l.cache.items)
	}
	// What leaves makes room.
	require.NoError(t, l.Batch(t.Context(), set("5", cachedValue(5))))
	assert.True(t, l.cache.holds(5))
	require.NoError(t, l.Close())
	assert.Empty(t, l.cache.items)
}

func TestCacheFollowsTheRecord(t *testing.T) {
	t.Parallel()
	keys := newTestKeys(t)
	for name, change := range map[string]struct {
		op   *Op
		want []byte
	}{
		"deleted":     {del("1"), nil},
		"overwritten": {set("1", []byte("new")), []byte("new")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := cachedLog(t, t.TempDir(), keys, 3, 1<<20)
			require.NoError(t, l.Batch(t.Context(), change.op))
			assert.False(t, l.cache.holds(1))
			v, err := l.Get(t.Context(), "1")
			require.NoError(t, err)
			assert.Equal(t, change.want, v)
			v, err = l.Get(t.Context(), "2")
			require.NoError(t, err)
			assert.Equal(t, cachedValue(2), v)
			require.NoError(t, l.Close())
		})
	}
}

// A value at another place than the index names is not the record's.
func TestCacheOfAnotherFrameIsNotUsed(t *testing.T) {
	t.Parallel()
	l := cachedLog(t, t.TempDir(), newTestKeys(t), 1, 1<<20)
	l.cache.items[0].loc.offset++
	copy(l.cache.items[0].value, "forged")
	v, err := l.Get(t.Context(), "0")
	require.NoError(t, err)
	assert.Equal(t, cachedValue(0), v)
	require.NoError(t, l.Close())
}
