package yamlpos_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/internal/yamlpos"
)

const base = `# a comment
receivers:
  otlp:
    protocols:
      grpc: &server
        endpoint: 0.0.0.0:4317
        tls: {cert_file: a.pem, key_file: b.pem}
      http:
        <<: *server
        endpoint: 0.0.0.0:4318
  otlp/edge:
    protocols: ${file:edge.yaml}
"service":
  extensions: [health_check, tls_guard]
  telemetry::metrics::level: none
  pipelines:
    traces:
      receivers: [otlp]
      processors:
        - memory_limiter
        - "redact"
`

const overlay = `receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:4318
exporters: {}
`

func parse(t *testing.T, name, text string) *yamlpos.Document {
	t.Helper()
	doc, err := yamlpos.Parse(name, []byte(text))
	require.NoError(t, err)
	return doc
}

func TestFind(t *testing.T) {
	t.Parallel()
	index := yamlpos.Index{parse(t, "base.yaml", base), parse(t, "overlay.yaml", overlay)}
	for path, want := range map[string]struct {
		at    string
		exact bool
	}{
		"receivers::otlp/edge":                             {"base.yaml:11:3", true},
		"receivers::otlp::protocols::grpc::endpoint":       {"base.yaml:6:9", true},
		"receivers::otlp::protocols::grpc::tls::key_file":  {"base.yaml:7:33", true},
		"receivers::otlp::protocols::http::tls::cert_file": {"base.yaml:7:15", true}, // through the merge key
		"receivers::otlp::protocols::http::endpoint":       {"overlay.yaml:5:9", true},
		"receivers::otlp/edge::protocols::grpc":            {"base.yaml:12:5", false}, // the reference is the line to edit
		"receivers::zipkin":                                {"overlay.yaml:1:1", false},
		"service::extensions::tls_guard":                   {"base.yaml:14:30", true},
		"service::extensions[0]":                           {"base.yaml:14:16", true},
		"service::extensions::7":                           {"base.yaml:14:3", false},
		"service::telemetry::metrics::level":               {"base.yaml:15:3", true},
		"service::telemetry::metrics":                      {"base.yaml:13:1", false},
		"service::pipelines::traces::processors::redact":   {"base.yaml:21:11", true},
		"exporters::debug":                                 {"overlay.yaml:6:1", false},
		"connectors":                                       {"overlay.yaml:1:1", false},
	} {
		at, exact := index.Find(path)
		assert.Equal(t, want.at, at.String(), path)
		assert.Equal(t, want.exact, exact, path)
	}
}

func TestFindEndColumn(t *testing.T) {
	t.Parallel()
	doc := parse(t, "f", "\"sérvice\":\n  a: 1\n")
	at, n := doc.Find([]string{"sérvice"})
	assert.Equal(t, 1, n)
	assert.Equal(t, 1, at.Column)
	assert.Equal(t, 10, at.EndColumn, "columns count characters, quotes included")
}

func TestFindInNothing(t *testing.T) {
	t.Parallel()
	at, exact := yamlpos.Index{}.Find("receivers")
	assert.True(t, at.IsZero())
	assert.False(t, exact)
	for _, text := range []string{"", "# only a comment\n", "null\n"} {
		at, exact = yamlpos.Index{parse(t, "empty.yaml", text)}.Find("receivers::otlp")
		assert.Equal(t, "empty.yaml:1:1", at.String())
		assert.False(t, exact)
	}
}

func TestParseNeverQuotesTheFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: *hunter2secret\n":               "f.yaml: not valid YAML: unknown anchor … referenced",
		"a: 1\nb: [hunter2secret\n":         "f.yaml:1: not valid YAML: did not find expected ',' or ']'",
		"- hunter2secret\n":                 "f.yaml:1: not valid YAML: the top of a configuration is a mapping",
		"x:\n  k: hunter2secret\n  k: 2\n":  "f.yaml:3: not valid YAML: a key is written twice in one mapping",
		"a: 'hunter2secret\n":               "f.yaml",
		"a:\n\t- hunter2secret\n":           "f.yaml:2: not valid YAML: found character that cannot start any token",
		"a: hunter2secret\n b: c\n":         "f.yaml:2: not valid YAML: mapping values are not allowed in this context",
		"%TAG hunter2secret\n---\na: 1\n":   "f.yaml",
		"hunter2secret":                     "f.yaml:1: not valid YAML: the top of a configuration is a mapping",
		"a: !<hunter2secret\n":              "f.yaml",
		"a: \"\\q hunter2secret\"\n":        "f.yaml: not valid YAML: found unknown escape character",
		strings.Repeat("[", 20000):          "f.yaml",
		"a: {hunter2secret: [}}\n":          "f.yaml",
		"hunter2secret: |\n\x01\n":          "f.yaml",
		"a: b\n---\nc: hunter2secret: x:\n": "", // a second document is not read, as in the collector
	} {
		_, err := yamlpos.Parse("f.yaml", []byte(text))
		if want == "" {
			assert.NoError(t, err)
			continue
		}
		if assert.Error(t, err, text) {
			assert.Contains(t, err.Error(), want, text)
			assert.NotContains(t, err.Error(), "hunter2", text)
		}
	}
}

func TestSelfReferenceEnds(t *testing.T) {
	t.Parallel()
	doc := parse(t, "loop.yaml", "a: &x\n  b: *x\n  <<: *x\n")
	at, n := doc.Find(yamlpos.Split("a::b::b::b::c::d"))
	assert.Positive(t, n)
	assert.Equal(t, 2, at.Line)
}

func FuzzFind(f *testing.F) {
	f.Add(base, "receivers::otlp::protocols")
	f.Add("a: &x [*x]\n", "a::0::0")
	f.Add("a: &x {<<: [*x, *x]}\n", "a::b")
	f.Fuzz(func(t *testing.T, text, path string) {
		doc, err := yamlpos.Parse("f", []byte(text))
		if err != nil {
			return
		}
		at, _ := yamlpos.Index{doc}.Find(path)
		if at.Line < 1 || at.Column < 1 {
			t.Fatalf("no position for %q in %q", path, text)
		}
	})
}
