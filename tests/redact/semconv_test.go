package redact

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "go.opentelemetry.io/otel/semconv/v1.40.0" // read as source

	"github.com/sealed-otel/otelcol-sealed/redact"
)

// semconvCredentials are the conventions' keys whose values are credentials,
// or open a session, and which the built-in policy masks.
var semconvCredentials = map[string]bool{
	"db.connection_string": true,
}

var semconvKey = regexp.MustCompile(`attribute\.Key\("([^"]+)"\)`)

// TestBuiltInKeyRulesSpareTheSemanticConventions reads every attribute key of
// the conventions: none is taken for a credential that is none.
func TestBuiltInKeyRulesSpareTheSemanticConventions(t *testing.T) {
	t.Parallel()
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", "go.opentelemetry.io/otel/semconv/v1.40.0").Output()
	require.NoError(t, err)
	source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "attribute_group.go"))
	require.NoError(t, err)
	keys := semconvKey.FindAllSubmatch(source, -1)
	require.Greater(t, len(keys), 500)

	engine, err := redact.New(redact.Standard(), redact.Options{})
	require.NoError(t, err)
	run := engine.Begin(redact.Traces)
	defer run.End()
	for _, k := range keys {
		key := string(k[1])
		d, kind := run.Key(redact.SpanAttributes, key)
		assert.Equal(t, redact.Keep, kind, key)
		assert.Equal(t, semconvCredentials[key], d.Whole(), key)
	}
	for _, key := range []string{"http.request.header.authorization", "http.request.header.cookie", "http.response.header.set-cookie", "db.password", "aws.secret_access_key", "apiKey", "x-api-key"} {
		d, _ := run.Key(redact.SpanAttributes, key)
		assert.True(t, d.Whole(), key)
	}
}
