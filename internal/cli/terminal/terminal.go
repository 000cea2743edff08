// Package terminal decides how a command may speak to whoever reads its
// output: colour only for a person at a terminal who did not ask for none.
package terminal

import (
	"io"
	"os"
)

// Color reports whether w may get ANSI colours: it is a terminal, NO_COLOR
// (no-color.org) is unset or empty, and TERM is not dumb.
func Color(w io.Writer) bool {
	return IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// IsTerminal reports whether w is a character device.
func IsTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
