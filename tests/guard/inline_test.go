package guard

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
)

// The effective configuration redacts PEM text: what is wrong with it shows at
// the socket, before the collector counts as started.
func TestInlineCertificatesAreJudgedAtTheSocket(t *testing.T) {
	needCollector(t)
	t.Parallel()
	for name, c := range map[string]struct{ cert, key, line string }{
		"good":        {"server.crt", "server.key", ""},
		"ends soon":   {"soon.crt", "soon.key", "tls_guard: TG013 receivers::otlp::protocols::grpc::tls::cert_pem: "},
		"expired":     {"expired.crt", "expired.key", "tls_guard: TG012 receivers::otlp::protocols::grpc::tls::cert_pem: "},
		"for clients": {"client.crt", "client.key", "tls_guard: TG011 receivers::otlp::protocols::grpc::tls::cert_pem: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			inline := func(file string) string {
				text, err := os.ReadFile(filepath.Join(s.dir, "certs", file))
				require.NoError(t, err)
				quoted, err := json.Marshal(string(text))
				require.NoError(t, err)
				return string(quoted)
			}
			receiver := "{protocols: {grpc: {endpoint: 127.0.0.1:0, tls: {cert_pem: " + inline(c.cert) + ", key_pem: " + inline(c.key) + ", client_ca_file: certs/clients-ca.crt}}}}"
			options := s.options(t, s.fill(parts{receiver: receiver}.yaml(), freePort(t)))
			if name == "good" || name == "ends soon" {
				starts(t, options, c.line)
				return
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			code, output, err := collector.Run(ctx, options)
			require.NoError(t, err)
			assert.Equal(t, 1, code)
			assert.Contains(t, output, c.line)
			assert.NotContains(t, output, "PRIVATE KEY")
		})
	}
}
