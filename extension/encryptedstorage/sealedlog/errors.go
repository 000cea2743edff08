package sealedlog

import (
	"errors"
	"fmt"
)

// One sentinel per decision that a caller can take.
var (
	// ErrClosed: the log was used after Close.
	ErrClosed = errors.New("storage client is closed")
	// ErrFull: a batch that inserts a key found no room. Deletes and
	// overwrites still work.
	ErrFull = errors.New("no space left for new records")
	// ErrTooLarge: a batch of more than MaxBatch bytes, or a key of more than
	// MaxKey bytes.
	ErrTooLarge = errors.New("batch too large")
	// ErrDamaged: data that was synced no longer reads back. Nothing was
	// deleted.
	ErrDamaged = errors.New("sealed data is damaged")
	// ErrUnsupportedVersion: the file was written by a newer version.
	ErrUnsupportedVersion = errors.New("unsupported version")
	// ErrWrongKey: the file was sealed under a key or context that the
	// configuration does not name.
	ErrWrongKey = errors.New("sealed under another key")
	// ErrWrongStore: the file belongs to another store or client.
	ErrWrongStore = errors.New("file belongs to another store")
)

// Damage describes one place that does not read back. It matches ErrDamaged.
type Damage struct { //nolint:errname // it is a report first: Walk and events hand it on
	File   string
	Offset int64
	First  uint64 // first sequence number that is missing, 0 if unknown
	Last   uint64 // last one
	Reason string
}

func (d *Damage) Error() string {
	s := fmt.Sprintf("%v: %s at offset %d: %s", ErrDamaged, d.File, d.Offset, d.Reason)
	if d.First != 0 {
		s += fmt.Sprintf(" (calls %d to %d)", d.First, d.Last)
	}
	return s
}

func (d *Damage) Unwrap() error { return ErrDamaged }
