package keyfile_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/keyfile"
)

var spool = envelope.Context{"otel-store": "a", envelope.PurposeKey: envelope.PurposeSpool}

func line(t *testing.T, id string) string {
	t.Helper()
	b, err := keyfile.NewLine(id)
	require.NoError(t, err)
	return string(b)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
}

func open(t *testing.T, content string) (*keyfile.Provider, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "spool.key")
	write(t, path, content)
	p, err := keyfile.New(keyfile.Settings{Path: path})
	require.NoError(t, err)
	return p, path
}

func TestFirstLineWritesAllLinesRead(t *testing.T) {
	t.Parallel()
	first, second := line(t, "first"), line(t, "second")
	p, path := open(t, first)
	k, err := p.Generate(t.Context(), spool)
	require.NoError(t, err)
	assert.Equal(t, "first", k.Wrapped.KeyID)

	write(t, path, second+first)
	again, err := p.Unwrap(t.Context(), k.Wrapped, spool)
	require.NoError(t, err)
	assert.True(t, k.Equal(again))
	id, err := p.Status(t.Context(), spool)
	require.NoError(t, err)
	assert.Equal(t, "second", id, "an edit takes effect without a restart")
	newer, err := p.Generate(t.Context(), spool)
	require.NoError(t, err)
	assert.Equal(t, "second", newer.Wrapped.KeyID)

	write(t, path, second)
	_, err = p.Unwrap(t.Context(), k.Wrapped, spool)
	require.ErrorIs(t, err, envelope.ErrUnknownKey)
	require.ErrorContains(t, err, "first")
	require.ErrorContains(t, err, "has only second")
}

func TestContextAndBlobAreBound(t *testing.T) {
	t.Parallel()
	p, path := open(t, line(t, "k"))
	k, err := p.Generate(t.Context(), spool)
	require.NoError(t, err)
	_, err = p.Unwrap(t.Context(), k.Wrapped, spool.With("otel-store", "b"))
	require.ErrorIs(t, err, envelope.ErrBadCiphertext)
	for i := range k.Wrapped.Blob {
		w := k.Wrapped
		w.Blob = append([]byte(nil), w.Blob...)
		w.Blob[i] ^= 1
		_, err = p.Unwrap(t.Context(), w, spool)
		assert.ErrorIs(t, err, envelope.ErrBadCiphertext, "byte %d", i)
		w.Blob = w.Blob[:i]
		_, err = p.Unwrap(t.Context(), w, spool)
		assert.Error(t, err)
	}
	write(t, path, line(t, "k"))
	_, err = p.Unwrap(t.Context(), k.Wrapped, spool)
	require.ErrorIs(t, err, envelope.ErrBadCiphertext, "another key of the same id")
	foreign := k.Wrapped
	foreign.Provider = "awskms"
	_, err = p.Unwrap(t.Context(), foreign, spool)
	require.ErrorIs(t, err, envelope.ErrUnknownKey)
}

func TestEpochsDiffer(t *testing.T) {
	t.Parallel()
	p, _ := open(t, line(t, "k"))
	a, err := p.Generate(t.Context(), spool)
	require.NoError(t, err)
	b, err := p.Generate(t.Context(), spool)
	require.NoError(t, err)
	assert.False(t, a.Equal(b))
	assert.NotEqual(t, a.Wrapped.ID(), b.Wrapped.ID())
}

func TestFileThatMustNotBeUsed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no mode bits")
	}
	for mode, want := range map[os.FileMode]error{
		0o600: nil, 0o400: nil, 0o640: nil, 0o440: nil, 0o700: nil, 0o750: nil,
		0o604: keyfile.ErrPermissions, 0o602: keyfile.ErrPermissions, 0o601: keyfile.ErrPermissions,
		0o644: keyfile.ErrPermissions, 0o660: keyfile.ErrPermissions, 0o777: keyfile.ErrPermissions,
	} {
		p, path := open(t, line(t, "k"))
		require.NoError(t, os.Chmod(path, mode))
		_, err := p.Status(t.Context(), spool)
		if want == nil {
			assert.NoError(t, err, "%04o", mode)
			continue
		}
		assert.ErrorIs(t, err, want, "%04o", mode)
		assert.ErrorIs(t, err, envelope.ErrDenied, "%04o", mode)
		assert.ErrorContains(t, err, "chmod 0600")
	}
	p, path := open(t, "")
	for _, prepare := range []func() error{
		func() error { return os.Remove(path) },
		func() error { return os.Mkdir(path, 0o700) },
	} {
		require.NoError(t, prepare())
		_, err := p.Generate(t.Context(), spool)
		require.Error(t, err)
	}
	_, err := p.Generate(t.Context(), spool)
	require.ErrorIs(t, err, keyfile.ErrFormat, "a directory")
}

func TestSymbolicLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	spoolDir := filepath.Join(dir, "spool")
	require.NoError(t, os.Mkdir(spoolDir, 0o700))
	outside := filepath.Join(dir, "spool.key") // a prefix of the directory's name, but not in it
	write(t, outside, line(t, "k"))
	inside := filepath.Join(spoolDir, "spool.key")
	write(t, inside, line(t, "k"))
	linkOut := filepath.Join(dir, "..data")
	require.NoError(t, os.Symlink(outside, linkOut))
	linkIn := filepath.Join(dir, "looks-outside")
	require.NoError(t, os.Symlink(inside, linkIn))
	spoolLink := filepath.Join(dir, "spool-link")
	require.NoError(t, os.Symlink(spoolDir, spoolLink))
	for _, tc := range []struct {
		path, spool string
		want        error
	}{
		{outside, spoolDir, nil},
		{linkOut, spoolDir, nil},
		{outside, filepath.Join(dir, "not-yet"), nil},
		{outside, "", nil},
		{inside, spoolDir, keyfile.ErrInsideSpool},
		{linkIn, spoolDir, keyfile.ErrInsideSpool},
		{inside, spoolLink, keyfile.ErrInsideSpool},
		{filepath.Join(spoolDir, "..", "spool", "spool.key"), spoolDir, keyfile.ErrInsideSpool},
		{outside, dir, keyfile.ErrInsideSpool},
	} {
		p, err := keyfile.New(keyfile.Settings{Path: tc.path, SpoolDirectory: tc.spool})
		require.NoError(t, err)
		_, err = p.Status(t.Context(), spool)
		if tc.want == nil {
			assert.NoError(t, err, "%+v", tc)
			continue
		}
		assert.ErrorIs(t, err, tc.want, "%+v", tc)
		assert.ErrorIs(t, err, envelope.ErrInvalid, "%+v", tc)
	}
}

func TestClasses(t *testing.T) {
	t.Parallel()
	p, path := open(t, "broken")
	_, err := p.Status(t.Context(), spool)
	require.ErrorIs(t, err, envelope.ErrInvalid)
	require.False(t, envelope.Revoked(err), "an edit in progress is no revocation")
	require.NoError(t, os.Remove(path))
	_, err = p.Status(t.Context(), spool)
	require.ErrorIs(t, err, envelope.ErrGone)
	require.ErrorContains(t, err, path)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.Generate(ctx, spool)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, envelope.ErrTransient)
	_, err = p.Generate(t.Context(), envelope.Context{"": "x"})
	require.ErrorIs(t, err, envelope.ErrInvalid)
	_, err = keyfile.New(keyfile.Settings{})
	require.ErrorContains(t, err, "key_file::path")
}

func TestRewrapToAnotherFile(t *testing.T) {
	t.Parallel()
	old, _ := open(t, line(t, "old"))
	k, err := old.Generate(t.Context(), spool)
	require.NoError(t, err)
	next, path := open(t, line(t, "next"))
	moved, err := k.Rewrap(t.Context(), next, spool)
	require.NoError(t, err)
	assert.Equal(t, "next", moved.Wrapped.KeyID)
	again, err := next.Unwrap(t.Context(), moved.Wrapped, spool)
	require.NoError(t, err)
	assert.True(t, again.Equal(k))
	require.NoError(t, os.Remove(path))
	_, err = k.Rewrap(t.Context(), next, spool)
	require.ErrorIs(t, err, envelope.ErrGone)
}
