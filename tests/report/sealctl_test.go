// Package report_test looks at what `sealctl check` writes with the eyes of
// those who read it: a browser and a SARIF consumer.
package report_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var sealctl string

func TestMain(m *testing.M) {
	code, err := withBinary(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withBinary uses the binary that `make test` names, else builds one.
func withBinary(m *testing.M) (int, error) {
	if sealctl = os.Getenv("SEALCTL_BIN"); sealctl != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "sealctl-*")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	sealctl = filepath.Join(dir, "sealctl")
	build := exec.Command("go", "build", "-o", sealctl, "./cmd/sealctl")
	build.Dir = filepath.Join("..", "..")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return 1, fmt.Errorf("sealctl cannot be built: %w", err)
	}
	return m.Run(), nil
}

// check runs `sealctl check` into a file and returns its name.
func check(t *testing.T, format, config string, wantCode int) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "report."+format)
	cmd := exec.Command(sealctl, "check", "--format", format, "-o", out, filepath.Join("testdata", config))
	output, err := cmd.CombinedOutput()
	code := 0
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		code = exited.ExitCode()
	} else {
		require.NoError(t, err)
	}
	require.Equal(t, wantCode, code, "%s", output)
	require.Empty(t, output, "quiet when it writes to a file")
	return out
}
