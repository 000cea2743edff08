package keyfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

var (
	// ErrPermissions: others than owner and group can reach the key file.
	ErrPermissions = errors.New("key file is not private")
	// ErrInsideSpool: the key file lies in the directory that it protects.
	ErrInsideSpool = errors.New("key file lies inside the spool directory")
)

// load opens, checks and parses the file. Checks are made on the open
// descriptor, so that the file can't be swapped between check and use.
func load(s Settings) ([]key, error) {
	if err := outside(s.Path, s.SpoolDirectory); err != nil {
		return nil, err
	}
	f, err := open(s.Path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // opened for reading only
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrFormat, s.Path)
	}
	if err := checkMode(s.Path, info); err != nil {
		return nil, err
	}
	if info.Size() > maxFileBytes {
		return nil, fmt.Errorf("%w: %s is larger than %d bytes", ErrFormat, s.Path, maxFileBytes)
	}
	// A fixed buffer, wiped: io.ReadAll would scatter copies as it grows.
	buf := make([]byte, maxFileBytes+1)
	defer envelope.Wipe(buf)
	n, err := io.ReadFull(f, buf)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	keys, err := parse(buf[:n])
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Path, err)
	}
	return keys, nil
}

// outside refuses a key file that a copy of the spool directory would carry
// along, by its written and by its resolved path.
func outside(path, spool string) error {
	if spool == "" {
		return nil
	}
	for _, resolve := range []func(string) (string, error){filepath.Abs, resolved} {
		file, err := resolve(path)
		if err != nil {
			return err
		}
		dir, err := resolve(spool)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a spool that is not there yet holds no file
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			continue // another volume (windows)
		}
		if rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return fmt.Errorf("%w: move %s out of %s", ErrInsideSpool, path, spool)
		}
	}
	return nil
}

func resolved(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// classOf maps an error of load to the class that a caller decides on.
func classOf(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return envelope.ErrGone
	case errors.Is(err, fs.ErrPermission), errors.Is(err, ErrPermissions):
		return envelope.ErrDenied
	case errors.Is(err, ErrFormat), errors.Is(err, ErrInsideSpool):
		return envelope.ErrInvalid
	default:
		return envelope.ErrTransient // EIO, EMFILE, a network file system that hangs up
	}
}
