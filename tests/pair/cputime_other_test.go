//go:build !linux

package pair

import (
	"errors"
	"time"
)

func cpuTime(int) (time.Duration, error) {
	return 0, errors.New("the CPU time of another process is measured on Linux only")
}

func peakMemory(int) (int64, error) {
	return 0, errors.New("the memory of another process is measured on Linux only")
}
