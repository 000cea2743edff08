//go:build unix

package spool

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRewrapLeavesNoFilesOfRoot runs as root on the directory of another user: what it
// wrote there would stop the collector.
func TestRewrapLeavesNoFilesOfRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, who alone can give a directory away")
	}
	dir, keyFile := newStore(t)
	const nobody = 65534
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ fs.DirEntry, _ error) error { return os.Chown(path, nobody, nobody) }))
	_, code := run(t, "rewrap", dir, "--key-file", keyFile)
	assert.NotZero(t, code)
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, _ error) error {
		info, err := entry.Info()
		require.NoError(t, err)
		assert.EqualValues(t, nobody, info.Sys().(*syscall.Stat_t).Uid, path)
		return nil
	}))
}
