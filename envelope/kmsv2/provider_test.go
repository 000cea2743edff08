package kmsv2_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	kms "k8s.io/kms/apis/v2"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/kmsv2"
	"github.com/sealed-otel/otelcol-sealed/envelope/kmsv2/kmsv2test"
)

var spool = envelope.Context{"otel-store": "a", envelope.PurposeKey: envelope.PurposeSpool}

func TestGenerateAndUnwrap(t *testing.T) {
	t.Parallel()
	p, provider := start(t)
	annotations := map[string][]byte{"version.example.org": []byte("1"), "local-kek.example.org": bytes.Repeat([]byte{7}, 300)}
	p.Set(func(a *kmsv2test.Answers) { a.Annotations = annotations })
	k, err := provider.Generate(t.Context(), spool)
	require.NoError(t, err)
	assert.Equal(t, "kek-1", k.Wrapped.KeyID)
	p.Use("kek-2")
	again, err := provider.Unwrap(t.Context(), k.Wrapped, spool)
	require.NoError(t, err)
	assert.True(t, k.Equal(again))
	assert.Equal(t, "kek-1", p.Decrypted()[0].GetKeyId(), "the key id of the header is sent back")
	assert.Equal(t, annotations, p.Decrypted()[0].GetAnnotations())
	assert.Len(t, p.UIDs(), 2, "every request has its own uid")
	id, err := provider.Status(t.Context(), spool)
	require.NoError(t, err)
	assert.Equal(t, "kek-2", id)
}

func TestContextIsInsideThePlaintext(t *testing.T) {
	t.Parallel()
	_, provider := start(t)
	k, err := provider.Generate(t.Context(), spool)
	require.NoError(t, err)
	for _, ec := range []envelope.Context{nil, spool.With("otel-store", "b"), spool.With("more", "x")} {
		_, err = provider.Unwrap(t.Context(), k.Wrapped, ec)
		assert.ErrorIs(t, err, envelope.ErrBadCiphertext)
	}
}

func TestPlugInThatDecryptsToSomethingElse(t *testing.T) {
	t.Parallel()
	p, provider := start(t)
	k, err := provider.Generate(t.Context(), spool)
	require.NoError(t, err)
	for name, mangle := range map[string]func([]byte) []byte{
		"empty":   func([]byte) []byte { return nil },
		"short":   func(b []byte) []byte { return b[:len(b)-1] },
		"long":    func(b []byte) []byte { return append(b, 0) },
		"version": func(b []byte) []byte { b[0] = 2; return b },
		"context": func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
	} {
		p.Set(func(a *kmsv2test.Answers) { a.Mangle = mangle })
		_, err = provider.Unwrap(t.Context(), k.Wrapped, spool)
		assert.ErrorIs(t, err, envelope.ErrBadCiphertext, name)
	}
}

func TestAnswersOutsideTheProtocol(t *testing.T) {
	t.Parallel()
	p, provider := start(t)
	for name, out := range map[string]*kms.EncryptResponse{
		"no key id":        {Ciphertext: []byte{1}},
		"long key id":      {Ciphertext: []byte{1}, KeyId: strings.Repeat("k", 1024)},
		"no ciphertext":    {KeyId: "k"},
		"long ciphertext":  {KeyId: "k", Ciphertext: make([]byte, 1024)},
		"many annotations": {KeyId: "k", Ciphertext: []byte{1}, Annotations: many(33, 1)},
		"big annotation":   {KeyId: "k", Ciphertext: []byte{1}, Annotations: many(1, 70_000)},
		"big annotations":  {KeyId: "k", Ciphertext: []byte{1}, Annotations: many(3, 1000)},
	} {
		p.Set(func(a *kmsv2test.Answers) { a.Encrypt = out })
		_, err := provider.Generate(t.Context(), spool)
		// What does not fit into a message is cut off by gRPC itself.
		assert.True(t, envelope.Class(err) == "invalid" || envelope.Class(err) == "throttled", "%s: %v", name, err)
	}
	for name, out := range map[string]*kms.StatusResponse{
		"version":    {Version: "v1", Healthz: "ok", KeyId: "k"},
		"no version": {Healthz: "ok", KeyId: "k"},
		"no key id":  {Version: "v2", Healthz: "ok"},
	} {
		p.Set(func(a *kmsv2test.Answers) { a.Status = out })
		_, err := provider.Status(t.Context(), spool)
		assert.ErrorIs(t, err, envelope.ErrInvalid, name)
	}
	p.Set(func(a *kmsv2test.Answers) {
		a.Status = &kms.StatusResponse{Version: "v2beta1", Healthz: "hsm\nlocked", KeyId: "k"}
	})
	_, err := provider.Status(t.Context(), spool)
	require.ErrorIs(t, err, envelope.ErrTransient)
	require.NotContains(t, err.Error(), "\n", "a plug-in must not forge log lines")
}

func many(n, size int) map[string][]byte {
	out := map[string][]byte{}
	for i := range n {
		out[fmt.Sprintf("a%d.example.org", i)] = make([]byte, size)
	}
	return out
}

