// Package crashfs is a file system in memory for tests. It can lose what was
// never synced, and fail any operation.
//
//	fs := crashfs.New()
//	fs.After = func(op crashfs.Op) { image := fs.Crash(seed) … } // after every operation
//	fs.Fail = func(op crashfs.Op) error { … }                    // before every operation
//
// Model of a power loss: every file keeps, of what was written since its last
// successful Sync, any subset of 512-byte sectors; every creation, rename and
// removal since the last SyncDir survives or not, each by itself. After a
// failed Sync the writes before it count as clean and may be lost even if a
// later Sync succeeds, as on Linux.
package crashfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

const sector = 512

// Op is one operation on the file system.
type Op struct {
	N    int    // counts all operations from 1
	Kind string // create, open, read, write, sync, allocate, rename, remove, syncdir, list
	Name string
	Size int // of a write
}

func (o Op) String() string { return fmt.Sprintf("%d %s %s %d", o.N, o.Kind, o.Name, o.Size) }

// ErrShort, returned by Fail for a write, makes it stop half way with ENOSPC.
var ErrShort = fmt.Errorf("short write: %w", syscall.ENOSPC)

type inode struct {
	name    string
	data    []byte
	durable []byte
	dirty   map[int]bool // sectors written since the last sync
}

type dirOp struct {
	remove string
	add    string
	node   *inode
}

// FS implements sealedlog.FS.
type FS struct {
	// After is called after each operation, Fail before it: if Fail returns
	// an error the operation does not happen. Neither may be changed while
	// the file system is in use by another goroutine.
	After func(Op)
	Fail  func(Op) error
	// Limit is the space in bytes, 0 for no limit. A write that needs more
	// fails with ENOSPC.
	Limit int64

	mu      sync.Mutex // guards everything declared below
	n       int
	names   map[string]*inode
	durable map[string]*inode
	pending []dirOp
}

// New is an empty directory.
func New() *FS { return &FS{names: map[string]*inode{}, durable: map[string]*inode{}} }

var _ sealedlog.FS = (*FS)(nil)

// do runs one operation on the directory between Fail and After.
func (f *FS) do(kind, name string, run func() error) error {
	return f.on(nil, kind, name, 0, run)
}

// on runs one operation on an open file, which is known by the name that it has now: another
// goroutine may rename it.
func (f *FS) on(n *inode, kind, name string, size int, run func() error) error {
	f.mu.Lock()
	f.n++
	if n != nil {
		name = n.name
	}
	op := Op{f.n, kind, name, size}
	f.mu.Unlock()
	var err error
	if f.Fail != nil {
		err = f.Fail(op)
	}
	if err == nil || (kind == "write" && errors.Is(err, ErrShort)) || kind == "sync" {
		f.mu.Lock()
		if kind == "sync" && err != nil {
			clear(n.dirty) // marked clean without being durable
		} else if rerr := run(); err == nil {
			err = rerr
		}
		f.mu.Unlock()
	}
	if f.After != nil {
		f.After(op)
	}
	return err
}

// Crash returns the file system that a power loss now might leave behind.
func (f *FS) Crash(seed uint64) *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	rng := rand.New(rand.NewPCG(seed, uint64(f.n))) //nolint:gosec // a crash must be repeatable
	// Some seeds lose everything, some nothing: both ends must be reached.
	keep := []float64{0, 1, rng.Float64()}[seed%3]
	survives := func() bool { return rng.Float64() < keep }

	names := maps.Clone(f.durable)
	for _, op := range f.pending {
		if !survives() {
			continue
		}
		delete(names, op.remove)
		if op.add != "" {
			names[op.add] = op.node
		}
	}
	out := New()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		n := names[name]
		data := slices.Clone(n.durable)
		for _, s := range slices.Sorted(maps.Keys(n.dirty)) {
			from, to := s*sector, min((s+1)*sector, len(n.data))
			if from >= to || !survives() {
				continue
			}
			if to > len(data) {
				data = append(data, make([]byte, to-len(data))...)
			}
			copy(data[from:to], n.data[from:to])
		}
		c := &inode{name: name, data: data, durable: slices.Clone(data), dirty: map[int]bool{}}
		out.names[name], out.durable[name] = c, c
	}
	return out
}

// Clone is the state without a crash, as after kill -9. What was not synced
// is still not synced.
func (f *FS) Clone() *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := New()
	copies := map[*inode]*inode{}
	clone := func(n *inode) *inode {
		if n == nil {
			return nil
		}
		if copies[n] == nil {
			copies[n] = &inode{n.name, slices.Clone(n.data), slices.Clone(n.durable), maps.Clone(n.dirty)}
		}
		return copies[n]
	}
	for name, n := range f.names {
		out.names[name] = clone(n)
	}
	for name, n := range f.durable {
		out.durable[name] = clone(n)
	}
	for _, op := range f.pending {
		out.pending = append(out.pending, dirOp{op.remove, op.add, clone(op.node)})
	}
	return out
}

