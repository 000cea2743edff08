package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

// TestMain lets the test binary play the demo.
func TestMain(m *testing.M) {
	if os.Getenv("DEMO_TEST_MAIN") != "" {
		os.Exit(run())
	}
	os.Exit(m.Run())
}

// TestInterrupted ends the demo in the middle, once in order and once with
// SIGKILL. Nothing that it started may go on, and after Ctrl-C its folder is
// gone.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	for _, find := range []func() (string, error){collector.Find, minio.Find} {
		if _, err := find(); errors.Is(err, collector.ErrNotBuilt) || errors.Is(err, minio.ErrNotInstalled) {
			required.Missing(t, err.Error())
		}
	}
	for name, signal := range map[string]syscall.Signal{"ctrl-c": syscall.SIGINT, "kill -9": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			demo, output := startDemo(t, folder)
			require.NotEmpty(t, running(t, folder), "servers run")
			require.NoError(t, demo.Process.Signal(signal))
			_, err := io.Copy(io.Discard, output)
			require.NoError(t, err)
			_ = demo.Wait()
			require.Eventually(t, func() bool { return len(running(t, folder)) == 0 }, 30*time.Second, 20*time.Millisecond)
			if signal == syscall.SIGINT {
				assert.Equal(t, 2, demo.ProcessState.ExitCode())
				left, err := os.ReadDir(folder)
				require.NoError(t, err)
				assert.Empty(t, left)
			}
		})
	}
}

// startDemo waits until the collector runs.
func startDemo(t *testing.T, folder string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	demo := exec.Command(self)
	demo.Env = append(os.Environ(), "DEMO_TEST_MAIN=1", "TMPDIR="+folder)
	pipe, err := demo.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, demo.Start())
	t.Cleanup(func() { _ = demo.Process.Kill() })
	output := bufio.NewReader(pipe)
	for {
		line, err := output.ReadString('\n')
		require.NoError(t, err, "the demo ended early")
		if strings.Contains(line, "collector runs") {
			return demo, output
		}
	}
}

// running lists processes that were started with a file of the folder.
func running(t *testing.T, folder string) []string {
	t.Helper()
	var found []string
	entries, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, entry := range entries {
		environ, err := os.ReadFile(filepath.Join(entry, "environ"))
		if err != nil || len(environ) == 0 {
			continue
		}
		if strings.Contains(string(environ), "HOME="+folder) {
			found = append(found, entry)
		}
	}
	return found
}
