//go:build race

package redactprocessor

// raceDetector: sync.Pool then forgets at random what it holds, to find misuse.
const raceDetector = true
