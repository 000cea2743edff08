package envelope

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Context is an encryption context: public pairs that a wrapped key is bound
// to. A KMS opens the wrapped key only for the same pairs, logs them, and its
// policies can ask for them. Never put a secret in.
type Context map[string]string

// PurposeKey and PurposeSpool are the pair that the storage extension adds, so
// that a key policy can allow the spool without allowing the archive.
const (
	PurposeKey   = "otel-purpose"
	PurposeSpool = "spool"
)

const (
	maxContextPairs = 32
	// AWS KMS takes at most 8,192 characters of JSON for a context; half of
	// it leaves room for quoting.
	maxContextBytes = 4096
)

// With returns a copy with the pair added; c is unchanged.
func (c Context) With(key, value string) Context {
	out := make(Context, len(c)+1)
	maps.Copy(out, c)
	out[key] = value
	return out
}

// Validate refuses what not every provider can carry. It names the key of the
// bad pair.
func (c Context) Validate() error {
	if len(c) > maxContextPairs {
		return fmt.Errorf("encryption context has %d pairs, at most %d are allowed", len(c), maxContextPairs)
	}
	size := 0
	for _, k := range slices.Sorted(maps.Keys(c)) {
		v := c[k]
		size += len(k) + len(v)
		switch {
		case k == "":
			return errors.New("encryption context has an empty key")
		case !utf8.ValidString(k) || !utf8.ValidString(v):
			return fmt.Errorf("encryption context: pair %q is not valid UTF-8", Printable(k, 64))
		case strings.HasPrefix(strings.ToLower(k), "aws:"):
			// AWS services write pairs of this prefix themselves; a policy
			// that trusts them must not be satisfied by ours.
			return fmt.Errorf("encryption context: key %q begins with aws:, a reserved prefix", Printable(k, 64))
		case v == "":
			// An unset environment variable expands to nothing: without this
			// all stores of a fleet would share one context.
			return fmt.Errorf("encryption context: %q has an empty value; set it, or leave the pair out", Printable(k, 64))
		}
	}
	if size > maxContextBytes {
		return fmt.Errorf("encryption context has %d bytes, at most %d are allowed", size, maxContextBytes)
	}
	return nil
}

// Canonical returns the one encoding of c: the number of pairs, then every
// pair in byte order of its keys, each string after its length (u32,
// big-endian). Lengths keep {"a":"bc"} and {"ab":"c"} apart.
func (c Context) Canonical() []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(c)))
	for _, k := range slices.Sorted(maps.Keys(c)) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(k)))
		out = append(out, k...)
		out = binary.BigEndian.AppendUint32(out, uint32(len(c[k])))
		out = append(out, c[k]...)
	}
	return out
}

// Hash is SHA-256 of Canonical.
func (c Context) Hash() [32]byte { return sha256.Sum256(c.Canonical()) }

// String lists the pairs for messages, sorted and printable.
func (c Context) String() string {
	var b strings.Builder
	b.WriteByte('{')
	for i, k := range slices.Sorted(maps.Keys(c)) {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s: %s", Printable(k, 128), Printable(c[k], 128))
	}
	b.WriteByte('}')
	return b.String()
}
