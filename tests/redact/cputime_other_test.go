//go:build !linux

package redact

import "time"

var began = time.Now()

// clock reads wall time where a thread's CPU time is not at hand.
func clock() time.Duration { return time.Since(began) }
