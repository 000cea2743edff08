//go:build unix && !linux

package child

import "syscall"

// No parent-death signal outside Linux: an orphan has to be ended by hand when
// the parent is killed with SIGKILL.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

const terminate = syscall.SIGTERM
