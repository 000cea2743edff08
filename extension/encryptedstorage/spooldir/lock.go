package spooldir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// lockName is the file whose lock keeps a second process out of the directory.
const lockName = "LOCK"

var errLocked = errors.New("locked by another process")

// Lock takes the directory for this process until the file is closed.
func Lock(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
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
