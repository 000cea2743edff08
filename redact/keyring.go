package redact

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// minKey is the least length of a key in bytes: as many as its HMAC has.
const minKey = 32

// maxKeyFile bounds what is read from a key file, in bytes.
const maxKeyFile = 64 << 10

// Keyring is a named key with its rotation: the first entry writes, the others
// are kept so that what they wrote is recognised and opened.
type Keyring struct {
	entries []keyEntry
}

type keyEntry struct {
	id     string
	secret []byte
}

// ErrKey is in the chain of every error that [LoadKeys] and [ParseKeyring]
// return. Such an error never holds key material.
var ErrKey = errors.New("key")

// ParseKeyring reads lines of an id and a base64 key of at least 32 bytes.
// Empty lines and lines that begin with '#' are skipped. A single line may
// leave out the id, which then is k1.
func ParseKeyring(r io.Reader) (*Keyring, error) {
	k := new(Keyring)
	sc := bufio.NewScanner(io.LimitReader(r, maxKeyFile))
	for line := 1; sc.Scan(); line++ {
		fields := strings.Fields(sc.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		id, text := "k1", fields[len(fields)-1]
		if len(fields) == 2 {
			id = fields[0]
		}
		if len(fields) > 2 || len(fields) == 1 && len(k.entries) > 0 {
			return nil, fmt.Errorf("%w: line %d: want an id and a base64 key", ErrKey, line)
		}
		if !validKeyID(id) {
			return nil, fmt.Errorf("%w: line %d: an id has 1 to 16 lower-case letters, digits or '_'", ErrKey, line)
		}
		secret, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(text), "="))
		if err != nil {
			return nil, fmt.Errorf("%w: line %d: the key is no base64", ErrKey, line)
		}
		if len(secret) < minKey {
			return nil, fmt.Errorf("%w: line %d: the key has %d bytes, at least %d are needed", ErrKey, line, len(secret), minKey)
		}
		for _, e := range k.entries {
			if e.id == id {
				return nil, fmt.Errorf("%w: line %d: the id %s is taken by an earlier line", ErrKey, line, id)
			}
		}
		k.entries = append(k.entries, keyEntry{id, secret})
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	if len(k.entries) == 0 {
		return nil, fmt.Errorf("%w: holds no key: write a line with an id and 32 random bytes in base64", ErrKey)
	}
	return k, nil
}

func validKeyID(id string) bool {
	if id == "" || len(id) > 16 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}

// LoadKeys reads every key of the policy from its file or environment
// variable.
func LoadKeys(p *Policy) (map[string]*Keyring, error) {
	out := make(map[string]*Keyring, len(p.keys))
	var errs []error
	for name, src := range p.keys {
		k, err := loadKey(src)
		if err != nil {
			errs = append(errs, fmt.Errorf("policy::keys::%s: %w", name, err))
			continue
		}
		out[name] = k
	}
	return out, errors.Join(errs...)
}

func loadKey(src KeySource) (*Keyring, error) {
	if src.Env != "" {
		text, ok := os.LookupEnv(src.Env)
		if !ok {
			return nil, fmt.Errorf("%w: the environment variable %s is not set", ErrKey, shown(src.Env))
		}
		return ParseKeyring(strings.NewReader(text))
	}
	f, err := os.Open(src.File)
	if err != nil {
		var reason *fs.PathError
		if errors.As(err, &reason) {
			err = fmt.Errorf("%s %s: %w", reason.Op, shown(src.File), reason.Err)
		}
		return nil, fmt.Errorf("%w: %w; correct the path, or write a line of an id and the output of `openssl rand -base64 32` into the file", ErrKey, err)
	}
	defer f.Close()
	k, err := ParseKeyring(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", src.File, err)
	}
	return k, nil
}

// shown is what an error may say of the place of a key: who writes ${env:KEY} where a
// name belongs has the key itself stand there.
func shown(place string) string {
	// Most paths would be base64 as well, but for their slashes.
	if _, err := ParseKeyring(strings.NewReader(place)); err == nil && strings.Count(place, "/") < 3 {
		return "(not shown, it may be a key itself)"
	}
	return place
}
