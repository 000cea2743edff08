package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/kmsv2"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

func missing(t *testing.T, what string) {
	t.Helper()
	required.Missing(t, what+"; on Debian: apt-get install softhsm2 gcc")
}

// built compiles the plug-in once for all tests; the process's own binary may
// have been built without cgo.
var built = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binaries, "kmsplugin")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the plug-in: %w: %s", err, out)
	}
	return path, nil
})

// binaries is the folder of built.
var binaries string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kmsplugin")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binaries = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// hsm is a SoftHSM2 token of this test alone, and the plug-in's binary.
type hsm struct {
	binary, module, pinFile, socket string
	env                             []string
}

func newHSM(t *testing.T) hsm {
	t.Helper()
	util, err := exec.LookPath("softhsm2-util")
	if err != nil {
		missing(t, "softhsm2-util is not installed")
	}
	if _, err := exec.LookPath("cc"); err != nil {
		missing(t, "no C compiler")
	}
	dir := t.TempDir()
	h := hsm{pinFile: filepath.Join(dir, "pin"), socket: filepath.Join(dir, "kms.sock")}
	for _, pattern := range []string{"/usr/lib/*/softhsm/libsofthsm2.so", "/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 && h.module == "" {
			h.module = found[0]
		}
	}
	if h.module == "" {
		missing(t, "libsofthsm2.so was not found")
	}
	binary, err := built()
	require.NoError(t, err)
	h.binary = binary

	tokens := filepath.Join(dir, "tokens")
	require.NoError(t, os.Mkdir(tokens, 0o700))
	conf := filepath.Join(dir, "softhsm2.conf")
	require.NoError(t, os.WriteFile(conf, []byte("directories.tokendir = "+tokens+"\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600))
	require.NoError(t, os.WriteFile(h.pinFile, []byte("5678\n"), 0o600))
	h.env = append(os.Environ(), "SOFTHSM2_CONF="+conf)
	initialize := exec.CommandContext(t.Context(), util, "--init-token", "--free", "--label", "otel", "--so-pin", "1234", "--pin", "5678")
	initialize.Env = h.env
	out, err := initialize.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return h
}

func (h hsm) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), h.binary, append([]string{"-socket", h.socket, "-module", h.module, "-token", "otel", "-pin-file", h.pinFile}, args...)...)
	cmd.Env, cmd.Stderr = h.env, os.Stderr
	return cmd
}

func (h hsm) run(t *testing.T, args ...string) {
	t.Helper()
	require.NoError(t, h.command(t, args...).Run())
}

// serve starts the plug-in and waits until it listens; stop ends it.
func (h hsm) serve(t *testing.T) (stop func(os.Signal)) {
	t.Helper()
	_ = os.Remove(h.socket) // a killed plug-in leaves it
	cmd := h.command(t)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	done := false
	stop = func(s os.Signal) {
		if !done {
			done = true
			assert.NoError(t, cmd.Process.Signal(s))
			_ = cmd.Wait()
		}
	}
	t.Cleanup(func() { stop(os.Kill) })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "ready\n", line)
	return stop
}

func (h hsm) provider(t *testing.T) *kmsv2.Provider {
	t.Helper()
	p, err := kmsv2.New(kmsv2.Settings{Endpoint: "unix://" + h.socket, Timeout: time.Minute})
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.Close() })
	return p
}

var spool = envelope.Context{"otel-store": "a", envelope.PurposeKey: envelope.PurposeSpool}

