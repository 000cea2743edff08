//go:build !linux

// Package usage reads what another process has used of the machine.
package usage

import (
	"errors"
	"time"
)

// CPU is not known here.
func CPU(int) (time.Duration, error) {
	return 0, errors.New("the CPU time of another process is measured on Linux only")
}

// PeakMemory is not known here.
func PeakMemory(int) (int64, error) {
	return 0, errors.New("the memory of another process is measured on Linux only")
}

// AnonymousMemory is not known here.
func AnonymousMemory(int) (int64, error) {
	return 0, errors.New("the memory of another process is measured on Linux only")
}
