package encryptedstorage

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/internal/metadata"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/spooldir"
)

// refuses starts a store and returns why it, or its client, did not open.
// Whatever the reason, the component and a setting lead the message.
func refuses(t *testing.T, cfg *Config) error {
	t.Helper()
	err := refusalOf(t, cfg)
	assert.Regexp(t, `^(encrypted_storage(?:/[^:]+)?): extensions::encrypted_storage(?:/[^:]+)?::(directory|keys::key_file::path|keys::aws_kms|keys::kms_plugin): .+`, err.Error())
	return err
}

func refusalOf(t *testing.T, cfg *Config) error {
	t.Helper()
	ext, err := NewFactory().Create(context.Background(), extensiontest.NewNopSettings(metadata.Type), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, ext.Shutdown(context.Background())) }()
	if err := ext.Start(context.Background(), componenttest.NewNopHost()); err != nil {
		return err
	}
	_, err = ext.(storage.Extension).GetClient(context.Background(), component.KindExporter, exporterID, "traces")
	require.Error(t, err)
	return err
}

// filled is a store with one record, closed, and the names of its files.
func filled(t *testing.T) (*Config, []string) {
	cfg := testConfig(t)
	s := startStore(t, cfg)
	c := openClient(t, s)
	require.NoError(t, c.Set(context.Background(), "a", []byte("value")))
	require.NoError(t, c.Close(context.Background()))
	require.NoError(t, s.(extension.Extension).Shutdown(context.Background()))
	return cfg, files(t, cfg.Directory)
}

func files(t *testing.T, dir string) []string {
	var names []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path[len(dir):])
		}
		return err
	}))
	return names
}

func segmentsOf(t *testing.T, cfg *Config) []string {
	segs, err := filepath.Glob(filepath.Join(cfg.Directory, "*", "*.seg"))
	require.NoError(t, err)
	require.NotEmpty(t, segs)
	return segs
}

func TestOpenDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("windows has no mode bits")
	}
	cfg := testConfig(t)
	require.NoError(t, os.MkdirAll(cfg.Directory, 0o700))
	require.NoError(t, os.Chmod(cfg.Directory, 0o750))
	require.ErrorContains(t, refuses(t, cfg), "run chmod 0700 on it")
	cfg = testConfig(t)
	cfg.CreateDirectory = false
	require.ErrorContains(t, refuses(t, cfg), "create it with mode 0700 or set create_directory")
	cfg = testConfig(t)
	require.NoError(t, os.WriteFile(cfg.Directory, nil, 0o600))
	require.Error(t, refuses(t, cfg))
}

func TestPermissionsOfWhatIsMade(t *testing.T) {
	t.Parallel()
	cfg, _ := filled(t)
	require.NoError(t, filepath.WalkDir(cfg.Directory, func(path string, d os.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077, path)
		return nil
	}))
}

func TestOneProcessPerDirectory(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	s := startStore(t, cfg)
	require.ErrorContains(t, refuses(t, cfg), "in use by another process")
	require.NoError(t, s.Shutdown(context.Background()))
}

// What can't be written is told before the queue is there, with the next step.
func TestReadOnlyDirectory(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("windows has no mode bits")
	}
	if os.Geteuid() == 0 {
		asNobody(t)
		return
	}
	for name, protect := range map[string]func(t *testing.T, cfg *Config) []string{
		"everything": func(t *testing.T, cfg *Config) (paths []string) {
			require.NoError(t, filepath.WalkDir(cfg.Directory, func(path string, _ os.DirEntry, err error) error {
				paths = append(paths, path)
				return err
			}))
			return paths
		},
		"the client's folder": func(t *testing.T, cfg *Config) []string {
			return []string{filepath.Dir(segmentsOf(t, cfg)[0])}
		},
		"a segment": func(t *testing.T, cfg *Config) []string { return segmentsOf(t, cfg)[:1] },
		"the directory before there is a client": func(t *testing.T, cfg *Config) []string {
			require.NoError(t, os.RemoveAll(filepath.Dir(segmentsOf(t, cfg)[0])))
			return []string{cfg.Directory}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := filled(t)
			paths := protect(t, cfg)
			before := files(t, cfg.Directory)
			for _, path := range paths {
				info, err := os.Stat(path)
				require.NoError(t, err)
				require.NoError(t, os.Chmod(path, info.Mode().Perm()&^0o222))
				t.Cleanup(func() { assert.NoError(t, os.Chmod(path, info.Mode().Perm())) })
			}
			err := refuses(t, cfg)
			require.ErrorIs(t, err, os.ErrPermission)
			require.ErrorContains(t, err, "::directory: ")
			require.ErrorContains(t, err, "check that "+cfg.Directory+" is a directory that the collector's user can write")
			assert.Equal(t, before, files(t, cfg.Directory), "nothing deleted, nothing added")
		})
	}
}

