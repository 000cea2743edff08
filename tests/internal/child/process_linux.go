package child

import "syscall"

// A group of its own keeps the terminal's Ctrl-C from reaching the child
// before its parent has ended it in order.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

const terminate = syscall.SIGTERM
