package redact

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor"
	"github.com/sealed-otel/otelcol-sealed/redact"
)

const policyDocument = `
name: payments
allow_values: ["AKIAIOSFODNN7EXAMPLE", {regex: '^test-[0-9]+$$'}]
rules:
  - {name: credentials, keys: ["*password*"], action: remove}
  - {name: cards, detect: [payment_card], action: {mask: {keep_last: 4}}}
  - {name: accounts, regex: 'ACC-[0-9]{8}', in: [log.body], action: {replace: "[account]"}}
limits: {value_bytes: 1MiB, decode_depth: 2}
`

// resolve loads a configuration as the collector does.
func resolve(t *testing.T, uri string) *confmap.Conf {
	t.Helper()
	r, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              []string{uri},
		ProviderFactories: []confmap.ProviderFactory{fileprovider.NewFactory(), yamlprovider.NewFactory()},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, r.Shutdown(context.Background())) })
	conf, err := r.Resolve(context.Background())
	require.NoError(t, err)
	return conf
}

// TestEveryLoaderCompilesTheSamePolicy loads one document inline, from a file
// that the configuration names, and on its own as a tool or an SDK does.
func TestEveryLoaderCompilesTheSamePolicy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "policy.yaml")
	require.NoError(t, os.WriteFile(file, []byte(policyDocument), 0o600))

	compiled := func(conf *confmap.Conf) *redact.Policy {
		c := redactprocessor.NewFactory().CreateDefaultConfig().(*redactprocessor.Config)
		require.NoError(t, conf.Unmarshal(c))
		require.NoError(t, c.Validate())
		p, err := redact.Parse(c.Policy)
		require.NoError(t, err)
		return p
	}
	own := resolve(t, "file:"+file)
	alone, err := redact.Parse(own.ToStringMap())
	require.NoError(t, err)

	named := filepath.Join(dir, "named.yaml")
	require.NoError(t, os.WriteFile(named, []byte("policy: ${file:"+file+"}\n"), 0o600))
	assert.Equal(t, alone, compiled(resolve(t, "file:"+named)), "a file that the configuration names")

	inline := "policy:\n"
	for _, line := range strings.Split(strings.TrimSpace(policyDocument), "\n") {
		inline += "  " + line + "\n"
	}
	written := filepath.Join(dir, "inline.yaml")
	require.NoError(t, os.WriteFile(written, []byte(inline), 0o600))
	assert.Equal(t, alone, compiled(resolve(t, "file:"+written)), "inline")
}
