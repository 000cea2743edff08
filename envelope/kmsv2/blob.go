package kmsv2

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// Blob format, version 1: what the plug-in returned and wants back.
//
//	version u8 | ciphertext length u16 | ciphertext | count u8 | { name length u16 | name | value length u16 | value }*
//
// Annotations stand in strictly ascending order of their names, so that one
// set has one encoding.
const blobVersion = 1

// Bounds of the protocol (api.proto): ciphertext and key id under 1 kB.
// Annotations may have 32 kB there; here all must fit into a file header,
// which envelope.Wrapped enforces.
const (
	maxCiphertext  = 1023
	maxKeyID       = 1023
	maxAnnotations = 32
)

var errBlob = errors.New("not a key wrapped by this version of the KMS v2 provider")

type blob struct {
	ciphertext  []byte
	annotations map[string][]byte
}

func (b blob) encode() ([]byte, error) {
	if len(b.ciphertext) == 0 || len(b.ciphertext) > maxCiphertext {
		return nil, fmt.Errorf("ciphertext of %d bytes, the protocol allows 1 to %d", len(b.ciphertext), maxCiphertext)
	}
	if len(b.annotations) > maxAnnotations {
		return nil, fmt.Errorf("%d annotations, at most %d fit into a file header", len(b.annotations), maxAnnotations)
	}
	out := []byte{blobVersion}
	out = appendField(out, b.ciphertext)
	out = append(out, byte(len(b.annotations)))
	for _, name := range slices.Sorted(maps.Keys(b.annotations)) {
		if len(name) > 0xffff || len(b.annotations[name]) > 0xffff {
			return nil, errors.New("annotation too long for a file header")
		}
		out = appendField(out, []byte(name))
		out = appendField(out, b.annotations[name])
	}
	return out, nil
}

func appendField(dst, field []byte) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(field))), field...)
}

func parseBlob(in []byte) (blob, error) {
	if len(in) < 1 || in[0] != blobVersion {
		return blob{}, errBlob
	}
	ciphertext, in, ok := takeField(in[1:])
	if !ok || len(ciphertext) == 0 || len(ciphertext) > maxCiphertext || len(in) < 1 || int(in[0]) > maxAnnotations {
		return blob{}, errBlob
	}
	out := blob{ciphertext: ciphertext}
	count := int(in[0])
	in = in[1:]
	last := ""
	for i := range count {
		var name, value []byte
		if name, in, ok = takeField(in); !ok {
			return blob{}, errBlob
		}
		if value, in, ok = takeField(in); !ok || !utf8.Valid(name) || i > 0 && string(name) <= last {
			return blob{}, errBlob
		}
		if out.annotations == nil {
			out.annotations = make(map[string][]byte, count)
		}
		last = string(name)
		out.annotations[last] = value
	}
	if len(in) != 0 {
		return blob{}, errBlob
	}
	return out, nil
}

func takeField(in []byte) (field, rest []byte, ok bool) {
	if len(in) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(in))
	if len(in) < 2+n {
		return nil, nil, false
	}
	return in[2 : 2+n], in[2+n:], true
}

// Plaintext that the plug-in encrypts:
//
//	version u8 | epoch key 32 | SHA-256(canonical context) 32
const (
	plainVersion = 1
	plainSize    = 1 + envelope.KeySize + sha256.Size
)

func plaintext(secret []byte, ec envelope.Context) []byte {
	out := make([]byte, 0, plainSize)
	out = append(out, plainVersion)
	out = append(out, secret...)
	hash := ec.Hash()
	return append(out, hash[:]...)
}

// secretOf returns a copy of the key in plain, if plain was made for ec.
func secretOf(plain []byte, ec envelope.Context) ([]byte, error) {
	if len(plain) != plainSize || plain[0] != plainVersion {
		return nil, errors.New("the plug-in decrypted it to something that is not an epoch key")
	}
	hash := ec.Hash()
	if subtle.ConstantTimeCompare(plain[1+envelope.KeySize:], hash[:]) != 1 {
		return nil, fmt.Errorf("it was wrapped under another encryption context than %s", ec)
	}
	return append([]byte(nil), plain[1:1+envelope.KeySize]...), nil
}
