package sealedlog

import (
	"bytes"
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is held in clear before anyone has asked for it stays within its bounds,
// and is gone when it can't be asked for any more.
func TestReadAheadIsBounded(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, inline := range []bool{false, true} {
		l := openDirLog(t, t.TempDir(), newTestKeys(t), func(o *Options) { o.Inline, o.SegmentSize = inline, 64<<20 })
		const n = 12
		for i := range n {
			size := 1000
			if i%2 == 1 {
				size = 3 << 20 // two of them are too much
			}
			require.NoError(t, l.Batch(ctx, set("q", []byte("m")), set(strconv.Itoa(i), bytes.Repeat([]byte{byte(i)}, size))))
		}
		held := func() (values [][]byte) {
			l.mu.Lock()
			defer l.mu.Unlock()
			sum := int64(0)
			for _, f := range l.ahead.fetches {
				sum += int64(f.loc.body)
				if f.taken.Load() {
					<-f.done
					values = append(values, f.value)
				}
			}
			assert.Equal(t, sum, l.ahead.bytes)
			assert.LessOrEqual(t, sum, int64(aheadBytes))
			assert.LessOrEqual(t, len(l.ahead.fetches), aheadRecords)
			return values
		}
		most := 0
		for i := range n - 4 {
			v, err := l.Get(ctx, strconv.Itoa(i))
			require.NoError(t, err)
			require.NotEmpty(t, v)
			assert.Equal(t, byte(i), v[0])
			most = max(most, len(held()))
			require.NoError(t, l.Batch(ctx, set("q", []byte("n")), del(strconv.Itoa(i))))
		}
		if inline {
			assert.Positive(t, most)
		}
		gone := held()
		require.NoError(t, l.Batch(ctx, del(strconv.Itoa(n-4))))
		v, err := l.Get(ctx, strconv.Itoa(n-1)) // out of turn
		require.NoError(t, err)
		assert.Equal(t, byte(n-1), v[0])
		assert.Empty(t, held())
		require.NoError(t, l.Close())
		assert.Nil(t, l.ahead.fetches)
		for _, v := range gone {
			assert.Equal(t, make([]byte, len(v)), v, "wiped")
		}
	}
}
