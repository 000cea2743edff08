package keyfile

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// Name is the provider's name in file headers.
const Name = "keyfile"

// Settings tell where the keys are.
type Settings struct {
	// Path of the key file.
	Path string
	// SpoolDirectory is what the keys protect; the file must lie outside. Empty
	// skips the check, for tools that have no spool directory.
	SpoolDirectory string
}

// Provider implements envelope.Provider. It holds no key between requests.
type Provider struct{ settings Settings }

var (
	_ envelope.Provider = (*Provider)(nil)
	_ envelope.Wrapper  = (*Provider)(nil)
)

// New checks only the settings; the file is read by each request.
func New(s Settings) (*Provider, error) {
	if s.Path == "" {
		return nil, errors.New("key_file::path is empty")
	}
	return &Provider{settings: s}, nil
}

// Name implements envelope.Provider.
func (*Provider) Name() string { return Name }

// Blob format, version 1:
//
//	version u8 | salt 32 | nonce 12 | ciphertext 32 | tag 16
//
// The wrapping key is HKDF-SHA256(file key, salt, label ‖ id length u16 ‖ id ‖ SHA-256(context)).
const (
	blobVersion = 1
	saltSize    = 32
	blobSize    = 1 + saltSize + 12 + envelope.KeySize + 16
	wrapLabel   = "otelcol-sealed keyfile wrap v1"
)

// Generate wraps a fresh key under the first line's key.
func (p *Provider) Generate(ctx context.Context, ec envelope.Context) (*envelope.EpochKey, error) {
	secret := make([]byte, envelope.KeySize)
	defer envelope.Wipe(secret)
	_, _ = rand.Read(secret) // never fails, see crypto/rand
	w, err := p.wrap(ctx, "generate", secret, ec)
	if err != nil {
		return nil, err
	}
	return envelope.NewEpochKey(secret, w)
}

// Wrap implements envelope.Wrapper.
func (p *Provider) Wrap(ctx context.Context, secret []byte, ec envelope.Context) (envelope.Wrapped, error) {
	return p.wrap(ctx, "wrap", secret, ec)
}

func (p *Provider) wrap(ctx context.Context, op string, secret []byte, ec envelope.Context) (envelope.Wrapped, error) {
	if err := ec.Validate(); err != nil {
		return envelope.Wrapped{}, p.fail(op, "", envelope.ErrInvalid, err)
	}
	keys, err := p.load(ctx, op)
	if err != nil {
		return envelope.Wrapped{}, err
	}
	defer wipe(keys)
	blob := make([]byte, 1+saltSize, blobSize)
	blob[0] = blobVersion
	_, _ = rand.Read(blob[1:])
	aead, err := wrapper(&keys[0], blob[1:], ec)
	if err != nil {
		return envelope.Wrapped{}, p.fail(op, keys[0].id, envelope.ErrInvalid, err)
	}
	blob = aead.Seal(blob, nil, secret, blob[:1])
	return envelope.Wrapped{Provider: Name, KeyID: keys[0].id, Blob: blob}, nil
}

// Unwrap opens w with the line of the same id.
func (p *Provider) Unwrap(ctx context.Context, w envelope.Wrapped, ec envelope.Context) (*envelope.EpochKey, error) {
	const op = "unwrap"
	if w.Provider != Name {
		return nil, p.fail(op, w.KeyID, envelope.ErrUnknownKey,
			fmt.Errorf("it was wrapped by provider %s, the configuration has %s", envelope.Printable(w.Provider, 32), Name))
	}
	keys, err := p.load(ctx, op)
	if err != nil {
		return nil, err
	}
	defer wipe(keys)
	var found *key
	for i := range keys {
		if keys[i].id == w.KeyID {
			found = &keys[i]
		}
	}
	if found == nil {
		ids := make([]string, len(keys))
		for i := range keys {
			ids[i] = keys[i].id
		}
		return nil, p.fail(op, w.KeyID, envelope.ErrUnknownKey,
			fmt.Errorf("%s has only %s; add the line of the missing key", p.settings.Path, strings.Join(ids, ", ")))
	}
	if len(w.Blob) != blobSize || w.Blob[0] != blobVersion {
		return nil, p.fail(op, w.KeyID, envelope.ErrBadCiphertext, errors.New("not a key wrapped by this version of the key file provider"))
	}
	aead, err := wrapper(found, w.Blob[1:1+saltSize], ec)
	if err != nil {
		return nil, p.fail(op, w.KeyID, envelope.ErrInvalid, err)
	}
	secret, err := aead.Open(nil, nil, w.Blob[1+saltSize:], w.Blob[:1])
	if err != nil {
		return nil, p.fail(op, w.KeyID, envelope.ErrBadCiphertext,
			fmt.Errorf("altered, or the key of this id or the context %s has changed", ec))
	}
	return envelope.NewEpochKey(secret, w)
}

// Status reads the file and returns the first line's id.
func (p *Provider) Status(ctx context.Context, ec envelope.Context) (string, error) {
	if err := ec.Validate(); err != nil {
		return "", p.fail("status", "", envelope.ErrInvalid, err)
	}
	keys, err := p.load(ctx, "status")
	if err != nil {
		return "", err
	}
	defer wipe(keys)
	return keys[0].id, nil
}

func (p *Provider) load(ctx context.Context, op string) ([]key, error) {
	if err := ctx.Err(); err != nil {
		return nil, p.fail(op, "", envelope.ErrTransient, err)
	}
	keys, err := load(p.settings)
	if err != nil {
		return nil, p.fail(op, "", classOf(err), err)
	}
	return keys, nil
}

func (p *Provider) fail(op, keyID string, class, err error) error {
	return &envelope.Error{Class: class, Provider: Name, Op: op, KeyID: keyID, Detail: err.Error(), Err: err}
}

// wrapper derives the wrapping key. A salt per blob keeps the number of seals
// per AES key at one; the context is bound through the derivation.
func wrapper(k *key, salt []byte, ec envelope.Context) (cipher.AEAD, error) {
	info := binary.BigEndian.AppendUint16([]byte(wrapLabel), uint16(len(k.id)))
	info = append(info, k.id...)
	hash := ec.Hash()
	info = append(info, hash[:]...)
	kek, err := hkdf.Key(sha256.New, k.secret[:], salt, string(info), envelope.KeySize)
	if err != nil {
		return nil, err
	}
	defer envelope.Wipe(kek)
	block, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
