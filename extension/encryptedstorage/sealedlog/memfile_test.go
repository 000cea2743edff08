package sealedlog

import "io"

// memFile is a file that is read only.
type memFile []byte

func (m memFile) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(m)) {
		return 0, io.EOF
	}
	n := copy(p, m[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (memFile) WriteAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }
func (memFile) Close() error                       { return nil }
func (m memFile) Size() (int64, error)             { return int64(len(m)), nil }
func (memFile) Sync() error                        { return nil }
func (memFile) Allocate(int64) (bool, error)       { return true, nil }
