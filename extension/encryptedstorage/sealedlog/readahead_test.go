package sealedlog_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
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

// watchedFS tells a test of every read, by its offset, before it happens.
type watchedFS struct {
	sealedlog.FS
	open atomic.Int64 // files

	mu    sync.Mutex // guards everything declared below
	reads map[int64]int
	hook  func(offset int64) error
}

func (w *watchedFS) watch(f sealedlog.File, err error) (sealedlog.File, error) {
	if err != nil {
		return nil, err
	}
	w.open.Add(1)
	return &watchedFile{f, w}, nil
}

func (w *watchedFS) Create(name string) (sealedlog.File, error) { return w.watch(w.FS.Create(name)) }
func (w *watchedFS) Open(name string) (sealedlog.File, error)   { return w.watch(w.FS.Open(name)) }

func (w *watchedFS) count(offset int64) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reads[offset]
}

func (w *watchedFS) set(hook func(int64) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reads, w.hook = map[int64]int{}, hook
}

type watchedFile struct {
	sealedlog.File
	fs *watchedFS
}

func (f *watchedFile) ReadAt(p []byte, offset int64) (int, error) {
	f.fs.mu.Lock()
	hook := f.fs.hook
	f.fs.mu.Unlock()
	var err error
	if hook != nil {
		err = hook(offset)
	}
	n := 0
	if err == nil {
		n, err = f.File.ReadAt(p, offset)
	}
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	f.fs.reads[offset]++
	return n, err
}

func (f *watchedFile) Close() error {
	f.fs.open.Add(-1)
	return f.File.Close()
}

// aheadRig is a log with items; the next one in turn is "1".
type aheadRig struct {
	log     *sealedlog.Log
	disk    *crashfs.FS
	fs      *watchedFS
	offsets map[string]int64
	events  []error
}

func aheadValue(i int) string { return fmt.Sprintf("item %d %s", i, strings.Repeat("v", 900)) }

func newAheadRig(t *testing.T, items int) *aheadRig {
	r := &aheadRig{disk: crashfs.New(), offsets: map[string]int64{}}
	r.fs = &watchedFS{FS: r.disk, reads: map[int64]int{}}
	o := quiet(t, r.fs, sealedlog.NewTestKeys(t))
	o.Inline, o.FirstSegment = false, 64<<10
	o.Hooks.Event = func(e sealedlog.Event) { r.events = append(r.events, e.Err) }
	r.log = mustOpen(t, o)
	for i := range items {
		require.NoError(t, r.log.Batch(context.Background(), set("qmv0", "m"), set(strconv.Itoa(i), aheadValue(i))))
	}
	// Backwards nothing is read ahead, so each read is the call's own.
	for i := items - 1; i >= 0; i-- {
		key := strconv.Itoa(i)
		r.fs.set(func(offset int64) error { r.offsets[key] = offset; return nil })
		require.Equal(t, aheadValue(i), r.get(t, key))
	}
	require.Len(t, r.offsets, items)
	r.fs.set(nil)
	return r
}

func (r *aheadRig) get(t *testing.T, key string) string {
	v, err := r.log.Get(context.Background(), key)
	require.NoError(t, err)
	return string(v)
}

// waitRead waits until the record of key was read so many times.
func (r *aheadRig) waitRead(t *testing.T, key string, times int) {
	require.Eventually(t, func() bool { return r.fs.count(r.offsets[key]) >= times }, time.Minute, time.Millisecond)
}

func TestDrainIsReadAhead(t *testing.T) {
	t.Parallel()
	const n = 40
	r := newAheadRig(t, n)
	require.Equal(t, aheadValue(1), r.get(t, "1"))
	r.waitRead(t, "2", 1) // nobody has asked for it
	for i := 2; i < n; i++ {
		require.Equal(t, aheadValue(i), r.get(t, strconv.Itoa(i)))
		require.NoError(t, r.log.Batch(context.Background(), set("qmv0", "m"), del(strconv.Itoa(i))))
	}
	delete(r.offsets, "0")
	for key, offset := range r.offsets {
		assert.Equal(t, 1, r.fs.count(offset), "reads of item %s", key)
	}
	require.NoError(t, r.log.Close())
	assert.Zero(t, r.fs.open.Load())
}

