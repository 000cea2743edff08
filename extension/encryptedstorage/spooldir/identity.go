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
// a new UUID is made.
func LoadIdentity(ctx context.Context, dir string) ([16]byte, error) {
	path := filepath.Join(dir, identityName)
	id, err := ReadIdentity(dir)
	damaged := errors.Is(err, errIdentity)
	if !damaged && !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	headers, unread, err := newestHeaders(ctx, dir)
	if err != nil {
		return [16]byte{}, err
	}
	switch {
	case len(headers) > 0:
		id = headers[0].Store
		for _, h := range headers {
			if h.Store != id {
				return [16]byte{}, fmt.Errorf("%w and the segments in %s name different stores; restore it from a backup", errIdentity, dir)
			}
		}
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
func NewestHeaders(ctx context.Context, dir string) ([]*sealedlog.Header, error) {
	headers, _, err := newestHeaders(ctx, dir)
	return headers, err
}

// newestHeaders is NewestHeaders, and tells why a client with segments has none that
// can be read.
func newestHeaders(ctx context.Context, dir string) (headers []*sealedlog.Header, unread, err error) {
	names, err := Clients(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		d, err := sealedlog.OpenDir(filepath.Join(dir, name))
		if err != nil {
			return nil, nil, err
		}
		h, err := sealedlog.NewestHeader(d)
		_ = d.Close()
		switch {
		case err != nil:
			unread = errors.Join(unread, fmt.Errorf("folder %s: %w", name, err))
		case h != nil:
			headers = append(headers, h)
		}
	}
	return headers, unread, nil
}
