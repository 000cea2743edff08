package envelope_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

func TestWrappedRoundTrip(t *testing.T) {
	t.Parallel()
	w := envelope.Wrapped{Provider: "keyfile", KeyID: "k1", Blob: []byte{1, 2, 3}}
	b, err := w.AppendBinary([]byte("head"))
	require.NoError(t, err)
	assert.Equal(t, "head\x07keyfile\x00\x02k1\x00\x03\x01\x02\x03", string(b))
	got, rest, err := envelope.ParseWrapped(append(b[4:], "tail"...))
	require.NoError(t, err)
	assert.Equal(t, w, got)
	assert.Equal(t, "tail", string(rest))
	assert.NotContains(t, w.String(), string(w.Blob))
	for cut := range len(b) - 4 {
		_, _, err = envelope.ParseWrapped(b[4 : 4+cut])
		assert.ErrorIs(t, err, envelope.ErrWrappedFormat)
	}
}

func TestWrappedBounds(t *testing.T) {
	t.Parallel()
	largest := envelope.Wrapped{Provider: strings.Repeat("p", 32), KeyID: strings.Repeat("k", 1024), Blob: make([]byte, 2560)}
	b, err := largest.AppendBinary(nil)
	require.NoError(t, err)
	assert.Len(t, b, envelope.MaxWrapped)
	for _, w := range []envelope.Wrapped{
		{},
		{Provider: "p", KeyID: "k"},
		{Provider: "p", Blob: []byte{1}},
		{KeyID: "k", Blob: []byte{1}},
		{Provider: largest.Provider + "p", KeyID: "k", Blob: []byte{1}},
		{Provider: "p", KeyID: largest.KeyID + "k", Blob: []byte{1}},
		{Provider: "p", KeyID: "k", Blob: append(largest.Blob, 1)},
	} {
		_, err := w.AppendBinary(nil)
		assert.ErrorIs(t, err, envelope.ErrWrappedFormat)
	}
}

func TestWrappedID(t *testing.T) {
	t.Parallel()
	seen := map[[32]byte]bool{}
	for _, w := range []envelope.Wrapped{
		{Provider: "ab", KeyID: "c", Blob: []byte("d")},
		{Provider: "a", KeyID: "bc", Blob: []byte("d")},
		{Provider: "a", KeyID: "b", Blob: []byte("cd")},
	} {
		seen[w.ID()] = true
	}
	assert.Len(t, seen, 3)
}

func FuzzParseWrapped(f *testing.F) {
	b, err := envelope.Wrapped{Provider: "keyfile", KeyID: "k1", Blob: []byte{1, 2, 3}}.AppendBinary(nil)
	require.NoError(f, err)
	f.Add(b)
	f.Add([]byte{})
	f.Add([]byte{1, 'p', 0, 1, 'k', 0xff, 0xff})
	f.Fuzz(func(t *testing.T, in []byte) {
		w, rest, err := envelope.ParseWrapped(in)
		if err != nil {
			require.ErrorIs(t, err, envelope.ErrWrappedFormat)
			return
		}
		out, err := w.AppendBinary(nil)
		require.NoError(t, err)
		require.Equal(t, in, append(out, rest...))
	})
}

func TestContext(t *testing.T) {
	t.Parallel()
	c := envelope.Context{"b": "2", "a": "1"}
	d := c.With("c", "3")
	assert.Len(t, c, 2, "With does not change the receiver")
	assert.Equal(t, "{a: 1, b: 2, c: 3}", d.String())
	assert.NotEqual(t, envelope.Context{"a": "bc"}.Hash(), envelope.Context{"ab": "c"}.Hash())
	assert.NotEqual(t, envelope.Context{}.Hash(), envelope.Context{"a": "b"}.Hash())
	assert.Equal(t, envelope.Context(nil).Hash(), envelope.Context{}.Hash())
	many := envelope.Context{}
	for i := range 33 {
		many[strings.Repeat("x", i+1)] = "y"
	}
	for want, bad := range map[string]envelope.Context{
		"empty key":       {"": "x"},
		"empty value":     {"x": ""},
		"reserved prefix": {"AWS:x": "y"},
		"not valid UTF-8": {"x": "\xff"},
		"33 pairs":        many,
		"bytes, at most":  {"x": strings.Repeat("y", 4096)},
	} {
		assert.ErrorContains(t, bad.Validate(), want)
	}
	assert.NoError(t, envelope.Context(nil).Validate())
}

func TestErrors(t *testing.T) {
	t.Parallel()
	cause := io.ErrUnexpectedEOF
	err := error(&envelope.Error{Class: envelope.ErrThrottled, Provider: "p", Op: "unwrap", KeyID: "k\x1b[31m", Detail: "line\nbreak " + strings.Repeat("x", 1000), Err: cause})
	assert.ErrorIs(t, err, envelope.ErrThrottled)
	assert.ErrorIs(t, err, cause)
	assert.NotErrorIs(t, err, envelope.ErrDenied)
	assert.NotContains(t, err.Error(), "\n")
	assert.NotContains(t, err.Error(), "\x1b")
	assert.Less(t, len(err.Error()), 600)
	for _, tc := range []struct {
		err                error
		class              string
		retryable, revoked bool
	}{
		{nil, "ok", false, false},
		{errors.New("x"), "other", false, false},
		{envelope.ErrTransient, "transient", true, false},
		{envelope.ErrThrottled, "throttled", true, false},
		{envelope.ErrDenied, "denied", false, true},
		{envelope.ErrDisabled, "disabled", false, true},
		{envelope.ErrGone, "gone", false, true},
		{envelope.ErrBadCiphertext, "bad_ciphertext", false, true},
		{envelope.ErrUnknownKey, "unknown_key", false, true},
		{envelope.ErrInvalid, "invalid", false, false},
	} {
		assert.Equal(t, tc.class, envelope.Class(tc.err))
		assert.Equal(t, tc.retryable, envelope.Retryable(tc.err), tc.class)
		assert.Equal(t, tc.revoked, envelope.Revoked(tc.err), tc.class)
	}
}
