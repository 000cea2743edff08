package spool

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/keyfile"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/spooldir"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/exit"
)

func run(t *testing.T, args ...string) (stdout string, code int) {
	c := &cobra.Command{Use: "sealctl", SilenceErrors: true, SilenceUsage: true}
	c.AddCommand(NewCommand())
	var out, errs bytes.Buffer
	c.SetOut(&out)
	c.SetErr(&errs)
	c.SetArgs(append([]string{"spool"}, args...))
	err := c.ExecuteContext(context.Background())
	if err != nil {
		t.Logf("%v: %v", args, err)
	}
	return out.String(), exit.CodeOf(err)
}

func TestKeygen(t *testing.T) {
	t.Parallel()
	out, code := run(t, "keygen", "--id", "k7")
	require.Zero(t, code)
	assert.Regexp(t, `^k7 [A-Za-z0-9+/]{43}=\n$`, out)
	path := filepath.Join(t.TempDir(), "spool.key")
	out, code = run(t, "keygen", "-o", path)
	require.Zero(t, code)
	assert.Empty(t, out, "the key is not printed")
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, code = run(t, "keygen", "-o", path)
	assert.Equal(t, exit.Usage, code, "never overwrites")
	_, code = run(t, "keygen", "--id", "a b")
	assert.Equal(t, exit.Usage, code)
}

const clientName = "Exporter otlp_grpc/backend traces"

var spoolContext = envelope.Context{envelope.PurposeKey: envelope.PurposeSpool}

// newStore makes a store with some records, sealed under the first line of a
// new key file.
func newStore(t *testing.T) (dir, keyFile string) {
	base := t.TempDir()
	dir, keyFile = filepath.Join(base, "spool"), filepath.Join(base, "keys")
	_, code := run(t, "keygen", "-o", keyFile, "--id", "old")
	require.Zero(t, code)
	require.NoError(t, spooldir.Check(dir, true))
	store, err := spooldir.LoadIdentity(context.Background(), dir)
	require.NoError(t, err)
	folder := filepath.Join(dir, spooldir.ClientDirectory(store, clientName))
	require.NoError(t, os.Mkdir(folder, 0o700))
	d, err := sealedlog.OpenDir(folder)
	require.NoError(t, err)
	defer d.Close()
	p, err := keyfile.New(keyfile.Settings{Path: keyFile})
	require.NoError(t, err)
	epochs, err := envelope.NewEpochs(envelope.EpochSettings{
		Provider: p, Context: spoolContext, RotationInterval: time.Hour, MaxEpochAge: 2 * time.Hour,
		RevocationGrace: time.Hour, StatusInterval: time.Hour, StartupTimeout: time.Second,
	})
	require.NoError(t, err)
	defer epochs.Close()
	require.NoError(t, epochs.Ready(context.Background()))
	l, err := sealedlog.Open(context.Background(), sealedlog.Options{
		FS: d, Keys: epochs, Store: store, Client: clientName, ContextHash: spoolContext.Hash(),
		SegmentSize: 64 << 10, FirstSegment: 64 << 10,
	})
	require.NoError(t, err)
	for i := range 40 {
		require.NoError(t, l.Batch(context.Background(),
			&sealedlog.Op{Kind: sealedlog.Set, Key: "qmv0", Value: []byte(strings.Repeat("m", i))},
			&sealedlog.Op{Kind: sealedlog.Set, Key: fmt.Sprint(i), Value: bytes.Repeat([]byte("v"), 5000)}))
	}
	require.NoError(t, l.Close())
	return dir, keyFile
}

func TestLsAndStat(t *testing.T) {
	t.Parallel()
	dir, _ := newStore(t)
	out, code := run(t, "ls", dir, "--format", "json")
	require.Zero(t, code)
	var views []clientView
	require.NoError(t, json.Unmarshal([]byte(out), &views))
	require.Len(t, views, 1)
	assert.Greater(t, len(views[0].Segments), 2)
	assert.Equal(t, "old", views[0].Segments[0].KeyID)
	out, code = run(t, "ls", dir)
	require.Zero(t, code)
	assert.Contains(t, out, "keyfile key old")
	assert.NotContains(t, out, "otlp_grpc", "names are sealed")
	out, code = run(t, "stat", dir)
	require.Zero(t, code)
	assert.Contains(t, out, "key          keyfile old wraps")
	_, code = run(t, "stat", filepath.Join(dir, "nowhere"))
	assert.Equal(t, exit.Usage, code)
	_, code = run(t, "ls", dir, "--format", "xml")
	assert.Equal(t, exit.Usage, code)
}

