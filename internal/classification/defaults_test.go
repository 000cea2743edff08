package classification_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
	"github.com/sealed-otel/otelcol-sealed/internal/classification"
)

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &m))
	return m
}

func TestComplete(t *testing.T) {
	t.Parallel()
	defaults := classification.Defaults{rules.Receiver: {"otlp": {
		Config: map[string]any{"name": "x", "limits": map[string]any{"size": 7}},
		Optional: []classification.Optional{
			{Path: "protocols::grpc", Config: map[string]any{"endpoint": "localhost:4317"}, Null: true},
			{Path: "protocols::grpc::tls", Config: map[string]any{"min_version": "1.2"}},
		},
	}}}
	for name, test := range map[string]struct{ written, want string }{
		"nothing written":             {"otlp:", "otlp: {name: x, limits: {size: 7}}"},
		"another type":                {"zipkin: {a: 1}", "zipkin: {a: 1}"},
		"a named one":                 {"otlp/edge: {name: y}", "otlp/edge: {name: y, limits: {size: 7}}"},
		"null section keeps defaults": {"otlp: {limits: }", "otlp: {name: x, limits: {size: 7}}"},
		"optional by its key alone":   {"otlp: {protocols: {grpc: }}", "otlp: {name: x, limits: {size: 7}, protocols: {grpc: {endpoint: 'localhost:4317'}}}"},
		"optional with values":        {"otlp: {protocols: {grpc: {a: 1}}}", "otlp: {name: x, limits: {size: 7}, protocols: {grpc: {endpoint: 'localhost:4317', a: 1}}}"},
		"tls null is no tls":          {"otlp: {protocols: {grpc: {tls: }}}", "otlp: {name: x, limits: {size: 7}, protocols: {grpc: {endpoint: 'localhost:4317'}}}"},
		"tls switched off is no tls": {
			"otlp: {protocols: {grpc: {tls: {enabled: false, cert_file: c}}}}",
			"otlp: {name: x, limits: {size: 7}, protocols: {grpc: {endpoint: 'localhost:4317'}}}",
		},
		"tls switched on": {
			"otlp: {protocols: {grpc: {tls: {enabled: true, cert_file: c}}}}",
			"otlp: {name: x, limits: {size: 7}, protocols: {grpc: {endpoint: 'localhost:4317', tls: {min_version: '1.2', cert_file: c}}}}",
		},
		"a wrong shape stays": {"otlp: [1]", "otlp: [1]"},
		"a wrong section":     {"otlp: {protocols: {grpc: 7}}", "otlp: {name: x, limits: {size: 7}, protocols: {grpc: 7}}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written := map[string]any{"receivers": parse(t, test.written)}
			before := map[string]any{"receivers": parse(t, test.written)}
			got := defaults.Complete(written)
			assert.Equal(t, parse(t, test.want), got["receivers"])
			assert.Equal(t, before, written, "the input stays as it was")
		})
	}
}

// The embedded files know the distribution: its listeners need TLS, and an
// optional protocol is absent until it is written.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	shapes, err := classification.Load()
	require.NoError(t, err)
	defaults, err := classification.LoadDefaults()
	require.NoError(t, err)
	otlp, ok := shapes.Classify(rules.Receiver, "otlp")
	require.True(t, ok)
	assert.True(t, otlp.Has(rules.GRPCServer))
	assert.True(t, otlp.Has(rules.HTTPServer))
	for kind, types := range map[rules.Kind][]string{
		rules.Processor: {"redact", "batch", "memory_limiter"}, rules.Exporter: {"s3_sse_kms", "debug", "otlp", "otlp_http"},
		rules.Extension: {"encrypted_storage", "tls_guard", "zpages"}, rules.Connector: {"forward"},
	} {
		for _, name := range types {
			assert.True(t, shapes.Has(kind, name), name)
			assert.Contains(t, defaults[kind], name)
		}
	}
	config := defaults.Complete(map[string]any{"receivers": map[string]any{"otlp": map[string]any{"protocols": map[string]any{"grpc": nil}}}})
	protocols := config["receivers"].(map[string]any)["otlp"].(map[string]any)["protocols"].(map[string]any)
	assert.NotContains(t, protocols, "http")
	assert.Contains(t, protocols["grpc"], "endpoint")
	assert.NotContains(t, protocols["grpc"], "tls")
}
