package spooldir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// lockName is the file whose lock keeps a second process out of the directory.
const lockName = "LOCK"

var errLocked = errors.New("locked by another process")

// Lock takes the directory for this process until the file is closed.
func Lock(dir string) (*os.File, error) {
	return lock(dir, os.O_RDWR|os.O_CREATE)
}

// LockToRead is Lock for a process that changes nothing, not even on a volume
// that it may write. Where no collector has ever made a lock, in a copy for an
// investigation, there is none to take. The caller calls release at the end.
func LockToRead(dir string) (release func(), err error) {
	f, err := lock(dir, os.O_RDONLY)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return func() {}, nil
	case err != nil:
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

func lock(dir string, flags int) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	// Whoever can write to the directory may have put a pipe there, which is waited
	// for without end, or a link, through which a file would be made elsewhere.
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file; remove it", path)
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockFile(f); err != nil {
		_ = f.Close()
		if errors.Is(err, errLocked) {
			return nil, fmt.Errorf("%s is in use by another process; stop it first, and give each collector a directory of its own", dir)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}
