package storage

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage"
)

// The test program is its own helper: with killDirEnv set it runs the real
// exporterhelper queue over the extension until it is killed, and writes down
// what was acknowledged and what was delivered.
const (
	killDirEnv   = "STORAGE_KILL_DIR"
	killFsyncEnv = "STORAGE_KILL_FSYNC"
	killFromEnv  = "STORAGE_KILL_FROM"
	killDrainEnv = "STORAGE_KILL_DRAIN"

	marker = "marker-5b1c0e-that-must-stay-sealed"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDirEnv); dir != "" {
		if err := victim(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv(soakDirEnv); dir != "" {
		if err := soak(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// host offers one extension.
type host struct {
	component.Host
	id  component.ID
	ext component.Component
}

func (h host) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{h.id: h.ext}
}

// ledger is a file of lines; a line counts once its newline is there.
type ledger struct{ f *os.File }

func openLedger(path string) (*ledger, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	return &ledger{f}, err
}

func (l *ledger) add(n int) error {
	_, err := fmt.Fprintf(l.f, "%d\n", n)
	return err
}

func readLedger(t testing.TB, path string) map[int]int {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[int]int{}
	}
	require.NoError(t, err)
	out := map[int]int{}
	lines := bytes.Split(data, []byte("\n"))
	for _, line := range lines[:len(lines)-1] {
		n, err := strconv.Atoi(string(line))
		require.NoError(t, err)
		out[n]++
	}
	return out
}

// victim runs the queue: it enqueues numbers from killFromEnv on, as fast as
// it can, or, with killDrainEnv, only delivers what is left.
func victim(dir string) error {
	ctx := context.Background()
	cfg := encryptedstorage.NewFactory().CreateDefaultConfig().(*encryptedstorage.Config)
	cfg.Directory = filepath.Join(dir, "spool")
	cfg.SegmentSize, cfg.MaxSize, cfg.MinFreeSpace = 1<<20, 0, 0
	cfg.Fsync = encryptedstorage.FsyncMode(os.Getenv(killFsyncEnv))
	cfg.Keys.KeyFile = configoptional.Some(encryptedstorage.KeyFileConfig{Path: filepath.Join(dir, "spool.key")})
	f := encryptedstorage.NewFactory()
	ext, err := f.Create(ctx, extensiontest.NewNopSettings(f.Type()), cfg)
	if err != nil {
		return err
	}
	if err := ext.Start(ctx, componenttest.NewNopHost()); err != nil {
		return err
	}
	accepted, err := openLedger(filepath.Join(dir, "accepted"))
	if err != nil {
		return err
	}
	delivered, err := openLedger(filepath.Join(dir, "delivered"))
	if err != nil {
		return err
	}
	id := component.NewID(f.Type())
	queue := exporterhelper.NewDefaultQueueConfig()
	queue.StorageID = &id
	queue.NumConsumers = 4
	queue.QueueSize = 1_000_000
	drain := os.Getenv(killDrainEnv) != ""
	var count atomic.Int64
	exp, err := exporterhelper.NewLogs(ctx, exporter.Settings{
		ID: component.MustNewID("ledger"), TelemetrySettings: componenttest.NewNopTelemetrySettings(), BuildInfo: component.NewDefaultBuildInfo(),
	}, &struct{}{}, func(_ context.Context, ld plog.Logs) error {
		if ld.LogRecordCount() == 0 {
			return nil // the queue found nothing under a key
		}
		if !drain && count.Add(1)%3 == 0 {
			time.Sleep(time.Millisecond) // so that a backlog and items in flight exist
		}
		body := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().Str()
		n, err := strconv.Atoi(strings.Fields(body)[0])
		if err != nil {
			return err
		}
		return delivered.add(n)
	}, exporterhelper.WithQueue(configoptional.Some(queue)))
	if err != nil {
		return err
	}
	if err := exp.Start(ctx, host{componenttest.NewNopHost(), id, ext}); err != nil {
		return err
	}
	fmt.Println("started")
	if drain {
		// The tester waits for the ledger to be complete, then closes stdin.
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		return errors.Join(exp.Shutdown(ctx), ext.Shutdown(ctx))
	}
	from, err := strconv.Atoi(os.Getenv(killFromEnv))
	if err != nil {
		return err
	}
	for n := from; ; n++ {
		if err := exp.ConsumeLogs(ctx, oneLog(n)); err != nil {
			return err
		}
		if err := accepted.add(n); err != nil {
			return err
		}
	}
}

func oneLog(n int) plog.Logs {
	ld := plog.NewLogs()
	r := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	r.Body().SetStr(fmt.Sprintf("%d %s %s", n, marker, strings.Repeat("x", n%4000)))
	return ld
}

func startVictim(t testing.TB, dir, fsync string, env ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killDirEnv+"="+dir, killFsyncEnv+"="+fsync)
	cmd.Env = append(cmd.Env, env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err, "the helper did not start: %s", &stderr)
	require.Equal(t, "started\n", line)
	return cmd, &stderr
}

// Kills the process again and again, at times that differ, and at the end lets
// it deliver: whatever was acknowledged must arrive. A process that is killed
// loses nothing that it has written, so this holds in every fsync mode.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	rounds := 6
	if s := os.Getenv("STORAGE_KILL_ROUNDS"); s != "" {
		var err error
		rounds, err = strconv.Atoi(s)
		require.NoError(t, err)
	}
	for _, fsync := range []string{"on_insert", "never"} {
		t.Run(fsync, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			sealedConfig(t, dir) // writes the key file
			for round := range rounds {
				from := 0
				for n := range readLedger(t, filepath.Join(dir, "accepted")) {
					from = max(from, n+1)
				}
				// The last one may have been stored but not written down.
				cmd, _ := startVictim(t, dir, fsync, killFromEnv+"="+strconv.Itoa(from+1))
				// Wait for a number of acknowledgements, not for a time, and not
				// at all in some rounds: then the start itself is cut short.
				want := from + round%3*150
				require.Eventually(t, func() bool {
					return round%3 == 0 || len(readLedger(t, filepath.Join(dir, "accepted"))) > want/2
				}, time.Minute, time.Millisecond)
				require.NoError(t, cmd.Process.Kill())
				_ = cmd.Wait()
			}
			searchMarker(t, filepath.Join(dir, "spool"))
			accepted := readLedger(t, filepath.Join(dir, "accepted"))
			require.NotEmpty(t, accepted)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), killDirEnv+"="+dir, killFsyncEnv+"="+fsync, killDrainEnv+"=1")
			stdin, err := cmd.StdinPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			var missing []int
			assert.Eventually(t, func() bool {
				delivered := readLedger(t, filepath.Join(dir, "delivered"))
				missing = missing[:0]
				for n := range accepted {
					if delivered[n] == 0 {
						missing = append(missing, n)
					}
				}
				return len(missing) == 0
			}, time.Minute, 20*time.Millisecond, "acknowledged and lost: %v of %d", missing, len(accepted))
			require.NoError(t, stdin.Close())
			require.NoError(t, cmd.Wait())
			t.Logf("%d acknowledged, %d lost", len(accepted), len(missing))
		})
	}
}

// searchMarker looks for the telemetry's text, and the component's name
// in every byte and name under dir.
func searchMarker(t testing.TB, dir string) {
	files := 0
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, secret := range []string{marker, "ledger"} {
			assert.NotContains(t, path[len(dir):], secret)
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%q is in clear in %s", secret, path)
			}
		}
		return nil
	}))
	require.Greater(t, files, 3)
}