func TestKeysLiveInTheToken(t *testing.T) {
	t.Parallel()
	h := newHSM(t)
	h.run(t, "-create", "kek-1")
	stop := h.serve(t)
	p := h.provider(t)
	ctx := t.Context()

	id, err := p.Status(ctx, spool)
	require.NoError(t, err)
	assert.Equal(t, "kek-1", id)
	first, err := p.Generate(ctx, spool)
	require.NoError(t, err)
	assert.Equal(t, "kek-1", first.Wrapped.KeyID)

	_, err = p.Unwrap(ctx, first.Wrapped, spool.With("otel-store", "b"))
	require.ErrorIs(t, err, envelope.ErrBadCiphertext, "another context")
	altered := first.Wrapped
	altered.Blob = append([]byte(nil), altered.Blob...)
	altered.Blob[20] ^= 1
	_, err = p.Unwrap(ctx, altered, spool)
	require.ErrorIs(t, err, envelope.ErrBadCiphertext, "an altered ciphertext is refused by the token")

	// Killed: an outage. Back again: the key is still in the token.
	stop(os.Kill)
	_, err = p.Unwrap(ctx, first.Wrapped, spool)
	require.ErrorIs(t, err, envelope.ErrTransient)
	stop = h.serve(t)
	require.Eventually(t, func() bool {
		again, err := p.Unwrap(ctx, first.Wrapped, spool)
		return err == nil && again.Equal(first)
	}, time.Minute, 20*time.Millisecond)

	// A second key takes over; what the first wrapped still opens.
	stop(syscall.SIGTERM)
	h.run(t, "-create", "kek-2")
	stop = h.serve(t)
	require.Eventually(t, func() bool {
		id, err := p.Status(ctx, spool)
		return err == nil && id == "kek-2"
	}, time.Minute, 20*time.Millisecond)
	second, err := p.Generate(ctx, spool)
	require.NoError(t, err)
	assert.Equal(t, "kek-2", second.Wrapped.KeyID)
	_, err = p.Unwrap(ctx, first.Wrapped, spool)
	require.NoError(t, err)
	swapped := first.Wrapped
	swapped.KeyID = "kek-2"
	_, err = p.Unwrap(ctx, swapped, spool)
	require.ErrorIs(t, err, envelope.ErrBadCiphertext, "a header that names the other key")

	// Destroying the key is real erasure.
	stop(syscall.SIGTERM)
	h.run(t, "-destroy", "kek-1")
	h.serve(t)
	require.Eventually(t, func() bool { _, err := p.Status(ctx, spool); return err == nil }, time.Minute, 20*time.Millisecond)
	_, err = p.Unwrap(ctx, first.Wrapped, spool)
	require.ErrorIs(t, err, envelope.ErrGone)
	_, err = p.Unwrap(ctx, second.Wrapped, spool)
	require.NoError(t, err)
}

// The whole key hierarchy on an HSM: epochs survive a restart of their owner.
func TestEpochsOnTheToken(t *testing.T) {
	t.Parallel()
	h := newHSM(t)
	h.run(t, "-create", "kek-1")
	h.serve(t)
	settings := envelope.EpochSettings{
		Provider: h.provider(t), Context: spool, RotationInterval: 24 * time.Hour, MaxEpochAge: 72 * time.Hour,
		RevocationGrace: 15 * time.Minute, StatusInterval: 5 * time.Minute, StartupTimeout: time.Minute,
	}
	info := envelope.SegmentInfo{Version: 1, Suite: envelope.SuiteAES256GCM, Segment: 1, ContextHash: spool.Hash()}
	e, err := envelope.NewEpochs(settings)
	require.NoError(t, err)
	defer e.Close()
	require.NoError(t, e.Ready(t.Context()))
	k, err := e.Current()
	require.NoError(t, err)
	wrapped, created := k.Wrapped, k.Created
	segment, err := k.Segment(info, [32]byte{1})
	require.NoError(t, err)
	sealed := segment.Seal(nil, []byte("payload"), nil)
	e.Close()

	e, err = envelope.NewEpochs(settings)
	require.NoError(t, err)
	defer e.Close()
	k, err = e.Unwrap(t.Context(), wrapped)
	require.NoError(t, err)
	e.Reuse(wrapped, created)
	require.NoError(t, e.Ready(t.Context()))
	current, err := e.Current()
	require.NoError(t, err)
	assert.Same(t, k, current, "the young epoch is reused")
	again, err := current.Segment(info, [32]byte{1})
	require.NoError(t, err)
	require.NoError(t, again.Verify(segment.Commitment()))
	plain, err := again.Open(nil, sealed, nil)
	require.NoError(t, err)
	assert.Equal(t, "payload", string(plain))
}

func TestWrongPIN(t *testing.T) {
	t.Parallel()
	h := newHSM(t)
	require.NoError(t, os.WriteFile(h.pinFile, []byte("0000"), 0o600))
	out, err := h.command(t, "-create", "kek-1").Output()
	require.Error(t, err)
	assert.NotContains(t, fmt.Sprintf("%s %v", out, err), "0000")
}
