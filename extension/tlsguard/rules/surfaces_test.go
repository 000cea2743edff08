package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func surfacesOf(t *testing.T, text string) []Surface {
	t.Helper()
	config := parse(t, text)
	policy, err := DecodePolicy(GuardSection(config))
	require.NoError(t, err)
	return Surfaces(Input{Config: config, Classifier: distribution(), Environment: environment(t)}, policy)
}

// A line protocol among operators takes a probe's bytes as telemetry too.
func TestOperatorsAreNotProbed(t *testing.T) {
	t.Parallel()
	surfaces := surfacesOf(t, config(map[string]string{
		"receivers": "{filelog: {include: [/a], operators: [{type: tcp_input, listen_address: \"127.0.0.1:5140\"}]}}", "receiver": "filelog",
	}))
	got := Explain(surfaces, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:5140")})[0]
	assert.Equal(t, "receivers::filelog::operators::0", got.Surface.Path)
	assert.True(t, got.Surface.Ingests)
}

// A UDP receiver excuses no TCP socket.
func TestDatagramsExplainNothing(t *testing.T) {
	t.Parallel()
	surfaces := surfacesOf(t, config(map[string]string{
		"receivers": "{statsd: {endpoint: \"localhost:0\", transport: udp}, jaeger: {protocols: {thrift_compact: {endpoint: \"localhost:6831\"}}}, syslog: {udp: {listen_address: \"localhost:514\"}}, filelog: {operators: [{type: udp_input, listen_address: \"localhost:515\"}]}}",
		"receiver":  "statsd, jaeger, syslog, filelog",
	}))
	for _, socket := range []string{"127.0.0.1:40000", "127.0.0.1:6831", "127.0.0.1:514", "127.0.0.1:515"} {
		assert.False(t, Explain(surfaces, []netip.AddrPort{netip.MustParseAddrPort(socket)})[0].Known, socket)
	}
}

func TestSurfacesExplainSockets(t *testing.T) {
	t.Parallel()
	surfaces := surfacesOf(t, config(map[string]string{
		"receivers":  "{otlp: {protocols: {grpc: {endpoint: \"0.0.0.0:4317\", tls: " + sealedTLS + "}, http: {endpoint: \"localhost:0\"}}}, syslog: {tcp: {listen_address: \"0.0.0.0:6514\", tls: " + sealedTLS + "}}, mystery: {nested: {where: \"1.2.3.4:7000\"}}}",
		"extensions": "{tls_guard: {}, health_check: {endpoint: \"0.0.0.0:13133\"}, pprof: {endpoint: \"localhost:1777\"}}", "started": "[tls_guard, health_check, pprof]",
		"telemetry": "{metrics: {readers: [{pull: {exporter: {prometheus: {host: localhost, port: 8888}}}}]}}",
		"receiver":  "otlp, syslog, mystery",
	}))
	for socket, want := range map[string]struct {
		path             string
		decided, ingests bool
	}{
		"0.0.0.0:4317":    {"receivers::otlp::protocols::grpc", false, false},
		"[::]:4317":       {"receivers::otlp::protocols::grpc", false, false},
		"127.0.0.1:41234": {"receivers::otlp::protocols::http", false, false},
		"0.0.0.0:6514":    {"receivers::syslog::tcp", true, true},
		"1.2.3.4:7000":    {"receivers::mystery", false, false},
		"0.0.0.0:13133":   {"extensions::health_check", true, false},
		"127.0.0.1:1777":  {"extensions::pprof", true, false},
		"127.0.0.1:8888":  {"service::telemetry::metrics::readers::0", true, false},
	} {
		got := Explain(surfaces, []netip.AddrPort{netip.MustParseAddrPort(socket)})[0]
		require.True(t, got.Known, socket)
		assert.Equal(t, want.path, got.Surface.Path, socket)
		assert.Equal(t, want.decided, got.Surface.Decided, socket)
		assert.Equal(t, want.ingests, got.Surface.Ingests, socket)
		assert.False(t, got.Ambiguous, socket)
	}
	got := Explain(surfaces, []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:9999")})[0]
	assert.False(t, got.Known)
}

// The SDK of the collector's own telemetry obeys variables that beat an https
// endpoint: https is then a name for plaintext.
func TestVariablesOfTheSDK(t *testing.T) {
	t.Parallel()
	own := func(signal string) string {
		pipeline := "{processors: [{batch: {exporter: {otlp: {protocol: grpc%s}}}}]}"
		if signal == "metrics" {
			pipeline = "{readers: [{periodic: {exporter: {otlp: {protocol: grpc%s}}}}]}"
		}
		return "{" + signal + ": " + pipeline + "}"
	}
	const https, none = `, endpoint: "https://store:4317"`, ""
	for name, c := range map[string]struct {
		telemetry, endpoint string
		variables           map[string]string
		want                bool
	}{
		"no variables":              {own("traces"), https, nil, false},
		"insecure":                  {own("traces"), https, map[string]string{"OTEL_EXPORTER_OTLP_INSECURE": "TRUE"}, true},
		"insecure for logs":         {own("logs"), https, map[string]string{"OTEL_EXPORTER_OTLP_LOGS_INSECURE": "true"}, true},
		"insecure for metrics":      {own("metrics"), https, map[string]string{"OTEL_EXPORTER_OTLP_METRICS_INSECURE": "true"}, true},
		"insecure for another":      {own("metrics"), https, map[string]string{"OTEL_EXPORTER_OTLP_LOGS_INSECURE": "true"}, false},
		"the signal's own wins":     {own("traces"), https, map[string]string{"OTEL_EXPORTER_OTLP_INSECURE": "true", "OTEL_EXPORTER_OTLP_TRACES_INSECURE": "false"}, false},
		"endpoint in the variable":  {own("traces"), none, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://store:4317"}, true},
		"endpoint of the file wins": {own("traces"), https, map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://store:4317"}, false},
	} {
		env := environment(t)
		env.Getenv = func(name string) string { return c.variables[name] }
		text := config(map[string]string{"telemetry": fmt.Sprintf(c.telemetry, c.endpoint)})
		findings := Check(Input{Config: parse(t, text), Classifier: distribution(), Environment: env}, DefaultPolicy())
		assert.Equal(t, c.want, slices.ContainsFunc(findings, func(f Finding) bool { return f.ID == "TG030" }), name)
	}
}

func TestExemptionsHoldForTheProbe(t *testing.T) {
	t.Parallel()
	now := testNow
	policy := DefaultPolicy()
	policy.Exemptions = []Exemption{{Path: "receivers::otlp", Rules: []string{"TG002"}, Reason: "r", Expires: "2026-06-01"}}
	at := "receivers::otlp::protocols::grpc"
	for id, want := range map[string]bool{"TG080": false, "TG081": true, "TG082": true} {
		_, ok := Exempt(Finding{ID: id, Path: at}, policy, now)
		assert.Equal(t, want, ok, id)
		_, ok = Exempt(Finding{ID: id, Path: at}, policy, now.Add(48*time.Hour))
		assert.False(t, ok, "the exemption has ended")
	}
	_, ok := Exempt(Finding{ID: "TG081", Path: "receivers::otlp/edge"}, policy, now)
	assert.False(t, ok, "another receiver")
}

func TestProbeFindingFollowsThePolicy(t *testing.T) {
	t.Parallel()
	socket := netip.MustParseAddrPort("127.0.0.1:4317")
	cases := []struct {
		result string
		auth   ClientAuth
		named  bool
		want   string
	}{
		{"sealed", ClientAuthRequired, false, ""},
		{"plaintext", ClientAuthOptional, true, "TG080"},
		{"unreachable", ClientAuthOptional, false, "TG080"},
		{"no_client_certificate", ClientAuthRequired, true, "TG081"},
		{"no_client_certificate", ClientAuthAuth, false, "TG081"},
		{"no_client_certificate", ClientAuthAuth, true, ""},
		{"no_client_certificate", ClientAuthOptional, false, ""},
		{"unknown_ca_accepted", ClientAuthRequired, false, "TG082"},
		{"unknown_ca_accepted", ClientAuthOptional, false, ""},
	}
	for _, c := range cases {
		f, bad := ProbeFinding(c.result, "receivers::otlp", socket, ReceiverPolicy{ClientAuth: c.auth}, c.named)
		assert.Equal(t, c.want != "", bad, "%+v", c)
		assert.Equal(t, c.want, f.ID, "%+v", c)
	}
}

// TestStaleSocketVouchesForNothing: a receiver makes its socket anew, with its own
// mode, where one with a tight mode stands from before; a client meets the one that
// is there.
func TestStaleSocketVouchesForNothing(t *testing.T) {
	t.Parallel()
	files := pki(t)
	files.access = map[string]Access{
		"/srv/otel.sock": {Mode: 0o600, Known: true}, "/srv": {Mode: 0o755, Known: true}, "/": {Mode: 0o755, Known: true},
		"/run/otel/otel.sock": {Mode: 0o600, Known: true}, "/run/otel": {Mode: 0o750, Known: true}, "/run": {Mode: 0o755, Known: true},
	}
	env := environment(t)
	env.Files = files
	allow := AllowPolicy{UnixSockets: true}
	open, tight := parseAddress("/srv/otel.sock", "unixgram"), parseAddress("/run/otel/otel.sock", "unixgram")
	assert.True(t, open.local(env, allow))
	assert.False(t, open.servedLocally(env, allow))
	assert.True(t, tight.local(env, allow))
	assert.True(t, tight.servedLocally(env, allow))
	assert.Empty(t, parseAddress("unix:9092", "").socket, "a port of the host unix")
}
