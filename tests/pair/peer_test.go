package pair

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

var errNoBuilder = errors.New("ocb is not built: run make build")

// peer builds the collector to compare with: contrib's released components,
// compiled by the same ocb with the same flags as ours. PAIR_PEER_BIN names one
// that is built already.
func peer(b *testing.B) string {
	b.Helper()
	if path := os.Getenv("PAIR_PEER_BIN"); path != "" {
		return path
	}
	builder, err := minio.FindTool("builder", errNoBuilder)
	if err != nil {
		required.Missing(b, err.Error())
	}
	manifest, err := os.ReadFile(filepath.Join("testdata", "peer-builder.yaml"))
	require.NoError(b, err)
	standin, err := filepath.Abs(filepath.Join("..", "s3", "standin", "batchperresourceattr"))
	require.NoError(b, err)
	dir := b.TempDir()
	output := filepath.Join(dir, "out")
	text := strings.NewReplacer("OUTPUT", output, "STANDIN", standin).Replace(string(manifest))
	config := filepath.Join(dir, "builder.yaml")
	require.NoError(b, os.WriteFile(config, []byte(text), 0o600))
	for _, step := range []struct {
		dir  string
		args []string
	}{
		{dir, []string{builder, "--config=" + config, "--skip-compilation"}},
		{output, []string{"go", "build", "-ldflags=-s -w", "-o", "peer", "."}},
	} {
		command := exec.CommandContext(b.Context(), step.args[0], step.args[1:]...)
		command.Dir = step.dir
		command.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
		said, err := command.CombinedOutput()
		require.NoError(b, err, string(said))
	}
	return filepath.Join(output, "peer")
}