func TestWrongKeys(t *testing.T) {
	t.Parallel()
	path := func(c *Config) string { return c.Keys.KeyFile.Get().Path }
	for name, c := range map[string]struct {
		change func(*testing.T, *Config)
		want   error
		text   string
		advice string
	}{
		"another key of the same id": {func(t *testing.T, c *Config) { writeKeyFile(t, path(c), "k1") }, envelope.ErrBadCiphertext, "k1", "restore the key"},
		"another id":                 {func(t *testing.T, c *Config) { writeKeyFile(t, path(c), "k2") }, envelope.ErrUnknownKey, "has only k2", "beside the new one"},
		"another context":            {func(_ *testing.T, c *Config) { c.Keys.Context = map[string]string{"otel-store": "x"} }, envelope.ErrBadCiphertext, "otel-store: x", "keys::context"},
		"no key file":                {func(t *testing.T, c *Config) { require.NoError(t, os.Remove(path(c))) }, envelope.ErrGone, "spool.key", "sealctl spool keygen"},
		"key file open to others":    {func(t *testing.T, c *Config) { require.NoError(t, os.Chmod(path(c), 0o644)) }, envelope.ErrDenied, "spool.key", "run chmod 0600 (0640 if a group must read it)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, before := filled(t)
			c.change(t, cfg)
			err := refuses(t, cfg)
			require.ErrorIs(t, err, c.want)
			require.ErrorContains(t, err, c.text)
			require.ErrorContains(t, err, "::keys::key_file::path: ")
			require.ErrorContains(t, err, c.advice)
			assert.LessOrEqual(t, strings.Count(err.Error(), "0600"), 1, "one next step")
			assert.Equal(t, before, files(t, cfg.Directory), "nothing deleted, nothing added")
		})
	}
}

func TestDamageFailsGetClient(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *testing.T, cfg *Config, seg string, data []byte)
		want   error
		text   string
	}{
		"newer version": {func(t *testing.T, _ *Config, seg string, data []byte) {
			data[9]++
			require.NoError(t, os.WriteFile(seg, data, 0o600))
		}, sealedlog.ErrUnsupportedVersion, "use the release that wrote it"},
		"header lost": {func(t *testing.T, _ *Config, seg string, data []byte) {
			clear(data[:4096])
			require.NoError(t, os.WriteFile(seg, data, 0o600))
		}, sealedlog.ErrDamaged, "move the file away"},
		"renamed": {func(t *testing.T, _ *Config, seg string, _ []byte) {
			require.NoError(t, os.Rename(seg, strings.Replace(seg, "1.seg", "2.seg", 1)))
		}, sealedlog.ErrDamaged, "renamed"},
		"not a file": {func(t *testing.T, _ *Config, seg string, _ []byte) {
			require.NoError(t, os.Rename(seg, seg+".moved"))
			require.NoError(t, os.Symlink(seg+".moved", seg))
		}, nil, "not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := filled(t)
			seg := segmentsOf(t, cfg)[0]
			data, err := os.ReadFile(seg)
			require.NoError(t, err)
			c.change(t, cfg, seg, data)
			before := files(t, cfg.Directory)
			err = refuses(t, cfg)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
			require.ErrorContains(t, err, c.text)
			require.ErrorContains(t, err, exporterID.String(), "it names the client")
			assert.Equal(t, before, files(t, cfg.Directory))
		})
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, path string){
		"lost": func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) },
		"damaged": func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte("OTELSTOR\x00\x01xx"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, _ := filled(t)
			path := filepath.Join(cfg.Directory, "STORE")
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			change(t, path)
			s := startStore(t, cfg)
			v, err := openClient(t, s).Get(context.Background(), "a")
			require.NoError(t, err)
			assert.Equal(t, "value", string(v))
			require.NoError(t, s.Shutdown(context.Background()))
			got, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, want, got, "rebuilt from a header")
		})
	}
	for name, change := range map[string]func(path string) error{
		"a link":   func(path string) error { return os.Symlink("/dev/zero", path) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		cfg, _ := filled(t)
		path := filepath.Join(cfg.Directory, "STORE")
		require.NoError(t, os.Remove(path))
		require.NoError(t, change(path))
		require.ErrorContains(t, refuses(t, cfg), "not a regular file", name)
	}
	cfg, _ := filled(t)
	path := filepath.Join(cfg.Directory, "STORE")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data[9]++
	require.NoError(t, os.WriteFile(path, data, 0o600))
	require.ErrorIs(t, refuses(t, cfg), sealedlog.ErrUnsupportedVersion)
}

