package sealedlog

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testOptions(t testing.TB, fs FS, keys Keys) Options {
	return Options{
		FS: fs, Keys: keys, Store: [16]byte{1, 2, 3}, Client: "exporter/otlp/traces",
		SegmentSize: MinSegmentSize * 4, FirstSegment: MinSegmentSize, Inline: true,
		Hooks: Hooks{Event: func(e Event) { t.Logf("event %d: %v", e.Kind, e.Err) }},
	}
}

func openDirLog(t testing.TB, path string, keys Keys, change func(*Options)) *Log {
	d, err := OpenDir(path)
	require.NoError(t, err)
	t.Cleanup(func() { d.Close() })
	o := testOptions(t, d, keys)
	if change != nil {
		change(&o)
	}
	l, err := Open(context.Background(), o)
	require.NoError(t, err)
	return l
}

func set(key string, value []byte) *Op { return &Op{Kind: Set, Key: key, Value: value} }
func del(key string) *Op               { return &Op{Kind: Delete, Key: key} }

func state(t testing.TB, l *Log) map[string]string {
	m := map[string]string{}
	require.NoError(t, l.Walk(func(key string, value []byte) ([]*Op, bool, error) {
		m[key] = string(value)
		return nil, false, nil
	}))
	return m
}

func TestLogAgainstMap(t *testing.T) {
	t.Parallel()
	for _, mode := range []SyncMode{SyncOnInsert, SyncAlways, SyncInterval, SyncNever} {
		t.Run(strconv.Itoa(int(mode)), func(t *testing.T) {
			t.Parallel()
			keys, dir := newTestKeys(t), t.TempDir()
			opt := func(o *Options) { o.Sync = mode }
			l := openDirLog(t, dir, keys, opt)
			rng := rand.New(rand.NewPCG(1, uint64(mode)))
			want := map[string]string{}
			for i := range 1500 {
				var ops []*Op
				for range 1 + rng.IntN(3) {
					key := strconv.Itoa(rng.IntN(60))
					if rng.IntN(3) == 0 {
						key = fmt.Sprintf("name-%d", rng.IntN(4))
					}
					if rng.IntN(3) == 0 {
						ops = append(ops, del(key))
						delete(want, key)
						continue
					}
					value := bytes.Repeat([]byte{byte(rng.IntN(3))}, rng.IntN(3000))
					for range rng.IntN(4) {
						if len(value) > 0 {
							value[rng.IntN(len(value))] = byte(rng.IntN(256))
						}
					}
					ops = append(ops, set(key, value))
					want[key] = string(value)
				}
				require.NoError(t, l.Batch(context.Background(), ops...))
				if rng.IntN(50) == 0 {
					key := strconv.Itoa(rng.IntN(60))
					v, err := l.Get(context.Background(), key)
					require.NoError(t, err)
					w, ok := want[key]
					assert.Equal(t, ok, v != nil, "call %d", i)
					assert.Equal(t, w, string(v))
				}
				if rng.IntN(400) == 0 {
					require.NoError(t, l.Close())
					l = openDirLog(t, dir, keys, opt)
				}
			}
			assert.Equal(t, want, state(t, l))
			require.NoError(t, l.Close())
			l = openDirLog(t, dir, keys, opt)
			assert.Equal(t, want, state(t, l))
			s := l.Stats()
			t.Logf("%+v", s)
			require.NoError(t, l.Close())
		})
	}
}
