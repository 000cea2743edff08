// Package storage holds what the encrypted storage extension is shown with:
// benchmarks against contrib's file_storage in the same run, a soak under a
// memory limit, and kill -9 loops around the collector's own queue.
package storage
