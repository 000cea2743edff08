package redact

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// siv is AES-CTR under an IV that is an HMAC of the text: deterministic, and
// opened with the key only. It stands for the AES-SIV of the component.
type siv struct{ key []byte }

func (s siv) mac(plaintext, data []byte) []byte {
	m := hmac.New(sha256.New, s.key)
	m.Write(data)
	m.Write(plaintext)
	return m.Sum(nil)[:aes.BlockSize]
}

func (s siv) stream(iv, in []byte) ([]byte, error) {
	block, err := aes.NewCipher(s.key[:32])
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(in))
	cipher.NewCTR(block, iv).XORKeyStream(out, in)
	return out, nil
}

func (s siv) EncryptDeterministically(plaintext, data []byte) ([]byte, error) {
	iv := s.mac(plaintext, data)
	sealed, err := s.stream(iv, plaintext)
	return append(iv, sealed...), err
}

func (s siv) DecryptDeterministically(sealed, data []byte) ([]byte, error) {
	if len(sealed) < aes.BlockSize {
		return nil, errors.New("too short")
	}
	out, err := s.stream(sealed[:aes.BlockSize], sealed[aes.BlockSize:])
	if err == nil && !hmac.Equal(s.mac(out, data), sealed[:aes.BlockSize]) {
		err = errors.New("does not open")
	}
	return out, err
}

func newSIV(key []byte) (DeterministicCipher, error) { return siv{key}, nil }

// brokenSIV panics with the text, as a cipher of a user may.
type brokenSIV struct{ siv }

func (brokenSIV) EncryptDeterministically(plaintext, _ []byte) ([]byte, error) {
	panic(string(plaintext))
}

// keyedEngine has a key named c with the id k1 and the rules.
func keyedEngine(t *testing.T, rules ...any) *Engine {
	return keyedEngineWith(t, newSIV, rules...)
}

func keyedEngineWith(t *testing.T, newCipher func([]byte) (DeterministicCipher, error), rules ...any) *Engine {
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("k1 "+base64.StdEncoding.EncodeToString(make([]byte, 32))+"\n"), 0o600))
	p, err := Parse(map[string]any{"rules": rules, "keys": map[string]any{"c": map[string]any{"file": file}}})
	require.NoError(t, err)
	keys, err := LoadKeys(p)
	require.NoError(t, err)
	e, err := New(p, Options{Keys: keys, NewCipher: newCipher})
	require.NoError(t, err)
	return e
}

// TestNobodyWritesLikeUs gives values the form of a pseudonym or a token: that
// must not keep them from being redacted.
func TestNobodyWritesLikeUs(t *testing.T) {
	t.Parallel()
	standard := testEngine(t, nil)
	tokens := keyedEngine(t, map[string]any{"name": "mail", "detect": []any{"all"}, "action": map[string]any{"token": map[string]any{"key": "c"}}})
	for _, text := range []string{
		"login <user:tok:ghp_16C7e42F292c6912E7710c838347Ae178B4a> ok",
		"<card:visa:4111111111111111-4111111111111111>",
		"<card:k1:4111111111111111-4111111111111111>",
		"<4111111111111111:k1:aaaaaaaaaaaaaaaaaaaaaaaaaa>",
		"<key:aws:AKIA2E0A8F3B244C9986-AKIA2E0A8F3B244C9986>",
		"<stripe:live:sk_live_4eC39HqLyjWDarjtT1zdp7dcabcdef>",
		"x " + base64.StdEncoding.EncodeToString([]byte("<card:visa:4111111111111111-4111111111111111>")),
	} {
		for name, e := range map[string]*Engine{"standard": standard, "tokens": tokens} {
			r := e.Begin(Logs)
			o := r.String(LogBody, r.Plain(LogBody), text)
			r.End()
			assert.Equal(t, SetText, o.Kind, "%s: %q", name, text)
		}
	}
	pseudonyms := keyedEngine(t, map[string]any{"name": "customer", "keys": []any{"enduser.id"}, "action": map[string]any{"pseudonym": map[string]any{"key": "c"}}})
	r := pseudonyms.Begin(Traces)
	d, _ := r.Key(SpanAttributes, "enduser.id")
	for _, text := range []string{"<x:y:jane_doe-4111111111111111>", "<customer:k9:aaaaaaaaaaaaaaaaaaaaaaaaaa>", "<customer:k1:jane_doe-4111111111111111>", "<alice_smith_1_main_st:k1:aaaaaaaaaaaaaaaaaaaaaaaaaa>"} {
		o := r.String(SpanAttributes, d, text)
		assert.Equal(t, SetText, o.Kind, text)
	}
	r.End()
}

// TestOwnOutputIsLeftAlone runs an agent and a gateway with the same keys.
func TestOwnOutputIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"pseudonym", "token"} {
		action := map[string]any{verb: map[string]any{"key": "c"}}
		e := keyedEngine(t, map[string]any{"name": "id", "keys": []any{"enduser.id"}, "action": action}, map[string]any{"name": "all", "detect": []any{"all"}, "action": action})
		r := e.Begin(Traces)
		d, _ := r.Key(SpanAttributes, "enduser.id")
		once := r.String(SpanAttributes, d, "jane")
		require.Equal(t, SetText, once.Kind)
		assert.True(t, strings.HasPrefix(once.Text, "<id:k1:"), once.Text)
		assert.Equal(t, Keep, r.String(SpanAttributes, d, once.Text).Kind)

		body := r.String(LogBody, r.Plain(LogBody), "password=hunter2x of jane@example.com")
		require.Equal(t, SetText, body.Kind)
		assert.Equal(t, Keep, r.String(LogBody, r.Plain(LogBody), body.Text).Kind, body.Text)
		r.End()
	}
}

// TestPanicInAnActionRemovesTheValue has a cipher that panics: under a key rule and
// for a hit.
func TestPanicInAnActionRemovesTheValue(t *testing.T) {
	t.Parallel()
	token := map[string]any{"token": map[string]any{"key": "c"}}
	e := keyedEngineWith(t, func(key []byte) (DeterministicCipher, error) { return brokenSIV{siv{key}}, nil },
		map[string]any{"name": "id", "keys": []any{"enduser.id"}, "action": token}, map[string]any{"name": "mail", "detect": []any{"email"}, "action": token})
	removed := Outcome{Kind: RemoveValue, Text: redactedText}
	for key, value := range map[string]string{"enduser.id": "jane", "note": "of jane@example.com"} {
		o, tally := rewrite(e, SpanAttributes, key, value)
		assert.Equal(t, removed, o, key)
		assert.EqualValues(t, 1, tally.Panics, key)
	}
}
