//go:build !linux

package sealedlog

import (
	"math"
	"os"
	"runtime"
)

// Go's Sync is F_FULLFSYNC on darwin and FlushFileBuffers on windows.
func dataSync(f *os.File) error { return f.Sync() }

// Directories can't be synced on windows: there the file system orders
// renames by itself.
func syncDir(f *os.File) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	return f.Sync()
}

func allocate(f *os.File, size int64) (fresh bool, err error) { return false, writeZeros(f, size) }

// freeSpace is not known here, so min_free_space has no effect.
func freeSpace(string) (uint64, error) { return math.MaxUint64, nil }
