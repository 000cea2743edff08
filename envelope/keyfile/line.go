package keyfile

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

const (
	maxFileBytes = 64 << 10
	maxKeys      = 256
	maxIDLength  = 64
)

// ErrFormat: the key file's content is wrong. The message names the line, and
// never shows what stands in it.
var ErrFormat = errors.New("malformed key file")

type key struct {
	id     string
	secret [envelope.KeySize]byte
}

// parse reads all keys. On an error nothing of the keys remains in memory but
// in content, which is the caller's to wipe.
func parse(content []byte) (keys []key, err error) {
	if len(content) > maxFileBytes {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrFormat, maxFileBytes)
	}
	// One allocation, so that growing the slice leaves no copy behind.
	keys = make([]key, 0, min(maxKeys, bytes.Count(content, []byte{'\n'})+1))
	defer func() {
		if err != nil {
			wipe(keys)
			keys = nil
		}
	}()
	seen := map[string]bool{}
	number := 0
	for line := range bytes.SplitSeq(content, []byte{'\n'}) {
		number++
		fields := bytes.Fields(line)
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		if len(fields) != 2 {
			return keys, fmt.Errorf("%w: line %d has %d fields, want `id base64-of-32-bytes`", ErrFormat, number, len(fields))
		}
		if len(keys) == maxKeys {
			return keys, fmt.Errorf("%w: more than %d keys", ErrFormat, maxKeys)
		}
		id := string(fields[0])
		if !ValidID(id) {
			return keys, fmt.Errorf("%w: line %d: id must be 1 to %d of A-Z a-z 0-9 . _ -", ErrFormat, number, maxIDLength)
		}
		if seen[id] {
			return keys, fmt.Errorf("%w: line %d: id %s appears twice", ErrFormat, number, id)
		}
		seen[id] = true
		keys = append(keys, key{id: id})
		if err := decode(&keys[len(keys)-1].secret, fields[1]); err != nil {
			return keys, fmt.Errorf("%w: line %d: %w", ErrFormat, number, err)
		}
	}
	if len(keys) == 0 {
		return keys, fmt.Errorf("%w: no key; write a line with `sealctl spool keygen`", ErrFormat)
	}
	return keys, nil
}

func decode(dst *[envelope.KeySize]byte, text []byte) error {
	enc := base64.StdEncoding.Strict()
	var buf [48]byte // DecodedLen of the only valid length
	defer envelope.Wipe(buf[:])
	if len(text) != enc.EncodedLen(envelope.KeySize) {
		return fmt.Errorf("key is not the base64 of %d bytes", envelope.KeySize)
	}
	n, err := enc.Decode(buf[:], text)
	if err != nil || n != envelope.KeySize {
		// The decoder's own error quotes positions of the key text.
		return fmt.Errorf("key is not the base64 of %d bytes", envelope.KeySize)
	}
	if bytes.Count(buf[:n], buf[:1]) == n {
		// A placeholder such as 32 zero bytes must not pass for a key.
		return errors.New("key is one byte repeated; make one with `sealctl spool keygen`")
	}
	copy(dst[:], buf[:n])
	return nil
}

// ValidID reports whether id can name a key: 1 to 64 of A-Z a-z 0-9 . _ -
func ValidID(id string) bool {
	if id == "" || len(id) > maxIDLength {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

func wipe(keys []key) {
	for i := range keys {
		envelope.Wipe(keys[i].secret[:])
	}
}

// NewLine makes a line, newline included, with a fresh key from the system's
// random source. An empty id is replaced by "spool-" and 8 random hex digits.
// The caller wipes the line.
func NewLine(id string) ([]byte, error) {
	if id == "" {
		var suffix [4]byte
		_, _ = rand.Read(suffix[:]) // never fails, see crypto/rand
		id = "spool-" + hex.EncodeToString(suffix[:])
	}
	if !ValidID(id) {
		return nil, fmt.Errorf("key id must be 1 to %d of A-Z a-z 0-9 . _ -", maxIDLength)
	}
	enc := base64.StdEncoding
	var secret [envelope.KeySize]byte
	defer envelope.Wipe(secret[:])
	_, _ = rand.Read(secret[:])
	// Full capacity at once: growing would leave a copy of the key behind.
	line := make([]byte, 0, len(id)+1+enc.EncodedLen(len(secret))+1)
	line = append(line, id...)
	line = append(line, ' ')
	line = enc.AppendEncode(line, secret[:])
	return append(line, '\n'), nil
}

// Create writes line to a new file of mode 0600 and syncs it. It refuses to
// replace a file: overwriting a key file destroys all that its keys protect.
func Create(path string, line []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s exists and is never overwritten; to rotate, put a new line on top of it: %w", path, err)
	}
	if err != nil {
		return fmt.Errorf("create key file: %w", err)
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			// A torn key file would look like a damaged one for ever.
			err = errors.Join(fmt.Errorf("write key file: %w", err), os.Remove(path))
		}
	}()
	if _, err = f.Write(line); err != nil {
		return err
	}
	return f.Sync()
}
