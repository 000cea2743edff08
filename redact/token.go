package redact

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// DeterministicCipher is deterministic authenticated encryption: the same text
// under the same key and data gives the same result, and nothing else can be
// learned without the key. AES-SIV of RFC 5297 is one.
type DeterministicCipher interface {
	EncryptDeterministically(plaintext, associatedData []byte) ([]byte, error)
	DecryptDeterministically(ciphertext, associatedData []byte) ([]byte, error)
}

// A token is <label:key id:base64url>. The shortest text seals to the 16 bytes
// of the synthetic IV and one more.
const (
	minTokenChars = 23
	maxTokenChars = 4096
)

// tokenData binds a token to its format.
var tokenData = []byte("redact token v1")

type cipherEntry struct {
	id     string
	cipher DeterministicCipher
}

func (e *Engine) newCiphers(newCipher func([]byte) (DeterministicCipher, error)) error {
	e.ciphers = map[string][]cipherEntry{}
	for i := range e.policy.rules {
		a := &e.policy.rules[i].action
		if a.verb != Token || e.ciphers[a.key] != nil {
			continue
		}
		if newCipher == nil {
			return fmt.Errorf("policy::rules[%d]::action::token: this build has no cipher for tokens", i)
		}
		list, err := tokenCiphers(e.keys[a.key], newCipher)
		if err != nil {
			return fmt.Errorf("policy::rules[%d]::action::token: %w", i, err)
		}
		e.ciphers[a.key] = list
	}
	return nil
}

func tokenCiphers(ring *Keyring, newCipher func([]byte) (DeterministicCipher, error)) ([]cipherEntry, error) {
	var list []cipherEntry
	for _, k := range ring.entries {
		key, err := hkdf.Key(sha256.New, k.secret, nil, "redact token v1", 64)
		if err != nil {
			return nil, err
		}
		c, err := newCipher(key)
		if err != nil {
			return nil, err
		}
		list = append(list, cipherEntry{k.id, c})
	}
	return list, nil
}

// token appends the token of text. A text that is too long for a token, or
// that can't be sealed, is masked.
func (r *Run) token(out []byte, rule int, text string) ([]byte, bool) {
	ru := &r.e.policy.rules[rule]
	c := r.e.ciphers[ru.action.key][0]
	if len(text) > maxTokenChars/4*3-32 {
		return append(out, maskText...), true
	}
	sealed, err := c.cipher.EncryptDeterministically([]byte(text), tokenData)
	if err != nil {
		return append(out, maskText...), true
	}
	out = append(out, '<')
	out = append(out, ru.label...)
	out = append(out, ':')
	out = append(out, c.id...)
	out = append(out, ':')
	out = base64.RawURLEncoding.AppendEncode(out, sealed)
	return append(out, '>'), true
}

func (e *Engine) opens(rule int, token string) bool {
	_, err := openToken(e.ciphers[e.policy.rules[rule].action.key], token)
	return err == nil
}

// ErrToken is returned for a text that is no token, or that the key does not
// open. It says no more, so that it can't serve as an oracle.
var ErrToken = errors.New("not a token of this key")

func openToken(list []cipherEntry, token string) (string, error) {
	if ownEnd(token, 0) != len(token) || len(token) == 0 || token[0] != '<' {
		return "", ErrToken
	}
	parts := strings.Split(strings.Trim(token, "<>"), ":")
	if len(parts) != 3 {
		return "", ErrToken
	}
	sealed, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return "", ErrToken
	}
	for _, c := range list {
		if c.id != parts[1] {
			continue
		}
		if text, err := c.cipher.DecryptDeterministically(sealed, tokenData); err == nil {
			return string(text), nil
		}
	}
	return "", ErrToken
}

// Reveal opens a token that was written with a key of the ring. The error is
// [ErrToken] for anything that does not open.
func Reveal(token string, ring *Keyring, newCipher func(key []byte) (DeterministicCipher, error)) (string, error) {
	list, err := tokenCiphers(ring, newCipher)
	if err != nil {
		return "", err
	}
	return openToken(list, token)
}
