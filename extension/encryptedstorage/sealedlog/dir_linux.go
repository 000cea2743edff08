package sealedlog

import (
	"errors"
	"os"
	"syscall"
)

// dataSync is fdatasync(2): data and what is needed to read it back, without
// the time stamps that would cost a journal commit.
func dataSync(f *os.File) error {
	return control(f, syscall.Fdatasync)
}

func syncDir(f *os.File) error { return f.Sync() }

func allocate(f *os.File, size int64) (fresh bool, err error) {
	err = control(f, func(fd int) error { return syscall.Fallocate(fd, 0, 0, size) })
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		return false, writeZeros(f, size)
	}
	return true, err
}

// control runs call on the descriptor, again if a signal interrupted it.
func control(f *os.File, call func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	err = conn.Control(func(fd uintptr) {
		for {
			if result = call(int(fd)); !errors.Is(result, syscall.EINTR) {
				return
			}
		}
	})
	return errors.Join(err, result)
}

func freeSpace(path string) (uint64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(path, &st); err != nil {
		return 0, err
	}
	return st.Bavail * uint64(st.Bsize), nil
}
