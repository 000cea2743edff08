package sealedlog_test

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// A header that the device does not give is not one that was altered: nobody is to
// be told to move the file away.
func TestReadErrorOfAHeaderIsNoDamage(t *testing.T) {
	t.Parallel()
	keys, fs := sealedlog.NewTestKeys(t), crashfs.New()
	l := mustOpen(t, quiet(t, fs, keys))
	require.NoError(t, l.Batch(t.Context(), set("a", "b")))
	require.NoError(t, l.Close())
	fs.Fail = func(op crashfs.Op) error {
		if op.Kind == "read" && strings.HasSuffix(op.Name, ".seg") {
			return syscall.EIO
		}
		return nil
	}
	_, err := sealedlog.Open(t.Context(), quiet(t, fs, keys))
	require.ErrorIs(t, err, syscall.EIO)
	require.NotErrorIs(t, err, sealedlog.ErrDamaged)
	assert.NotContains(t, err.Error(), "move")
	fs.Fail = nil
	l = mustOpen(t, quiet(t, fs, keys))
	require.NoError(t, l.Close())
}

// badSector lets reads of one place of a file fail.
type badSector struct {
	*crashfs.FS
	name string
	at   int64
}

type badFile struct {
	sealedlog.File
	fs   *badSector
	name string
}

func (b *badSector) Open(name string) (sealedlog.File, error) {
	f, err := b.FS.Open(name)
	return badFile{f, b, name}, err
}

func (b *badSector) Create(name string) (sealedlog.File, error) {
	f, err := b.FS.Create(name)
	return badFile{f, b, name}, err
}

// Rename: the file that becomes the first segment is the bad one.
func (b *badSector) Rename(from, to string) error {
	if b.name == "" {
		b.name = from
	}
	return b.FS.Rename(from, to)
}

func (f badFile) ReadAt(p []byte, off int64) (int, error) {
	if at := f.fs.at; at != 0 && f.name == f.fs.name && off <= at && at < off+int64(len(p)) {
		return 0, syscall.EIO
	}
	return f.File.ReadAt(p, off)
}

// badLog is a log of four records in its first segment; the device does not give
// the second one.
func badLog(t *testing.T, mode sealedlog.SyncMode) (*sealedlog.Log, *badSector, *clock, *[]error) {
	fs, now, events := &badSector{FS: crashfs.New()}, new(clock), new([]error)
	o := quiet(t, fs, sealedlog.NewTestKeys(t))
	o.Sync, o.Now = mode, now.now
	o.Hooks.Event = func(e sealedlog.Event) { *events = append(*events, e.Err) }
	l := mustOpen(t, o)
	name := segmentsOf(fs.FS)[0]
	text := randomText(4)
	for _, key := range []string{"0", "1", "2", "3"} {
		if key == "1" {
			for at, b := range fs.Files()[name] {
				if b != 0 {
					fs.at = int64(at)
				}
			}
			fs.at += 100 // inside of the frame that comes
		}
		at := fs.at
		fs.at = 0
		require.NoError(t, l.Batch(t.Context(), set("q", key), set(key, text(2000))))
		fs.at = at
	}
	return l, fs, now, events
}

// The queue deletes everything that was in flight after one batch that reads it: a
// record that the device does not give must not cost the others, nor its file.
func TestReadErrorCostsOneRecord(t *testing.T) {
	t.Parallel()
	l, fs, _, events := badLog(t, sealedlog.SyncOnInsert)
	name := segmentsOf(fs.FS)[0]
	ops := []*sealedlog.Op{get("0"), get("1"), get("2")}
	require.NoError(t, l.Batch(t.Context(), ops...))
	assert.Len(t, ops[0].Value, 2000)
	assert.Nil(t, ops[1].Value)
	assert.Len(t, ops[2].Value, 2000)
	require.Len(t, *events, 1)
	require.ErrorContains(t, (*events)[0], name)
	_, err := l.Get(t.Context(), "1")
	require.ErrorIs(t, err, syscall.EIO, "nil would be taken for an empty value")
	require.NoError(t, l.Batch(t.Context(), del("0"), del("1"), del("2"), del("3")))
	for i := range 20 {
		require.NoError(t, l.Batch(t.Context(), set(strconv.Itoa(10+i), randomText(1)(8000))))
		require.NoError(t, l.Batch(t.Context(), del(strconv.Itoa(10+i))))
	}
	require.NotContains(t, fs.Files(), name)
	requireKept(t, fs.FS, name)
	require.NoError(t, l.Close())
}

// A record that can't be moved must not keep everything behind it on the volume.
func TestUnreadableSurvivorIsGivenUp(t *testing.T) {
	t.Parallel()
	for label, mode := range map[string]sealedlog.SyncMode{"on_insert": sealedlog.SyncOnInsert, "never": sealedlog.SyncNever} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			l, fs, now, events := badLog(t, mode)
			name := segmentsOf(fs.FS)[0]
			require.NoError(t, l.Batch(t.Context(), del("0"), del("3")))
			for i := range 60 {
				now.advance(3 * time.Second)
				require.NoError(t, l.Batch(t.Context(), set(strconv.Itoa(10+i), randomText(1)(8000))))
				require.NoError(t, l.Batch(t.Context(), del(strconv.Itoa(10+i))))
			}
			require.Less(t, l.Stats().Segments, 5, "a head that is never given up")
			requireKept(t, fs.FS, name)
			require.NotContains(t, fs.Files(), name)
			assert.Len(t, *events, 2, "damage, and that its file is kept")
			_, err := l.Get(t.Context(), "1")
			require.ErrorIs(t, err, sealedlog.ErrDamaged)
			got, err := l.Get(t.Context(), "2")
			require.NoError(t, err)
			assert.Len(t, got, 2000)
			require.NoError(t, l.Close())
		})
	}
}

// A device that comes back in time costs nothing.
func TestReadErrorOfASurvivorThatPasses(t *testing.T) {
	t.Parallel()
	l, fs, now, events := badLog(t, sealedlog.SyncOnInsert)
	require.NoError(t, l.Batch(t.Context(), del("0"), del("3")))
	for i := range 60 {
		now.advance(time.Second)
		if i == 40 {
			fs.at = 0
		}
		require.NoError(t, l.Batch(t.Context(), set(strconv.Itoa(10+i), randomText(1)(8000))))
		require.NoError(t, l.Batch(t.Context(), del(strconv.Itoa(10+i))))
	}
	require.NotZero(t, l.Stats().MoveErrors)
	assert.Empty(t, *events)
	got, err := l.Get(t.Context(), "1")
	require.NoError(t, err)
	assert.Len(t, got, 2000)
	require.NoError(t, l.Close())
}
