package rules

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func fields(pairs ...string) Component {
	var c Component
	for i := 0; i+1 < len(pairs); i += 2 {
		path, optional := pairs[i], false
		if path != "" && path[0] == '?' {
			path, optional = path[1:], true
		}
		c.Fields = append(c.Fields, Field{Path: path, Shape: Shape(pairs[i+1]), Optional: optional})
	}
	return c
}

// distribution is the shape of the components that the tests use; package
// classify's tests and tests/guard check it against the real factories.
func distribution() Classification {
	var c Classification
	c.Add(Receiver, "otlp", fields("?protocols::grpc", "grpc_server", "?protocols::http", "http_server"))
	c.Add(Receiver, "zipkin", fields("", "http_server"))
	c.Add(Receiver, "jaeger", fields("?protocols::grpc", "grpc_server", "?protocols::thrift_http", "http_server",
		"protocols::thrift_compact::endpoint", "address", "protocols::thrift_binary::endpoint", "address"))
	c.Add(Receiver, "statsd", fields("", "net_addr"))
	c.Add(Receiver, "syslog", fields("tcp::listen_address", "address", "?tcp::tls", "tls_server", "udp::listen_address", "address"))
	c.Add(Receiver, "file_log", fields("operators", "opaque"))
	c.Add(Receiver, "filelog", fields("operators", "opaque"))
	c.Add(Receiver, "kafka", fields("brokers", "address", "?tls", "tls_client", "?auth::tls", "tls_client"))
	c.Add(Receiver, "prometheus", fields("api_server::server_config", "http_server", "?target_allocator", "http_client"))
	c.Add(Receiver, "receiver_creator", fields("watch_observers", "opaque"))
	c.Add(Receiver, "scraper", fields("", "http_client"))
	c.Add(Receiver, "odd", fields("endpoint", "address"))
	c.Add(Exporter, "otlp", fields("", "grpc_client", "?sending_queue", "queue"))
	c.Add(Exporter, "otlp_grpc", fields("", "grpc_client", "?sending_queue", "queue"))
	c.Add(Exporter, "otlp_http", fields("", "http_client", "?sending_queue", "queue"))
	c.Add(Exporter, "kafka", fields("brokers", "address", "?tls", "tls_client", "?auth::tls", "tls_client", "?sending_queue", "queue"))
	c.Add(Exporter, "load_balancing", fields("protocol::otlp", "grpc_client", "?protocol::otlp::sending_queue", "queue", "?sending_queue", "queue"))
	c.Add(Exporter, "prometheus", fields("", "http_server", "?sending_queue", "queue"))
	c.Add(Exporter, "file", Component{})
	c.Add(Exporter, "s3_sse_kms", fields("?tls", "tls_client", "endpoint", "address", "encryption::kms_endpoint", "address"))
	c.Add(Exporter, "nop", Component{})
	c.Add(Exporter, "debug", fields("?sending_queue", "queue"))
	c.Add(Processor, "batch", Component{})
	c.Add(Processor, "redact", Component{})
	c.Add(Processor, "memory_limiter", Component{})
	c.Add(Connector, "forward", Component{})
	c.Add(Extension, "tls_guard", Component{})
	c.Add(Extension, "zpages", fields("", "http_server"))
	c.Add(Extension, "pprof", fields("endpoint", "address"))
	c.Add(Extension, "health_check", fields("", "http_server", "?http", "http_server", "?grpc", "grpc_server"))
	c.Add(Extension, "file_storage", Component{})
	c.Add(Extension, "encrypted_storage", Component{})
	c.Add(Extension, "bearertokenauth", Component{})
	c.Add(Extension, "oidc", fields("issuer_url", "address", "providers::*::issuer_url", "address"))
	c.Add(Extension, "opamp", fields("server::http", "http_client"))
	c.Add(Extension, "jaegerremotesampling", fields("?http", "http_server", "?grpc", "grpc_server"))
	return c
}

func TestClassificationSurvivesJSON(t *testing.T) {
	t.Parallel()
	want := distribution()
	data, err := json.Marshal(want)
	require.NoError(t, err)
	got, err := DecodeClassification(data)
	require.NoError(t, err)
	assert.Equal(t, want, got)

	_, err = DecodeClassification([]byte(`{"version": 99}`))
	require.ErrorContains(t, err, "version 99")
	_, err = DecodeClassification([]byte(`{`))
	require.Error(t, err)
}