// STORE of another store, as a restore in parts leaves it, names other folders: an
// empty queue would start beside the backlog.
func TestStoreFileOfAnotherStore(t *testing.T) {
	t.Parallel()
	identity := func(cfg *Config) (path, id string) {
		path = filepath.Join(cfg.Directory, "STORE")
		read, err := spooldir.ReadIdentity(cfg.Directory)
		require.NoError(t, err)
		return path, hex.EncodeToString(read[:])
	}
	move := func(from, to string) {
		require.NoError(t, os.Rename(from, filepath.Join(to, filepath.Base(from))))
	}
	opens := func(cfg *Config) {
		t.Helper()
		s := startStore(t, cfg)
		v, err := openClient(t, s).Get(context.Background(), "a")
		require.NoError(t, err)
		require.Equal(t, "value", string(v))
		require.NoError(t, s.Shutdown(context.Background()))
	}
	cfg, before := filled(t)
	other, _ := filled(t)
	path, id := identity(cfg)
	otherPath, otherID := identity(other)
	own, err := os.ReadFile(path)
	require.NoError(t, err)
	foreign, err := os.ReadFile(otherPath)
	require.NoError(t, err)
	names := func(err error) {
		t.Helper()
		require.ErrorIs(t, err, sealedlog.ErrWrongStore)
		for _, part := range []string{"::directory: ", cfg.Directory, id, otherID} {
			require.ErrorContains(t, err, part)
		}
	}

	require.NoError(t, os.WriteFile(path, foreign, 0o600))
	err = refuses(t, cfg)
	names(err)
	require.ErrorContains(t, err, "restore the STORE file of that store, or remove STORE")
	require.Equal(t, before, files(t, cfg.Directory), "nothing deleted, nothing added")
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, foreign, kept, "nor overwritten")

	// Each way that the error tells leads back to the backlog.
	require.NoError(t, os.WriteFile(path, own, 0o600))
	opens(cfg)
	require.NoError(t, os.WriteFile(path, foreign, 0o600))
	require.NoError(t, os.Remove(path))
	opens(cfg)

	// Folders of both: STORE can't be rebuilt, so the foreign one has to go.
	folder := filepath.Dir(segmentsOf(t, other)[0])
	move(folder, cfg.Directory)
	err = refuses(t, cfg)
	names(err)
	require.ErrorContains(t, err, "in folder "+filepath.Base(folder))
	require.ErrorContains(t, err, "move that folder to a directory of its own, where STORE is rebuilt")
	require.NoError(t, os.Remove(path))
	err = refuses(t, cfg)
	for _, part := range []string{cfg.Directory, id, otherID, "move what belongs to all stores but one"} {
		require.ErrorContains(t, err, part)
	}
	require.NoFileExists(t, path)
	require.NoError(t, os.WriteFile(path, own, 0o600))
	require.NoError(t, os.Remove(otherPath))
	move(filepath.Join(cfg.Directory, filepath.Base(folder)), other.Directory)
	opens(cfg)
	opens(other)
}

// Files of two stores in one folder: the newest header alone does not tell.
func TestFolderOfTwoStores(t *testing.T) {
	t.Parallel()
	cfg, _ := filled(t)
	other, _ := filled(t)
	segments := segmentsOf(t, cfg)
	newest := filepath.Join(filepath.Dir(segments[0]), "00000000000000ff.seg")
	require.NoError(t, os.Rename(segments[0], newest))
	foreign, err := os.ReadFile(segmentsOf(t, other)[0])
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(segments[0], foreign, 0o600))
	// The folder of a client that no component opens any more.
	require.NoError(t, os.Rename(filepath.Dir(segments[0]), filepath.Join(cfg.Directory, strings.Repeat("ab", 32))))
	before := files(t, cfg.Directory)
	require.ErrorIs(t, refuses(t, cfg), sealedlog.ErrWrongStore)
	assert.Equal(t, before, files(t, cfg.Directory))
}

