package guard

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// The authenticator starts, and would be content: its issuer answers in clear.
func TestPlaintextIssuerIsRefused(t *testing.T) {
	needCollector(t)
	t.Parallel()
	mux := http.NewServeMux()
	issuer := httptest.NewServer(mux)
	t.Cleanup(issuer.Close)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{ // a client that hangs up fails the test by itself
			"issuer": issuer.URL, "jwks_uri": issuer.URL + "/keys",
			"authorization_endpoint": issuer.URL, "token_endpoint": issuer.URL,
			"id_token_signing_alg_values_supported": []string{"ES256"},
		})
	})
	rule, ok := rules.Lookup("TG034")
	require.True(t, ok)
	config := strings.ReplaceAll(rule.Bad, "http://idp.example/", issuer.URL)
	require.NotEqual(t, rule.Bad, config)

	s, address := newSite(t), freePort(t)
	refuses(t, s.options(t, s.fill(config, address)), address, "tls_guard: TG034 "+rule.BadPath+": ")

	allowed := strings.ReplaceAll(config, "tls_guard: {}", "tls_guard: {allow: {loopback_plaintext: true}}")
	other := newSite(t)
	starts(t, other.options(t, other.fill(allowed, freePort(t))), "")
}
