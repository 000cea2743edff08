//go:build unix

package keyfile

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// open does not block on a FIFO that someone put in the file's place.
func open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// checkMode refuses any access for others, and write access for the group: who
// can write the file can put their own key on top.
func checkMode(path string, info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o027 != 0 {
		return fmt.Errorf("%w: %s has mode %04o; run chmod 0600 (0640 if a group must read it)", ErrPermissions, path, mode)
	}
	return nil
}
