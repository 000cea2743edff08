package child_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/child"
)

// TestMain lets the test binary play the parent that is killed.
func TestMain(m *testing.M) {
	if output := os.Getenv("CHILD_TEST_PARENT"); output != "" {
		p, err := child.Start(child.Spec{Path: "/bin/sleep", Args: []string{"600"}, Output: output})
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		fmt.Println(p.Pid())
		<-p.Done()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestChildDiesWithItsParent(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	parent := exec.Command(self)
	parent.Env = []string{"CHILD_TEST_PARENT=" + filepath.Join(t.TempDir(), "out")}
	pipe, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(pipe).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err, line)
	require.NoError(t, syscall.Kill(pid, 0))

	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	require.Eventually(t, func() bool { return gone(pid) }, 20*time.Second, 10*time.Millisecond)
}

// gone also takes a zombie for gone: nobody may reap it inside a container.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(rest, "Z")
}

func TestStopKillAndExitCode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shell := func(script string) *child.Process {
		p, err := child.Start(child.Spec{
			Path: "/bin/sh", Args: []string{"-c", script}, Env: []string{"A=from-spec"},
			Output: filepath.Join(dir, "out"),
		})
		require.NoError(t, err)
		return p
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()

	code, err := shell("echo $A$HOME; exit 3").Wait(ctx)
	require.NoError(t, err)
	assert.Equal(t, 3, code)
	out, err := os.ReadFile(filepath.Join(dir, "out"))
	require.NoError(t, err)
	assert.Equal(t, "from-spec\n", string(out), "environment is the spec's alone")

	polite := shell("exec sleep 600")
	require.NoError(t, polite.Stop(20*time.Second))
	assert.False(t, polite.Running())
	require.NoError(t, polite.Stop(time.Second), "stopping twice is no error")

	deaf := shell("trap '' TERM; echo deaf; while :; do sleep 1; done")
	require.Eventually(t, func() bool {
		out, err := os.ReadFile(filepath.Join(dir, "out"))
		return err == nil && strings.Contains(string(out), "deaf")
	}, 20*time.Second, 10*time.Millisecond)
	require.ErrorContains(t, deaf.Stop(10*time.Millisecond), "killed")
	assert.Equal(t, -1, deaf.ExitCode())
	require.NoError(t, deaf.Kill())
}

func TestStartNamesTheMissingProgram(t *testing.T) {
	t.Parallel()
	_, err := child.Start(child.Spec{Path: "/nonexistent/program", Output: filepath.Join(t.TempDir(), "out")})
	require.ErrorContains(t, err, "/nonexistent/program")
}
