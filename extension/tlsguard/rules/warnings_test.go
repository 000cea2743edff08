package rules

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ids(findings []Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, f.ID)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestRedactionIsFollowedThroughConnectors(t *testing.T) {
	t.Parallel()
	findings := check(t, config(map[string]string{
		"processors": "{redact: {}, memory_limiter: {}}",
		"exporters":  "{otlp: {endpoint: \"s:1\", sending_queue: {enabled: false}}}",
		"connectors": "{forward: {}}",
		"pipelines": "{traces: {receivers: [otlp], processors: [memory_limiter, redact], exporters: [forward]}," +
			" traces/out: {receivers: [forward], exporters: [otlp]}}",
	}))
	assert.Empty(t, findings)
}

func TestReportModeIsNoRedaction(t *testing.T) {
	t.Parallel()
	findings := check(t, config(map[string]string{
		"processors": "{redact: {policy: {mode: report, extends: standard}}, memory_limiter: {}}",
		"exporters":  "{otlp: {endpoint: \"s:1\", sending_queue: {enabled: false}}}",
		"pipelines":  "{traces: {receivers: [otlp], processors: [memory_limiter, redact], exporters: [otlp]}}",
	}))
	require.Equal(t, []string{"TG050"}, ids(findings))
	assert.Contains(t, findings[0].Message, "report mode")
}

func TestPipelinesCanBeEnforced(t *testing.T) {
	t.Parallel()
	parts := map[string]string{"guard": "{pipelines: enforce}", "exporters": "{otlp: {endpoint: \"s:1\"}}", "exporter": "otlp"}
	assert.True(t, HasErrors(check(t, config(parts))))
	parts["guard"] = "{pipelines: off}"
	assert.Empty(t, check(t, config(parts)))
}

func TestQueueInMemoryLosesAcknowledgedData(t *testing.T) {
	t.Parallel()
	findings := check(t, config(map[string]string{
		"exporters": "{otlp: {endpoint: \"s:1\", sending_queue: {queue_size: 0}, retry_on_failure: {enabled: true, max_elapsed_time: 0s}}}", "exporter": "otlp",
	}))
	count := 0
	for _, f := range findings {
		if f.ID == "TG053" && f.Path == "exporters::otlp::sending_queue" {
			count++
		}
	}
	assert.Equal(t, 2, count, "%v", findings)
}

func TestStorageAutoFollowsTheHost(t *testing.T) {
	t.Parallel()
	parsed := parse(t, config(map[string]string{"exporters": "{otlp: {endpoint: \"s:1\", sending_queue: {storage: file_storage}}}", "exporter": "otlp"}))
	for encrypted, want := range map[bool]Severity{true: Error, false: Warn} {
		env := environment(t)
		env.EncryptedStorage = encrypted
		findings := Check(Input{Config: parsed, Classifier: distribution(), Environment: env}, DefaultPolicy())
		i := slices.IndexFunc(findings, func(f Finding) bool { return f.ID == "TG040" })
		require.GreaterOrEqual(t, i, 0)
		assert.Equal(t, want, findings[i].Severity)
	}
}

func TestMistypedStorageIsCalledSo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ storage, extensions, says string }{
		{"encrypted_storag", "{tls_guard: {}}", "no extension of this config"},
		{"file_storage/q", "{tls_guard: {}, file_storage/q: }", "in clear to file_storage"},
	} {
		findings := check(t, config(map[string]string{
			"exporters": "{otlp: {endpoint: \"s:1\", sending_queue: {storage: " + c.storage + "}}}", "exporter": "otlp", "extensions": c.extensions,
		}))
		i := slices.IndexFunc(findings, func(f Finding) bool { return f.ID == "TG040" })
		require.GreaterOrEqual(t, i, 0)
		assert.Contains(t, findings[i].Message, c.says)
	}
}

func TestShortLivedCertificates(t *testing.T) {
	t.Parallel()
	tls := "{cert_file: certs/short.crt, key_file: certs/server.key, client_ca_file: certs/clients-ca.crt%}"
	receiver := func(more string) string {
		return "{otlp: {protocols: {grpc: {endpoint: \"1.2.3.4:1\", tls: " + tls[:len(tls)-2] + more + "}}}}}"
	}
	findings := check(t, config(map[string]string{"receivers": receiver("")}))
	require.True(t, has(findings, "TG013", "receivers::otlp::protocols::grpc::tls::reload_interval"), "%v", findings)
	assert.False(t, has(findings, "TG013", "receivers::otlp::protocols::grpc::tls::cert_file"), "a certificate of one day must not warn all its life")
	assert.Empty(t, check(t, config(map[string]string{"receivers": receiver(", reload_interval: 1h")})))
}

