package sealedlog

import (
	"errors"
	"fmt"
	"os"
)

// Dir is a directory of the operating system. Names can't lead out of it.
type Dir struct {
	root *os.Root
	path string
}

// OpenDir opens an existing directory.
func OpenDir(path string) (*Dir, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &Dir{root: root, path: path}, nil
}

// Close closes the directory; open files stay open.
func (d *Dir) Close() error { return d.root.Close() }

// List implements FS.
func (d *Dir) List() ([]string, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// Create implements FS.
func (d *Dir) Create(name string) (File, error) {
	f, err := d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// Open implements FS.
func (d *Dir) Open(name string) (File, error) {
	info, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	// A symbolic link or a pipe in the place of a segment is an attack or a
	// mistake; opening a pipe would block for ever.
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	f, err := d.root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// Rename implements FS.
func (d *Dir) Rename(oldName, newName string) error { return d.root.Rename(oldName, newName) }

// Remove implements FS.
func (d *Dir) Remove(name string) error { return d.root.Remove(name) }

// SyncDir implements FS.
func (d *Dir) SyncDir() error {
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(syncDir(f), f.Close())
}

// Free implements FS.
func (d *Dir) Free() (uint64, error) { return freeSpace(d.path) }

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f osFile) Sync() error { return dataSync(f.File) }

func (f osFile) Allocate(size int64) (fresh bool, err error) { return allocate(f.File, size) }