// What else lies about after a crash or an accident does not keep the rest from starting.
func TestStoreFileBesideUnreadableFiles(t *testing.T) {
	t.Parallel()
	cfg, _ := filled(t)
	other, _ := filled(t)
	foreign, err := os.ReadFile(segmentsOf(t, other)[0])
	require.NoError(t, err)
	for name, content := range map[string][]byte{
		strings.Repeat("ab", 32) + "/0000000000000001.seg":            make([]byte, 8192),
		strings.Repeat("cd", 32) + "/quarantine-0000000000000001.seg": foreign,
		strings.Repeat("ef", 32) + "/spare-1":                         nil,
		"lost+found/0000000000000001.seg":                             foreign,
		"STORE.new":                                                   []byte("OTELSTOR"),
	} {
		path := filepath.Join(cfg.Directory, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, content, 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(cfg.Directory, strings.Repeat("09", 32)), 0o700))
	s := startStore(t, cfg)
	v, err := openClient(t, s).Get(context.Background(), "a")
	require.NoError(t, err)
	assert.Equal(t, "value", string(v))
	require.NoError(t, s.Shutdown(context.Background()))
}

// Without STORE and without a header to rebuild it from, a new identity would leave
// the backlog behind in folders that nobody looks for any more.
func TestNoNewIdentityBesideUnreadableSegments(t *testing.T) {
	t.Parallel()
	cfg, _ := filled(t)
	require.NoError(t, os.Remove(filepath.Join(cfg.Directory, "STORE")))
	segments, err := filepath.Glob(filepath.Join(cfg.Directory, "*", "*.seg"))
	require.NoError(t, err)
	require.NotEmpty(t, segments)
	for _, segment := range segments {
		data, err := os.ReadFile(segment)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(segment, append(make([]byte, 16), data[16:]...), 0o600))
	}
	require.ErrorContains(t, refuses(t, cfg), "no segment")
	assert.NoFileExists(t, filepath.Join(cfg.Directory, "STORE"))
}

// The time at which an epoch key was made is anybody's until the header that holds
// it is authenticated: a later one would keep the key in use.
func TestForgedTimeOfAnEpoch(t *testing.T) {
	t.Parallel()
	cfg, _ := filled(t)
	headers, err := spooldir.NewestHeaders(context.Background(), cfg.Directory)
	require.NoError(t, err)
	require.Len(t, headers, 1)
	segments, err := filepath.Glob(filepath.Join(cfg.Directory, "*", "*.seg"))
	require.NoError(t, err)
	header, err := os.ReadFile(segments[0])
	require.NoError(t, err)
	header = header[:headers[0].Length]
	binary.BigEndian.PutUint64(header[48:], uint64(headers[0].Created.Add(100*time.Second).Unix()))
	forged := filepath.Join(cfg.Directory, strings.Repeat("ab", 32))
	require.NoError(t, os.Mkdir(forged, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(forged, filepath.Base(segments[0])), header, 0o600))
	s := startStore(t, cfg).(*store)
	current, err := s.epochs.Current()
	require.NoError(t, err)
	require.Equal(t, headers[0].Wrapped.ID(), current.Wrapped.ID(), "the young epoch is used again")
	assert.True(t, current.Created.Equal(headers[0].Created), "by the authenticated time")
	require.NoError(t, s.Shutdown(context.Background()))
}

// A folder that is moved to another client, or another store, does not open.
func TestMovedFolders(t *testing.T) {
	t.Parallel()
	cfg, _ := filled(t)
	s := startStore(t, cfg)
	other, err := s.GetClient(context.Background(), component.KindExporter, exporterID, "logs")
	require.NoError(t, err)
	require.NoError(t, other.Close(context.Background()))
	require.NoError(t, s.Shutdown(context.Background()))
	folders, err := filepath.Glob(filepath.Join(cfg.Directory, "*", "*1.seg"))
	require.NoError(t, err)
	require.Len(t, folders, 2)
	a, b := filepath.Dir(folders[0]), filepath.Dir(folders[1])
	require.NoError(t, os.Rename(a, a+"x"))
	require.NoError(t, os.Rename(b, a))
	require.NoError(t, os.Rename(a+"x", b))
	require.ErrorIs(t, refuses(t, cfg), sealedlog.ErrWrongStore)
}
