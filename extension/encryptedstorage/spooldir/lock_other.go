//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package spooldir

import "os"

// lockFile has no lock here; two collectors on one directory are the
// operator's to prevent.
func lockFile(*os.File) error { return nil }
