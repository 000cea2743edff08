package report_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// schema is the OASIS schema of SARIF 2.1.0 with errata 01.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "sarif-schema-2.1.0.json"))
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("sarif.json", document))
	compiled, err := compiler.Compile("sarif.json")
	require.NoError(t, err)
	return compiled
}

func TestSARIFIsValid(t *testing.T) {
	t.Parallel()
	sarif := schema(t)
	for config, code := range map[string]int{"open.yaml": 1, "sealed.yaml": 0} {
		data, err := os.ReadFile(check(t, "sarif", config, code))
		require.NoError(t, err)
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		require.NoError(t, err)
		require.NoError(t, sarif.Validate(document), config)

		run := document.(map[string]any)["runs"].([]any)[0].(map[string]any)
		results := run["results"].([]any)
		rules := run["tool"].(map[string]any)["driver"].(map[string]any)["rules"].([]any)
		assert.Greater(t, len(rules), 25, "every rule is described")
		assert.Equal(t, code == 1, len(results) > 5, config)
		for _, result := range results {
			located := result.(map[string]any)["locations"].([]any)[0].(map[string]any)["physicalLocation"].(map[string]any)
			assert.Equal(t, "testdata/"+config, located["artifactLocation"].(map[string]any)["uri"])
		}
	}
}

// The schema must be able to say no, or the test above shows nothing.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	sarif := schema(t)
	for _, wrong := range []string{
		`{}`, `{"version":"2.0.0","runs":[]}`, `{"version":"2.1.0","runs":[{}]}`,
		`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"message":{"text":"a"},"level":"fatal"}]}]}`,
		`{"version":"2.1.0","runs":[],"more":1}`,
	} {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(wrong)))
		require.NoError(t, err)
		assert.Error(t, sarif.Validate(document), wrong)
	}
}
