package versions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"golang.org/x/mod/modfile"
)

const (
	root    = "../.."
	core    = "go.opentelemetry.io/collector"
	contrib = "github.com/open-telemetry/opentelemetry-collector-contrib/"
	own     = "github.com/sealed-otel/otelcol-sealed"
)

// want is the version that a collector or contrib module must have; "" for a
// module that versions.env says nothing about.
func want(pins Pins, module, got string) string {
	if v, ok := pins.Exceptions()[module]; ok {
		return v
	}
	switch {
	case module == core || strings.HasPrefix(module, core+"/"):
		// Stable modules carry v1 and come from the same release as the v0 ones.
		if strings.HasPrefix(got, "v1.") {
			return pins["CORE_STABLE_VERSION"]
		}
		return pins["CORE_VERSION"]
	case strings.HasPrefix(module, contrib):
		return pins["CONTRIB_VERSION"]
	}
	return ""
}

func readPins(t *testing.T) Pins {
	t.Helper()
	pins, err := Read(filepath.Join(root, "versions.env"))
	require.NoError(t, err)
	for _, name := range []string{"CORE_VERSION", "CORE_STABLE_VERSION", "CONTRIB_VERSION", "BUILDER_VERSION", "MDATAGEN_VERSION"} {
		require.NotEmpty(t, pins[name], name)
	}
	require.Equal(t, pins["CORE_VERSION"], pins["BUILDER_VERSION"], "ocb's version is the core version")
	require.Equal(t, pins["CORE_VERSION"], pins["MDATAGEN_VERSION"], "mdatagen is released with the core")
	return pins
}

func goModFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch d.Name() {
		case "build", "dist", ".tools", ".git", "node_modules":
			if d.IsDir() {
				return filepath.SkipDir
			}
		case "go.mod":
			files = append(files, path)
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(files), 5, "the walk found too few modules to be right")
	return files
}

func TestGoModulesAgreeWithVersionsEnv(t *testing.T) {
	t.Parallel()
	pins := readPins(t)
	for _, path := range goModFiles(t) {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		mod, err := modfile.Parse(path, raw, nil)
		require.NoError(t, err)
		require.NotNil(t, mod.Go, path)
		assert.Equal(t, "1.26.0", mod.Go.Version, "%s: one go line everywhere", path)
		replaced := map[string]bool{}
		for _, r := range mod.Replace {
			replaced[r.Old.Path] = true
			assert.Empty(t, r.Old.Version, "%s: replace %s without a version", path, r.Old.Path)
		}
		for _, r := range mod.Require {
			if v := want(pins, r.Mod.Path, r.Mod.Version); v != "" {
				assert.Equal(t, v, r.Mod.Version, "%s: %s", path, r.Mod.Path)
			}
			if strings.HasPrefix(r.Mod.Path, own) {
				assert.True(t, replaced[r.Mod.Path], "%s: %s needs a replace line until it is released", path, r.Mod.Path)
			}
		}
	}
}

// The modules of the workspace name one version of what they share. Else the tests run
// with versions that nobody ships: the workspace takes the highest.
func TestModulesShareTheirVersions(t *testing.T) {
	t.Parallel()
	type named struct{ version, in string }
	first := map[string]named{}
	for _, path := range goModFiles(t) {
		if filepath.Base(filepath.Dir(path)) == "tools" {
			continue // not in the workspace: what is built there is not shipped
		}
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		mod, err := modfile.Parse(path, raw, nil)
		require.NoError(t, err)
		for _, r := range mod.Require {
			if f, ok := first[r.Mod.Path]; !ok {
				first[r.Mod.Path] = named{r.Mod.Version, path}
			} else {
				assert.Equal(t, f.version, r.Mod.Version, "%s in %s and %s: run make tidy", r.Mod.Path, f.in, path)
			}
		}
	}
	raw, err := os.ReadFile(filepath.Join(root, "go.work"))
	require.NoError(t, err)
	assert.NotContains(t, string(raw), "internal/tools", "its requirements would decide what the tests run with")
}

func TestManifestAgreesWithVersionsEnv(t *testing.T) {
	t.Parallel()
	pins := readPins(t)
	raw, err := os.ReadFile(filepath.Join(root, "builder-config.yaml"))
	require.NoError(t, err)

	type entry struct {
		GoMod string `yaml:"gomod"`
	}
	var manifest struct {
		Receivers  []entry  `yaml:"receivers"`
		Processors []entry  `yaml:"processors"`
		Exporters  []entry  `yaml:"exporters"`
		Connectors []entry  `yaml:"connectors"`
		Extensions []entry  `yaml:"extensions"`
		Providers  []entry  `yaml:"providers"`
		Converters []entry  `yaml:"converters"`
		Telemetry  entry    `yaml:"telemetry"`
		Replaces   []string `yaml:"replaces"`
	}
	require.NoError(t, yaml.Unmarshal(raw, &manifest))

	replaced := map[string]bool{}
	for _, line := range manifest.Replaces {
		module, target, ok := strings.Cut(line, " => ")
		require.True(t, ok, line)
		replaced[module] = true
		// Relative to output_path, two levels below the root.
		_, err := os.Stat(filepath.Join(root, strings.TrimPrefix(target, "../../"), "go.mod"))
		assert.NoError(t, err, line)
	}
	entries := []entry{manifest.Telemetry}
	for _, list := range [][]entry{manifest.Receivers, manifest.Processors, manifest.Exporters, manifest.Connectors, manifest.Extensions, manifest.Providers, manifest.Converters} {
		entries = append(entries, list...)
	}
	require.Greater(t, len(entries), 30)
	for _, e := range entries {
		module, version, ok := strings.Cut(e.GoMod, " ")
		require.True(t, ok, e.GoMod)
		if v := want(pins, module, version); v != "" {
			assert.Equal(t, v, version, module)
		}
		if strings.HasPrefix(module, own) {
			assert.True(t, replaced[module], "%s needs a replaces line", module)
		}
		assert.NotContains(t, module, "httpprovider", "configuration is never fetched over http")
	}
}

func TestReadRefusesWhatItCannotHold(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no assignment": "CORE_VERSION\n",
		"empty value":   "CORE_VERSION=\n",
		"set twice":     "A=1\nA=2\n",
	} {
		path := filepath.Join(t.TempDir(), "versions.env")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := Read(path)
		assert.ErrorContains(t, err, "versions.env:", name)
	}
}
