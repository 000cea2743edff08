//go:build !race

package redactprocessor

const raceDetector = false