// Ops is the number of operations so far.
func (f *FS) Ops() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// Files returns the content of every file; it may be changed in place.
func (f *FS) Files() map[string][]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string][]byte{}
	for name, n := range f.names {
		out[name] = n.data
	}
	return out
}

// Put sets the content of a file, durably.
func (f *FS) Put(name string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := &inode{name: name, data: slices.Clone(data), durable: slices.Clone(data), dirty: map[int]bool{}}
	f.names[name], f.durable[name] = n, n
}

// Delete removes a file, durably.
func (f *FS) Delete(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.names, name)
	delete(f.durable, name)
}

// Bytes is the space in use.
func (f *FS) Bytes() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bytes()
}

func (f *FS) bytes() int64 {
	total := int64(0)
	for _, n := range f.names {
		total += int64(len(n.data))
	}
	return total
}

// List implements sealedlog.FS.
func (f *FS) List() (names []string, err error) {
	err = f.do("list", "", func() error {
		names = slices.Sorted(maps.Keys(f.names))
		return nil
	})
	return names, err
}

// Create implements sealedlog.FS.
func (f *FS) Create(name string) (sealedlog.File, error) {
	var n *inode
	err := f.do("create", name, func() error {
		if f.names[name] != nil {
			return fs.ErrExist
		}
		n = &inode{name: name, dirty: map[int]bool{}}
		f.names[name] = n
		f.pending = append(f.pending, dirOp{add: name, node: n})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &file{f, n}, nil
}

// Open implements sealedlog.FS.
func (f *FS) Open(name string) (sealedlog.File, error) {
	var n *inode
	err := f.do("open", name, func() error {
		if n = f.names[name]; n == nil {
			return fs.ErrNotExist
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &file{f, n}, nil
}

// Rename implements sealedlog.FS.
func (f *FS) Rename(from, to string) error {
	return f.do("rename", from+" "+to, func() error {
		n := f.names[from]
		if n == nil {
			return fs.ErrNotExist
		}
		delete(f.names, from)
		f.names[to] = n
		n.name = to
		f.pending = append(f.pending, dirOp{from, to, n})
		return nil
	})
}

// Remove implements sealedlog.FS.
func (f *FS) Remove(name string) error {
	return f.do("remove", name, func() error {
		if f.names[name] == nil {
			return fs.ErrNotExist
		}
		delete(f.names, name)
		f.pending = append(f.pending, dirOp{remove: name})
		return nil
	})
}

// SyncDir implements sealedlog.FS.
func (f *FS) SyncDir() error {
	return f.do("syncdir", "", func() error {
		f.durable = maps.Clone(f.names)
		f.pending = nil
		return nil
	})
}

// Free implements sealedlog.FS.
func (f *FS) Free() (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Limit == 0 {
		return 1 << 50, nil
	}
	return uint64(max(0, f.Limit-f.bytes())), nil
}

type file struct {
	fs *FS
	n  *inode
}

func (h *file) ReadAt(p []byte, off int64) (n int, err error) {
	err = h.fs.on(h.n, "read", "", len(p), func() error {
		if off >= int64(len(h.n.data)) {
			return io.EOF
		}
		n = copy(p, h.n.data[off:])
		if n < len(p) {
			return io.EOF
		}
		return nil
	})
	return n, err
}

func (h *file) WriteAt(p []byte, off int64) (n int, err error) {
	err = h.fs.on(h.n, "write", "", len(p), func() error {
		n = len(p)
		end := off + int64(n)
		if grow := end - int64(len(h.n.data)); grow > 0 {
			if h.fs.Limit > 0 && h.fs.bytes()+grow > h.fs.Limit {
				n = 0
				return syscall.ENOSPC
			}
			h.n.data = append(h.n.data, make([]byte, grow)...)
		}
		copy(h.n.data[off:], p)
		for s := off / sector; s*sector < end; s++ {
			h.n.dirty[int(s)] = true
		}
		return nil
	})
	if errors.Is(err, ErrShort) {
		n /= 2
	}
	return n, err
}

func (h *file) Sync() error {
	return h.fs.on(h.n, "sync", "", 0, func() error {
		// Only what is dirty: sectors that a failed sync has lost stay lost.
		if len(h.n.durable) < len(h.n.data) {
			h.n.durable = append(h.n.durable, make([]byte, len(h.n.data)-len(h.n.durable))...)
		}
		for s := range h.n.dirty {
			to := min((s+1)*sector, len(h.n.data))
			copy(h.n.durable[s*sector:to], h.n.data[s*sector:to])
		}
		clear(h.n.dirty)
		return nil
	})
}

func (h *file) Allocate(size int64) (fresh bool, err error) {
	return true, h.fs.on(h.n, "allocate", "", int(size), func() error {
		if grow := size - int64(len(h.n.data)); grow > 0 {
			if h.fs.Limit > 0 && h.fs.bytes()+grow > h.fs.Limit {
				return syscall.ENOSPC
			}
			h.n.data = append(h.n.data, make([]byte, grow)...)
		}
		return nil
	})
}

func (h *file) Size() (int64, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	return int64(len(h.n.data)), nil
}

func (h *file) Close() error { return nil }
