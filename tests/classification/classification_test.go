package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// The embedded files are those that the factories give today.
func TestEmbeddedFilesAreCurrent(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, write(folder))
	for _, name := range []string{"classification.json", "defaults.json"} {
		fresh, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		embedded, err := os.ReadFile(filepath.Join("..", "..", "internal", "classification", name))
		require.NoError(t, err)
		assert.Equal(t, string(embedded), string(fresh), "run make generate")
	}
}

var builtIn = regexp.MustCompile(`(?m)^  - gomod: (\S+/(?:receiver|processor|exporter|connector|extension)/\S+) v`)

// components.go imports what builder-config.yaml builds in, no more, no less.
func TestFactoriesAreThoseOfTheDistribution(t *testing.T) {
	t.Parallel()
	manifest, err := os.ReadFile(filepath.Join("..", "..", "builder-config.yaml"))
	require.NoError(t, err)
	var built []string
	for _, match := range builtIn.FindAllStringSubmatch(string(manifest), -1) {
		built = append(built, match[1])
	}
	require.Greater(t, len(built), 30)

	file, err := parser.ParseFile(token.NewFileSet(), "components.go", nil, parser.ImportsOnly)
	require.NoError(t, err)
	var imported []string
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		if path != "go.opentelemetry.io/collector/component" && filepath.Base(path) != "rules" {
			imported = append(imported, path)
		}
	}
	slices.Sort(built)
	built = slices.Compact(built) // a converter shares its module with an extension
	slices.Sort(imported)
	assert.Equal(t, built, imported)

	count := 0
	for _, factories := range distribution() {
		count += len(factories)
	}
	assert.Equal(t, len(imported), count, "an import without its factory")
}

// Nothing of this machine may be written down.
func TestDefaultsDependOnNoHost(t *testing.T) {
	t.Parallel()
	_, defaults, err := classified()
	require.NoError(t, err)
	data, err := encode(defaults)
	require.NoError(t, err)
	host, err := os.Hostname()
	require.NoError(t, err)
	home, err := os.UserHomeDir()
	require.NoError(t, err)
	for _, word := range []string{strconv.Quote(host), home + "/", os.TempDir() + "/"} {
		assert.NotContains(t, string(data), word)
	}
	assert.NotEmpty(t, defaults[rules.Receiver]["otlp"].Optional)
}
