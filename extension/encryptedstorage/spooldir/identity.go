package spooldir

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

// The file STORE names the store. Every segment is bound to its UUID.
//
//	magic "OTELSTOR" 8 | version u16 | 0 u16 | UUID 16 | CRC-32C u32
const (
	identityName  = "STORE"
	identityMagic = "OTELSTOR"
	identitySize  = 8 + 2 + 2 + 16 + 4
)

var errIdentity = errors.New("file STORE is damaged")

func encodeIdentity(id [16]byte) []byte {
	b := append(make([]byte, 0, identitySize), identityMagic...)
	b = binary.BigEndian.AppendUint16(b, sealedlog.Version)
	b = binary.BigEndian.AppendUint16(b, 0)
	b = append(b, id[:]...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

func decodeIdentity(b []byte) ([16]byte, error) {
	if len(b) < 10 || string(b[:8]) != identityMagic {
		return [16]byte{}, errIdentity
	}
	if v := binary.BigEndian.Uint16(b[8:]); v != sealedlog.Version {
		return [16]byte{}, fmt.Errorf("%w: file STORE has version %d, this program reads %d; use the release that wrote it", sealedlog.ErrUnsupportedVersion, v, sealedlog.Version)
	}
	if len(b) != identitySize || string(b) != string(encodeIdentity([16]byte(b[12:28]))) {
		return [16]byte{}, errIdentity
	}
	return [16]byte(b[12:28]), nil
}

// ReadIdentity reads the store's UUID and changes nothing. Whoever can write to
// the directory may have put a pipe or an endless file in its place: neither is
// waited for, nor read to its end.
func ReadIdentity(dir string) (id [16]byte, err error) {
	d, err := sealedlog.OpenDir(dir)
	if err != nil {
		return id, err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	f, err := d.Open(identityName)
	if err != nil {
		return id, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b := make([]byte, identitySize+1)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return id, fmt.Errorf("read file %s: %w", identityName, err)
	}
	return decodeIdentity(b[:n])
}

// LoadIdentity reads the store's UUID. A missing or damaged file is written
// again from the header of any segment; only in a directory without segments
// a new UUID is made. Segments of another store are an error.
func LoadIdentity(ctx context.Context, dir string) ([16]byte, error) {
	path := filepath.Join(dir, identityName)
	id, err := ReadIdentity(dir)
	damaged := errors.Is(err, errIdentity)
	if err != nil && !damaged && !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	found, unread, scanErr := segmentOwners(ctx, dir)
	switch {
	case scanErr != nil:
		return [16]byte{}, scanErr
	case err == nil:
		return id, refuseForeign(dir, id, found)
	case len(found) > 1:
		return [16]byte{}, fmt.Errorf("file %s can't be rebuilt: segments in %s name different stores, folder %s names %x and folder %s names %x; restore the file from a backup, or move what belongs to all stores but one to directories of their own",
			identityName, dir, found[0].folder, found[0].store, found[1].folder, found[1].store)
	case len(found) == 1:
		id = found[0].store
	case damaged:
		return [16]byte{}, fmt.Errorf("%w and there is no segment to rebuild it from; remove %s to start a new store", errIdentity, path)
	case unread != nil:
		// A new UUID would name other folders: the backlog would be left behind.
		return [16]byte{}, fmt.Errorf("file %s is missing and no segment in %s can be read to rebuild it from; restore it from a backup, or move the folders away to start a new store: %w", identityName, dir, unread)
	default:
		if _, err := rand.Read(id[:]); err != nil {
			return [16]byte{}, err
		}
	}
	return id, writeIdentity(dir, id)
}

// CheckOwner refuses a directory in which a segment names another store than id.
func CheckOwner(ctx context.Context, dir string, id [16]byte) error {
	found, _, err := segmentOwners(ctx, dir)
	if err != nil {
		return err
	}
	return refuseForeign(dir, id, found)
}

// refuseForeign is what STORE of another store runs into, as a restore in parts
// leaves it: its UUID names other folders, so an empty queue would start beside the
// backlog.
func refuseForeign(dir string, id [16]byte, found []owner) error {
	i := slices.IndexFunc(found, func(o owner) bool { return o.store != id })
	if i < 0 {
		return nil
	}
	foreign := found[i]
	advice := "move that folder to a directory of its own, where STORE is rebuilt from it"
	if len(found) == 1 {
		advice = "restore the STORE file of that store, or remove STORE, which is then rebuilt from the segments, or move the folder away"
	}
	return fmt.Errorf("%w: in %s the file %s names store %x, but the segments in folder %s name store %x; %s",
		sealedlog.ErrWrongStore, dir, identityName, id, foreign.folder, foreign.store, advice)
}

// writeIdentity replaces the file in one step, so that a crash leaves the old
// one or the new one.
func writeIdentity(dir string, id [16]byte) error {
	d, err := sealedlog.OpenDir(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	const temporary = identityName + ".new"
	if err := d.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := d.Create(temporary)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(encodeIdentity(id), 0)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write file %s: %w", identityName, err)
	}
	if err := d.Rename(temporary, identityName); err != nil {
		return err
	}
	return d.SyncDir()
}

// ClientDirectory is the name of a client's folder. It hides the client's name, which tells exporters and vendors.
func ClientDirectory(store [16]byte, client string) string {
	h := sha256.New()
	h.Write(store[:])
	h.Write([]byte(client))
	return hex.EncodeToString(h.Sum(nil))
}

// isClientDirectory tells our folders from others.
func isClientDirectory(name string) bool {
	b, err := hex.DecodeString(name)
	return err == nil && len(b) == sha256.Size && strings.ToLower(name) == name
}

// Clients lists the folders of all clients.
func Clients(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && isClientDirectory(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// NewestHeaders reads the newest segment header of every client. What can't be
// read is left to the opening of that client, which fails on it by name.
func NewestHeaders(ctx context.Context, dir string) (headers []*sealedlog.Header, err error) {
	err = eachClient(ctx, dir, func(_ string, d *sealedlog.Dir) {
		if h, err := sealedlog.NewestHeader(d); err == nil && h != nil {
			headers = append(headers, h)
		}
	})
	return headers, err
}

// owner is a store that segments name, and the first folder that holds one.
type owner struct {
	store  [16]byte
	folder string
}

// segmentOwners are the stores that the segments of all clients name. All headers
// are read, for a restore in parts can mix files in one folder. unread tells why a
// client with segments has none that can be read.
func segmentOwners(ctx context.Context, dir string) (found []owner, unread, err error) {
	err = eachClient(ctx, dir, func(name string, d *sealedlog.Dir) {
		var errs []error
		readable := false
		for h, err := range sealedlog.Headers(d) {
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				errs = append(errs, err)
				continue
			}
			readable = true
			if !slices.ContainsFunc(found, func(o owner) bool { return o.store == h.Store }) {
				found = append(found, owner{h.Store, name})
			}
		}
		if !readable && len(errs) > 0 {
			unread = errors.Join(unread, fmt.Errorf("folder %s: %w", name, errors.Join(errs...)))
		}
	})
	return found, unread, err
}

// eachClient opens the folders of all clients, one after the other.
func eachClient(ctx context.Context, dir string, visit func(name string, d *sealedlog.Dir)) error {
	names, err := Clients(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		d, err := sealedlog.OpenDir(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		visit(name, d)
		_ = d.Close()
		// A store of many segments must not outlive the patience of its starter.
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