func TestKeyAccess(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		key, folder Access
		bad         bool
	}{
		"owner only":               {Access{Mode: 0o600, Known: true}, Access{Mode: 0o755, Known: true}, false},
		"own group":                {Access{Mode: 0o640, Known: true, OwnGroup: true}, Access{Mode: 0o755, Known: true}, false},
		"another group":            {Access{Mode: 0o640, Known: true}, Access{Mode: 0o755, Known: true}, true},
		"everybody reads":          {Access{Mode: 0o644, Known: true, OwnGroup: true}, Access{Mode: 0o755, Known: true}, true},
		"everybody writes":         {Access{Mode: 0o602, Known: true}, Access{Mode: 0o755, Known: true}, true},
		"sticky folder on tmpfs":   {Access{Mode: 0o440, Known: true, OwnGroup: true}, Access{Mode: 0o1777 | 1<<20, Known: true}, false},
		"folder open to everybody": {Access{Mode: 0o600, Known: true}, Access{Mode: 0o777, Known: true}, true},
		"platform without owners":  {Access{Mode: 0o666}, Access{}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := environment(t)
			files := pki(t)
			files.access = map[string]Access{"certs/server.key": c.key, "certs": c.folder}
			env.Files = files
			findings := Check(Input{Config: parse(t, config(nil)), Classifier: distribution(), Environment: env}, DefaultPolicy())
			assert.Equal(t, c.bad, has(findings, "TG014", "receivers::otlp::protocols::grpc::tls::key_file"), "%v", findings)
		})
	}
}

func TestExemptionsWarnBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	for expires, want := range map[string]Severity{"2026-06-20": Warn, "never": Warn, "2026-05-31": Error, "2027-06-01": ""} {
		policy := DefaultPolicy()
		policy.Exemptions = []Exemption{{Path: "receivers::x", Rules: []string{"TG001"}, Reason: "r", Expires: expires}}
		report := Evaluate(Input{Config: parse(t, config(nil)), Classifier: distribution(), Environment: environment(t)}, policy)
		if want == "" {
			assert.Empty(t, report.Findings, expires)
			continue
		}
		require.Len(t, report.Findings, 1, expires)
		assert.Equal(t, "TG090", report.Findings[0].ID)
		assert.Equal(t, want, report.Findings[0].Severity, expires)
	}
}

func TestFactsOfTheProcess(t *testing.T) {
	t.Parallel()
	env := environment(t)
	env.FeatureGates = map[string]bool{"service.partialReload": true}
	policy := DefaultPolicy()
	policy.FIPS = FIPSRequired
	input := Input{Config: parse(t, config(nil)), Classifier: distribution(), Environment: env}
	assert.Equal(t, []string{"TG060", "TG061"}, ids(Check(input, policy)))
	input.Environment.FIPS = true
	input.Environment.FeatureGates = map[string]bool{"service.partialReload": false}
	assert.Empty(t, Check(input, policy))
}

func TestExpiriesNameTheSetting(t *testing.T) {
	t.Parallel()
	got := Expiries(Input{Config: parse(t, config(nil)), Classifier: distribution(), Environment: environment(t)})
	require.Len(t, got, 2)
	assert.Equal(t, "receivers::otlp::protocols::grpc::tls::cert_file", got[0].Path)
	assert.Equal(t, testNow.Add(365*24*time.Hour), got[0].NotAfter)
	assert.Equal(t, "receivers::otlp::protocols::grpc::tls::client_ca_file", got[1].Path)
}

func TestFindingsNeverQuoteSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-SECRET"
	text := config(map[string]string{
		"extensions": "{tls_guard: {}, oidc: {issuer_url: \"http://u:" + secret + "@i\"}}", "started": "[tls_guard, oidc]",
		"exporters": "{otlp_http: {proxy_url: \"http://u:" + secret + "@p\", endpoint: \"http://u:" + secret + "@store:4318\", headers: {authorization: " + secret + "}}}", "exporter": "otlp_http",
		"receivers": "{kafka: {brokers: [\"k:1\"], auth: {sasl: {mechanism: PLAIN, username: u, password: " + secret + "}}}, otlp: {protocols: {grpc: {endpoint: \"1.2.3.4:1\", tls: {cert_pem: " + secret + "}}}}, prometheus: {config: {scrape_configs: [{job_name: a, proxy_url: \"http://u:" + secret + "@p\", oauth2: {client_secret: " + secret + ", token_url: \"http://u:" + secret + "@t\"}, http_sd_configs: [{url: \"http://u:" + secret + "@s\"}]}]}}}",
		"pipelines": "{traces: {receivers: [kafka, otlp, prometheus], exporters: [otlp_http]}}",
	})
	findings := check(t, text)
	require.NotEmpty(t, findings)
	for _, f := range findings {
		assert.NotContains(t, f.String(), secret)
	}
}

func BenchmarkCheck20Receivers(b *testing.B) {
	receivers, names := "{", ""
	for i := range 20 {
		name := "otlp/" + string(rune('a'+i))
		receivers += name + ": {protocols: {grpc: {endpoint: \"0.0.0.0:1\", tls: " + sealedTLS + "}, http: {endpoint: \"0.0.0.0:2\", tls: " + sealedTLS + "}}}, "
		names += name + ", "
	}
	parsed := parse(b, config(map[string]string{"receivers": receivers + "}", "receiver": names}))
	input := Input{Config: parsed, Classifier: distribution(), Environment: environment(b)}
	for b.Loop() {
		if HasErrors(Check(input, DefaultPolicy())) {
			b.Fatal("refused")
		}
	}
}