// What a read ahead meets must change nothing of what the call finds.
func TestReadAheadMeetsFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// before the record is read ahead, while that is held up, and after it
		before, during func(t *testing.T, r *aheadRig)
		fail           error
		after          func(t *testing.T, r *aheadRig)
	}{
		"device error": {
			fail: syscall.EIO,
			after: func(t *testing.T, r *aheadRig) {
				assert.Equal(t, aheadValue(2), r.get(t, "2"))
				assert.Equal(t, 2, r.fs.count(r.offsets["2"]), "read again")
				assert.Empty(t, r.events)
				assert.Zero(t, r.log.Stats().ReadErrors)
			},
		},
		"flipped bit": {
			before: func(_ *testing.T, r *aheadRig) { r.disk.Files()["0000000000000001.seg"][r.offsets["2"]+100] ^= 4 },
			after: func(t *testing.T, r *aheadRig) {
				assert.Zero(t, r.log.Stats().Corrupt, "nobody has asked for it")
				_, err := r.log.Get(context.Background(), "2")
				require.ErrorIs(t, err, sealedlog.ErrDamaged)
				var d *sealedlog.Damage
				require.ErrorAs(t, err, &d)
				assert.Equal(t, r.offsets["2"], d.Offset)
				assert.Equal(t, "0000000000000001.seg", d.File)
				assert.Equal(t, []error{d}, r.events, "told once")
				s := r.log.Stats()
				assert.Equal(t, []uint64{1, 1}, []uint64{s.Corrupt, s.ReadErrors})
				assert.Equal(t, aheadValue(3), r.get(t, "3"))
			},
		},
		"deleted": {
			during: func(t *testing.T, r *aheadRig) { require.NoError(t, r.log.Batch(context.Background(), del("2"))) },
			after: func(t *testing.T, r *aheadRig) {
				v, err := r.log.Get(context.Background(), "2")
				require.NoError(t, err)
				assert.Nil(t, v)
				assert.Equal(t, aheadValue(3), r.get(t, "3"))
			},
		},
		"overwritten": {
			during: func(t *testing.T, r *aheadRig) {
				require.NoError(t, r.log.Batch(context.Background(), set("2", "new")))
			},
			after: func(t *testing.T, r *aheadRig) { assert.Equal(t, "new", r.get(t, "2")) },
		},
		"deleted and inserted": {
			during: func(t *testing.T, r *aheadRig) {
				require.NoError(t, r.log.Batch(context.Background(), del("2")))
				require.NoError(t, r.log.Batch(context.Background(), set("2", "new")))
			},
			after: func(t *testing.T, r *aheadRig) { assert.Equal(t, "new", r.get(t, "2")) },
		},
		"its segment is used again": {
			during: func(t *testing.T, r *aheadRig) {
				for i := range 20 {
					require.NoError(t, r.log.Batch(context.Background(), del(strconv.Itoa(i))))
				}
				for i := 20; r.log.Stats().Recycled == 0 || r.log.Stats().Segments < 2; i++ {
					require.NoError(t, r.log.Batch(context.Background(), set("qmv0", "m"), set(strconv.Itoa(i), aheadValue(i))))
					if r.log.Stats().Recycled == 0 {
						require.NoError(t, r.log.Batch(context.Background(), set("qmv0", "m"), del(strconv.Itoa(i))))
					}
				}
				require.NoError(t, r.log.Batch(context.Background(), set("2", "new")))
			},
			after: func(t *testing.T, r *aheadRig) {
				assert.Equal(t, "new", r.get(t, "2"))
				assert.Empty(t, r.events)
			},
		},
		"closed": {
			during: func(t *testing.T, r *aheadRig) {
				go func() { assert.NoError(t, r.log.Close()) }()
				require.Eventually(t, func() bool {
					_, err := r.log.Get(context.Background(), "qmv0")
					return err != nil
				}, time.Minute, time.Millisecond)
				assert.Positive(t, r.fs.open.Load(), "files are open while one is read")
			},
			after: func(t *testing.T, r *aheadRig) {
				require.NoError(t, r.log.Close())
				require.Eventually(t, func() bool { return r.fs.open.Load() == 0 }, time.Minute, time.Millisecond)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newAheadRig(t, 20)
			reached, release := make(chan struct{}), make(chan struct{})
			var first sync.Once
			r.fs.set(func(offset int64) (err error) {
				if offset == r.offsets["2"] {
					first.Do(func() {
						close(reached)
						<-release
						err = c.fail
					})
				}
				return err
			})
			if c.before != nil {
				c.before(t, r)
			}
			require.Equal(t, aheadValue(1), r.get(t, "1"))
			<-reached
			if c.during != nil {
				c.during(t, r)
			}
			close(release)
			r.waitRead(t, "2", 1)
			c.after(t, r)
			require.NoError(t, r.log.Close())
		})
	}
}
