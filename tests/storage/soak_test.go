package storage

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

const (
	soakDirEnv  = "STORAGE_SOAK_DIR"
	soakSizeEnv = "STORAGE_SOAK_MIB"
	soakItem    = 64 << 10
)

// soak fills a backlog, recovers it as after a restart, and drains it; then it
// prints the most memory that it ever had.
func soak(dir string) error {
	ctx := context.Background()
	mib, err := strconv.Atoi(os.Getenv(soakSizeEnv))
	if err != nil {
		return err
	}
	f := encryptedstorage.NewFactory()
	cfg := f.CreateDefaultConfig().(*encryptedstorage.Config)
	cfg.Directory, cfg.MinFreeSpace, cfg.MaxSize = filepath.Join(dir, "spool"), 0, 0
	cfg.SegmentSize, cfg.Fsync = 16<<20, encryptedstorage.FsyncNever
	cfg.Keys.KeyFile = configoptional.Some(encryptedstorage.KeyFileConfig{Path: filepath.Join(dir, "spool.key")})
	items := mib << 20 / soakItem
	run := func(work func(c storage.Client) error) error {
		ext, err := f.Create(ctx, extensiontest.NewNopSettings(f.Type()), cfg)
		if err != nil {
			return err
		}
		if err := ext.Start(ctx, componenttest.NewNopHost()); err != nil {
			return err
		}
		c, err := ext.(storage.Extension).GetClient(ctx, component.KindExporter, component.MustNewID("otlp_grpc"), "traces")
		if err != nil {
			return err
		}
		if err := work(c); err != nil {
			return err
		}
		return ext.Shutdown(ctx)
	}
	value := payload(soakItem)
	if err := run(func(c storage.Client) error {
		for i := range items {
			copy(value, strconv.Itoa(i)+" ")
			if err := c.Batch(ctx, storage.SetOperation("qmv0", value[:100]), storage.SetOperation(strconv.Itoa(i), value)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if err := run(func(c storage.Client) error {
		for i := range items {
			key := strconv.Itoa(i)
			get := storage.GetOperation(key)
			if err := c.Batch(ctx, storage.SetOperation("qmv0", value[:100]), get); err != nil {
				return err
			}
			if !bytes.HasPrefix(get.Value, []byte(key+" ")) || len(get.Value) != soakItem {
				return fmt.Errorf("item %d is another one", i)
			}
			if err := c.Batch(ctx, storage.SetOperation("qmv0", value[:100]), storage.DeleteOperation(key)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			fmt.Println(strings.Fields(v)[0])
		}
	}
	return nil
}

// A backlog of several times the memory limit is filled, recovered and drained
// within it.
func TestBacklogLargerThanMemory(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		required.Missing(t, "no /proc, where memory is read from")
	}
	mib := 256
	if s := os.Getenv(soakSizeEnv); s != "" {
		var err error
		mib, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	const limit = 40 // MiB for the Go heap; the program itself comes on top
	dir := t.TempDir()
	sealedConfig(t, dir) // writes the key file
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), soakDirEnv+"="+dir, soakSizeEnv+"="+strconv.Itoa(mib), fmt.Sprintf("GOMEMLIMIT=%dMiB", limit))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s", &stderr)
	peak, err := strconv.Atoi(strings.TrimSpace(string(out)))
	require.NoError(t, err)
	t.Logf("backlog %d MiB, limit %d MiB, most memory %d MiB", mib, limit, peak>>10)
	assert.Less(t, peak>>10, limit+80)
}