func TestErrorClasses(t *testing.T) {
	t.Parallel()
	p, provider := start(t)
	k, err := provider.Generate(t.Context(), spool)
	require.NoError(t, err)
	for code, want := range map[codes.Code]struct{ generate, unwrap error }{
		codes.Unavailable:        {envelope.ErrTransient, envelope.ErrTransient},
		codes.DeadlineExceeded:   {envelope.ErrTransient, envelope.ErrTransient},
		codes.Internal:           {envelope.ErrTransient, envelope.ErrTransient},
		codes.Unknown:            {envelope.ErrTransient, envelope.ErrTransient},
		codes.ResourceExhausted:  {envelope.ErrThrottled, envelope.ErrThrottled},
		codes.PermissionDenied:   {envelope.ErrDenied, envelope.ErrDenied},
		codes.Unauthenticated:    {envelope.ErrDenied, envelope.ErrDenied},
		codes.FailedPrecondition: {envelope.ErrDisabled, envelope.ErrDisabled},
		codes.NotFound:           {envelope.ErrGone, envelope.ErrGone},
		codes.InvalidArgument:    {envelope.ErrInvalid, envelope.ErrBadCiphertext},
		codes.DataLoss:           {envelope.ErrInvalid, envelope.ErrBadCiphertext},
		codes.Unimplemented:      {envelope.ErrInvalid, envelope.ErrInvalid},
	} {
		p.Set(func(a *kmsv2test.Answers) { a.Fail = status.Error(code, "from the plug-in") })
		_, err = provider.Generate(t.Context(), spool)
		assert.ErrorIs(t, err, want.generate, "%s", code)
		_, err = provider.Unwrap(t.Context(), k.Wrapped, spool)
		assert.ErrorIs(t, err, want.unwrap, "%s", code)
		assert.ErrorContains(t, err, "kek-1")
		assert.ErrorContains(t, err, "from the plug-in")
		_, err = provider.Status(t.Context(), spool)
		assert.ErrorIs(t, err, want.generate, "%s", code)
	}
}

func TestForeignAndBrokenHeaders(t *testing.T) {
	t.Parallel()
	p, provider := start(t)
	k, err := provider.Generate(t.Context(), spool)
	require.NoError(t, err)
	foreign := k.Wrapped
	foreign.Provider = "awskms"
	_, err = provider.Unwrap(t.Context(), foreign, spool)
	require.ErrorIs(t, err, envelope.ErrUnknownKey)
	for cut := range len(k.Wrapped.Blob) {
		w := k.Wrapped
		w.Blob = w.Blob[:cut]
		_, err = provider.Unwrap(t.Context(), w, spool)
		assert.ErrorIs(t, err, envelope.ErrBadCiphertext)
	}
	bad := k.Wrapped
	bad.KeyID = "\xff"
	_, err = provider.Unwrap(t.Context(), bad, spool)
	require.ErrorIs(t, err, envelope.ErrBadCiphertext)
	assert.Empty(t, p.Decrypted(), "none of it reached the plug-in")
}

func TestPlugInThatRestarts(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "kms.sock")
	provider := connect(t, socket)
	_, err := provider.Status(t.Context(), spool)
	require.ErrorIs(t, err, envelope.ErrTransient, "no socket yet")
	works := func() bool { _, err := provider.Status(t.Context(), spool); return err == nil }
	stop := kmsv2test.New("kek-1").Serve(t, socket)
	require.Eventually(t, works, time.Minute, 10*time.Millisecond)
	stop()
	require.False(t, works())
	kmsv2test.New("kek-1").Serve(t, socket)
	require.Eventually(t, works, time.Minute, 10*time.Millisecond)
}

func TestHangingPlugInIsCutOff(t *testing.T) {
	t.Parallel()
	p := kmsv2test.New("kek-1")
	socket := filepath.Join(t.TempDir(), "kms.sock")
	p.Serve(t, socket)
	provider, err := kmsv2.New(kmsv2.Settings{Endpoint: "unix://" + socket, Timeout: 50 * time.Millisecond})
	require.NoError(t, err)
	defer provider.Close()
	release := p.Block()
	_, err = provider.Generate(t.Context(), spool)
	release()
	require.ErrorIs(t, err, envelope.ErrTransient)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = provider.Generate(ctx, spool)
	require.ErrorIs(t, err, envelope.ErrTransient)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{
		"", "/run/kms.sock", "unix://run/kms.sock", "unix:run/kms.sock", "unix:///", "unix:///a/../b", "unix:///a?b=c",
		"unix:///a#b", "http://localhost:1", "dns:///x", "unix-abstract:///a", "passthrough:///x",
	} {
		_, err := kmsv2.New(kmsv2.Settings{Endpoint: endpoint})
		assert.ErrorContains(t, err, "endpoint: want unix:///", endpoint)
	}
	assert.NoError(t, kmsv2.Settings{Endpoint: "unix:///run/kms/plugin.sock"}.Validate())
	assert.ErrorContains(t, kmsv2.Settings{Endpoint: "unix:///run/kms/plugin.sock", Timeout: -1}.Validate(), "timeout")
}

func TestRewrap(t *testing.T) {
	t.Parallel()
	p, provider := start(t)
	k, err := provider.Generate(t.Context(), spool)
	require.NoError(t, err)
	p.Use("kek-2")
	moved, err := k.Rewrap(t.Context(), provider, spool)
	require.NoError(t, err)
	assert.Equal(t, "kek-2", moved.Wrapped.KeyID)
	assert.True(t, moved.Equal(k))
	again, err := provider.Unwrap(t.Context(), moved.Wrapped, spool)
	require.NoError(t, err)
	assert.True(t, again.Equal(k))
}