// A script that names the folder above the spool, or a command that does not
// exist, must not read "nothing wrong".
func TestWhatIsNoSpoolIsNotFine(t *testing.T) {
	t.Parallel()
	dir, _ := newStore(t)
	for _, command := range []string{"ls", "stat", "verify"} {
		_, code := run(t, command, filepath.Dir(dir))
		assert.Equal(t, exit.Usage, code, command)
	}
	_, code := run(t, "verfy", dir)
	assert.Equal(t, exit.Usage, code, "unknown command")
	out, code := run(t)
	assert.Zero(t, code)
	assert.Contains(t, out, "Available Commands:")

	// Nor is a key file that cannot be read a damage of the spool.
	out, code = run(t, "verify", dir, "--key-file", filepath.Join(dir, "..", "nowhere"))
	assert.Equal(t, exit.Usage, code)
	assert.NotContains(t, out, "DAMAGED")

	// A spool that no client has used yet is one.
	fresh := filepath.Join(t.TempDir(), "fresh")
	require.NoError(t, spooldir.Check(fresh, true))
	_, err := spooldir.LoadIdentity(t.Context(), fresh)
	require.NoError(t, err)
	_, code = run(t, "verify", fresh)
	assert.Zero(t, code)
	// One that lost its STORE is looked into: that is what these are for.
	require.NoError(t, os.Remove(filepath.Join(dir, "STORE")))
	_, code = run(t, "verify", dir)
	assert.Zero(t, code)
}

func TestVerify(t *testing.T) {
	t.Parallel()
	dir, keyFile := newStore(t)
	out, code := run(t, "verify", dir)
	require.Zero(t, code, out)
	assert.Contains(t, out, "checksums only")
	out, code = run(t, "verify", dir, "--key-file", keyFile)
	require.Zero(t, code, out)
	assert.Contains(t, out, `"`+clientName+`": ok`)
	assert.Contains(t, out, "41 records")
	_, code = run(t, "verify", dir, "--key-file", keyFile, "--context", "otel-store=other")
	assert.Equal(t, exit.Findings, code, "another context is another key")

	lock, err := spooldir.Lock(dir)
	require.NoError(t, err)
	_, code = run(t, "verify", dir)
	assert.Equal(t, exit.Usage, code, "a store in use")
	require.NoError(t, lock.Close())

	files, err := filepath.Glob(filepath.Join(dir, "*", "*.seg"))
	require.NoError(t, err)
	slices.Sort(files)
	data, err := os.ReadFile(files[0])
	require.NoError(t, err)
	data[20_000] ^= 1
	require.NoError(t, os.WriteFile(files[0], data, 0o600))
	for _, args := range [][]string{{"verify", dir}, {"verify", dir, "--key-file", keyFile}, {"verify", dir, "--format", "json"}} {
		out, code = run(t, args...)
		assert.Equal(t, exit.Findings, code, out)
		assert.Contains(t, out, filepath.Base(files[0]))
	}
}

// With STORE of another store the collector does not start: every command tells it,
// and none changes anything.
func TestStoreFileOfAnotherStore(t *testing.T) {
	t.Parallel()
	dir, keyFile := newStore(t)
	own, err := spooldir.ReadIdentity(dir)
	require.NoError(t, err)
	fresh := filepath.Join(t.TempDir(), "fresh")
	require.NoError(t, spooldir.Check(fresh, true))
	other, err := spooldir.LoadIdentity(t.Context(), fresh)
	require.NoError(t, err)
	data, err := os.ReadFile(filepath.Join(fresh, "STORE"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "STORE"), data, 0o600))
	content := func() map[string]string {
		all := map[string]string{}
		paths, err := filepath.Glob(filepath.Join(dir, "*", "*"))
		require.NoError(t, err)
		for _, path := range append(paths, filepath.Join(dir, "STORE")) {
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			all[path] = string(b)
		}
		return all
	}
	before := content()
	for _, c := range []struct {
		args []string
		code int
		text string
	}{
		{[]string{"ls", dir}, exit.OK, fmt.Sprintf("of another store: %x", own)},
		{[]string{"stat", dir}, exit.OK, "segments name another store"},
		{[]string{"verify", dir}, exit.Findings, fmt.Sprintf("it names store %x", own)},
		{[]string{"verify", dir, "--key-file", keyFile}, exit.Findings, fmt.Sprintf("it names store %x, this one is %x", own, other)},
		{[]string{"rewrap", dir, "--key-file", keyFile}, exit.Usage, ""},
	} {
		out, code := run(t, c.args...)
		assert.Equal(t, c.code, code, "%v: %s", c.args, out)
		assert.Contains(t, out, c.text, c.args)
	}
	_, err = rewrap(t.Context(), dir, &keyFlags{keyFile: keyFile})
	require.ErrorIs(t, err, sealedlog.ErrWrongStore)
	assert.Equal(t, before, content())
	require.NoError(t, os.Remove(filepath.Join(dir, "STORE")))
	for _, command := range []string{"ls", "stat", "verify"} {
		out, code := run(t, command, dir)
		assert.Zero(t, code, command)
		assert.NotContains(t, out, "another store", "without STORE there is nothing to compare")
	}
}

