package report_test

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

type verdict struct {
	Origin   string
	Findings []struct{ ID, Path string }
}

func verdictOf(t *testing.T, args ...string) ([]string, string) {
	t.Helper()
	out, err := exec.Command(sealctl, append([]string{"check", "--format=json"}, args...)...).Output()
	var exited *exec.ExitError
	if err != nil && !(errors.As(err, &exited) && exited.ExitCode() == 1) {
		require.NoError(t, err, "%s", exited.Stderr)
	}
	var v verdict
	require.NoError(t, json.Unmarshal(out, &v))
	found := []string{}
	for _, f := range v.Findings {
		if f.ID != "SC001" { // whether the binary adds the guard by itself is its own matter
			found = append(found, f.ID+" "+f.Path)
		}
	}
	return found, v.Origin
}

// The embedded shapes and defaults must lead to the verdict that the effective
// configuration of the real binary leads to.
func TestOfflineAgreesWithTheCollector(t *testing.T) {
	t.Parallel()
	binary, err := collector.Find()
	if errors.Is(err, collector.ErrNotBuilt) {
		required.Missing(t, err.Error())
	}
	require.NoError(t, err)
	for _, config := range []string{"open.yaml", "sealed.yaml"} {
		file := filepath.Join("testdata", config)
		offline, origin := verdictOf(t, file)
		assert.Equal(t, "offline", origin)
		asked, origin := verdictOf(t, "--collector", binary, file)
		assert.Equal(t, "collector", origin)
		assert.Equal(t, asked, offline, config)
	}
}
