package redactprocessor

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/sealed-otel/otelcol-sealed/redact"
)

func TestExampleConfigurationIsValid(t *testing.T) {
	t.Parallel()
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	for _, name := range []string{"redact", "redact/payments"} {
		sub, err := conf.Sub(name)
		require.NoError(t, err)
		c := createDefaultConfig().(*Config)
		require.NoError(t, sub.Unmarshal(c))
		assert.NoError(t, c.Validate(), name)
		assert.Equal(t, time.Minute, c.Catalog.Interval)
	}
}

// A detector that nobody can name in a policy is of no use.
func TestReadmeNamesEveryDetector(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, name := range redact.DetectorNames() {
		assert.Contains(t, string(text), "`"+name+"`")
	}
}

func TestValidateNamesTheBadEntry(t *testing.T) {
	t.Parallel()
	c := configOf(map[string]any{"rules": []any{map[string]any{"name": "a", "regex": "(", "action": "mask"}}})
	c.MetricsLevel = "loud"
	c.Catalog.Interval = 0
	c.Catalog.MaxFields = 0
	err := c.Validate()
	for _, want := range []string{"policy::rules[0]::regex", "metrics_level", "catalog::interval", "catalog::max_fields"} {
		assert.ErrorContains(t, err, want)
	}
}