// addKey puts a line with a new key, which it returns, on top of a key file.
func addKey(t *testing.T, keyFile string) []byte {
	t.Helper()
	old, err := os.ReadFile(keyFile)
	require.NoError(t, err)
	line, err := keyfile.NewLine("new")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(keyFile, append(slices.Clone(line), old...), 0o600))
	return line
}

func TestRewrap(t *testing.T) {
	t.Parallel()
	dir, keyFile := newStore(t)
	line := addKey(t, keyFile)
	out, code := run(t, "rewrap", dir, "--key-file", keyFile)
	require.Zero(t, code, out)
	assert.Contains(t, out, "41 records")
	out, code = run(t, "stat", dir, "--format", "json")
	require.Zero(t, code)
	var sum totals
	require.NoError(t, json.Unmarshal([]byte(out), &sum))
	assert.Equal(t, []string{"keyfile new"}, slices.Collect(func(yield func(string) bool) {
		for k := range sum.Keys {
			yield(k)
		}
	}))
	// The old key can go.
	require.NoError(t, os.WriteFile(keyFile, line, 0o600))
	out, code = run(t, "verify", dir, "--key-file", keyFile)
	require.Zero(t, code, out)
	assert.Contains(t, out, "41 records")
	_, code = run(t, "rewrap", dir)
	assert.Equal(t, exit.Usage, code)
}

// A quarantined file stays under its key, so that key must not go unnoticed.
func TestRewrapNamesQuarantinedFiles(t *testing.T) {
	t.Parallel()
	dir, keyFile := newStore(t)
	segments, err := filepath.Glob(filepath.Join(dir, "*", "*.seg"))
	require.NoError(t, err)
	require.NotEmpty(t, segments)
	data, err := os.ReadFile(segments[0])
	require.NoError(t, err)
	folder := filepath.Dir(segments[0])
	require.NoError(t, os.WriteFile(filepath.Join(folder, "quarantine-old"), data, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "quarantine-torn"), data[:100], 0o600))
	addKey(t, keyFile)
	out, code := run(t, "rewrap", dir, "--key-file", keyFile)
	assert.Equal(t, exit.Findings, code)
	assert.Contains(t, out, "41 records")
	assert.Contains(t, out, `quarantine-old is still under keyfile "old"`)
	assert.Contains(t, out, "quarantine-torn is still under a key that its header no longer tells")
	out, code = run(t, "rewrap", dir, "--key-file", keyFile, "--format", "json")
	assert.Equal(t, exit.Findings, code)
	var results []rewrapped
	require.NoError(t, json.Unmarshal([]byte(out), &results))
	require.Len(t, results, 1)
	assert.Equal(t, []keptFile{{File: "quarantine-old", Provider: "keyfile", KeyID: "old"}, {File: "quarantine-torn"}}, results[0].Kept)
	require.NoError(t, os.Remove(filepath.Join(folder, "quarantine-old")))
	require.NoError(t, os.Remove(filepath.Join(folder, "quarantine-torn")))
	_, code = run(t, "rewrap", dir, "--key-file", keyFile)
	assert.Zero(t, code)
}

// A copy for an investigation is verified as it is, and stays as it is.
func TestVerifyChangesNothing(t *testing.T) {
	t.Parallel()
	dir, keyFile := newStore(t)
	require.NoFileExists(t, filepath.Join(dir, "LOCK"))
	out, code := run(t, "verify", dir, "--key-file", keyFile)
	require.Zero(t, code, out)
	assert.NoFileExists(t, filepath.Join(dir, "LOCK"))
	_, code = run(t, "verify", filepath.Join(dir, "nowhere"), "--key-file", keyFile)
	assert.Equal(t, exit.Usage, code)
	lock, err := spooldir.Lock(dir)
	require.NoError(t, err)
	defer lock.Close()
	out, code = run(t, "verify", dir, "--key-file", keyFile)
	assert.Equal(t, exit.Usage, code, out)
}

// So with a folder in which nothing else is left.
func TestRewrapNamesQuarantinedFilesWithoutALog(t *testing.T) {
	t.Parallel()
	dir, keyFile := newStore(t)
	segments, err := filepath.Glob(filepath.Join(dir, "*", "*.seg"))
	require.NoError(t, err)
	for _, name := range segments {
		require.NoError(t, os.Rename(name, filepath.Join(filepath.Dir(name), "quarantine-"+filepath.Base(name))))
	}
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(segments[0]), "quarantine-\x1b[2J"), nil, 0o600))
	addKey(t, keyFile)
	out, code := run(t, "rewrap", dir, "--key-file", keyFile)
	assert.Equal(t, exit.Findings, code)
	assert.Contains(t, out, `is still under keyfile "old"`)
	assert.NotContains(t, out, "\x1b", "a name that clears the screen")
}
