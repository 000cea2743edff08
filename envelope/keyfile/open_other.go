//go:build !unix

package keyfile

import (
	"io/fs"
	"os"
)

func open(path string) (*os.File, error) { return os.Open(path) }

// checkMode checks nothing: this platform reports no owner and group bits. The
// package documentation says so.
func checkMode(string, fs.FileInfo) error { return nil }
