package sealedlog

import "io"

// FS is the one directory in which a log lives, and the seam through which
// tests inject faults and crashes. Names are plain file names.
type FS interface {
	// List returns the names of all files, in any order.
	List() ([]string, error)
	// Create makes a new file for reading and writing. It fails if the name
	// exists.
	Create(name string) (File, error)
	// Open opens an existing regular file for reading and writing.
	Open(name string) (File, error)
	// Rename replaces newName if it exists. Durable after SyncDir.
	Rename(oldName, newName string) error
	// Remove deletes a file. Durable after SyncDir.
	Remove(name string) error
	// SyncDir makes creations, renames and removals durable.
	SyncDir() error
	// Free is the space that is left on the volume for this process, in bytes.
	Free() (uint64, error)
}

// File is an open file. Its methods are safe for concurrent use.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// Size is the length of the file in bytes.
	Size() (int64, error)
	// Sync makes everything written durable, the length included
	// (fdatasync). After an error nothing is known about any write since the
	// last success, and calling again proves nothing: kernels mark the lost
	// pages clean.
	Sync() error
	// Allocate reserves space up to size, so that writes below it do not run
	// out of space. What is read there is zeros. fresh tells that the blocks
	// are reserved but were never written: the first Sync after a write into
	// them also has to make durable that they are.
	Allocate(size int64) (fresh bool, err error)
}
