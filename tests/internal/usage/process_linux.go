// Package usage reads what another process has used of the machine.
package usage

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// CPU is the user and system time that a process has used so far: the
// clock that clock_getcpuclockid(3) names, which counts nanoseconds where
// /proc counts hundredths of a second.
func CPU(pid int) (time.Duration, error) {
	const sched = 2 // CPUCLOCK_SCHED
	var ts syscall.Timespec
	clock := uintptr(^pid)<<3 | sched
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, errno)
	}
	return time.Duration(ts.Nano()), nil
}

// PeakMemory is the most resident memory that a process has had, in bytes. It
// counts the pages of its binary and of mapped files, too.
func PeakMemory(pid int) (int64, error) { return memory(pid, "VmHWM:") }

// AnonymousMemory is what a process has now that is no page of a file, in bytes:
// heap and stacks. The kernel cannot drop it.
func AnonymousMemory(pid int) (int64, error) { return memory(pid, "RssAnon:") }

func memory(pid int, field string) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, field); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("process %d: no %s", pid, field)
}
