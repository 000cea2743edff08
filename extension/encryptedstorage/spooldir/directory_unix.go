//go:build unix

package spooldir

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkPrivate refuses a directory that others can reach: they could watch
// sizes and times, or put files of an older state back.
func checkPrivate(path string, info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s has mode %04o, which lets others in; run chmod 0700 on it", path, mode)
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d, the collector runs as %d; change the owner", path, st.Uid, os.Geteuid())
	}
	return nil
}
