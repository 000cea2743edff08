package crashfs_test

import (
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog/crashfs"
)

// A log reads ahead in a file that it renames to a spare meanwhile.
func TestFilesAreRenamedWhileInUse(t *testing.T) {
	t.Parallel()
	fs := crashfs.New()
	f, err := fs.Create("a")
	require.NoError(t, err)
	var users sync.WaitGroup
	for _, use := range []func() error{
		func() error { _, err := f.WriteAt([]byte("x"), 0); return err },
		func() error { return f.Sync() },
		func() error { _, err := f.Allocate(1024); return err },
		func() error { _, err := f.ReadAt(nil, 0); return err },
	} {
		_, err := f.WriteAt([]byte("x"), 0)
		require.NoError(t, err)
		users.Go(func() {
			for range 100 {
				assert.NoError(t, use())
			}
		})
	}
	for range 100 {
		require.NoError(t, fs.Rename("a", "b"))
		require.NoError(t, fs.Rename("b", "a"))
	}
	users.Wait()
}

// What a failed fsync has lost is lost under every name of the file.
func TestFailedSyncOfARenamedFile(t *testing.T) {
	t.Parallel()
	fs := crashfs.New()
	f, err := fs.Create("a")
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("lost"), 0)
	require.NoError(t, err)
	fs.Fail = func(op crashfs.Op) error {
		if op.Kind == "sync" {
			assert.NoError(t, fs.Rename("a", "b"))
			return syscall.EIO
		}
		return nil
	}
	require.ErrorIs(t, f.Sync(), syscall.EIO)
	fs.Fail = nil
	require.NoError(t, f.Sync(), "clean by then")
	require.NoError(t, fs.SyncDir())
	assert.NotContains(t, string(fs.Crash(1).Files()["b"]), "lost")
}
