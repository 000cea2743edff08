package redact

import (
	"context"
	"testing"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor"
)

// pattern is one kind of value: the regular expression that users of contrib's
// redaction processor write for it, and our detector.
type pattern struct {
	name, regex, detector string
}

// patterns are the twenty kinds of the comparison; the first five are the
// short list.
var patterns = []pattern{
	{"visa", `4[0-9]{12}(?:[0-9]{3})?`, "payment_card"},
	{"mastercard", `(5[1-5][0-9]{14})`, "payment_card"},
	{"email", `[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}`, "email"},
	{"us_ssn", `\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b`, "us_ssn"},
	{"aws", `AKIA[0-9A-Z]{16}`, "aws_access_key"},
	{"amex", `3[47][0-9]{13}`, "payment_card"},
	{"iban", `\b[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}\b`, "iban"},
	{"phone", `\+[1-9][0-9]{7,14}\b`, "phone"},
	{"jwt", `eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*`, "jwt"},
	{"github", `gh[pousr]_[A-Za-z0-9]{36}`, "github_token"},
	{"gitlab", `glpat-[A-Za-z0-9_-]{20}`, "gitlab_token"},
	{"slack", `xox[abprs]-[A-Za-z0-9-]{10,}`, "slack_token"},
	{"stripe", `[sr]k_(live|test)_[A-Za-z0-9]{20,}`, "stripe_key"},
	{"google", `AIza[0-9A-Za-z_-]{35}`, "gcp_api_key"},
	{"private_key", `-----BEGIN [A-Z ]*PRIVATE KEY-----`, "private_key"},
	{"bearer", `(?i)bearer\s+[A-Za-z0-9._~+/-]{16,}=*`, "http_auth"},
	{"basic", `(?i)basic\s+[A-Za-z0-9+/]{8,}={0,2}`, "http_auth"},
	{"url_password", `://[^/\s:@]+:[^/\s@]+@`, "url_userinfo"},
	{"openai", `sk-[A-Za-z0-9_-]{32,}`, "openai_key"},
	{"npm", `npm_[A-Za-z0-9]{36}`, "npm_token"},
}

func contribConfig(n int) *contrib.Config {
	c := contrib.NewFactory().CreateDefaultConfig().(*contrib.Config)
	c.AllowAllKeys = true
	c.Summary = "silent"
	for _, p := range patterns[:n] {
		c.BlockedValues = append(c.BlockedValues, p.regex)
	}
	return c
}

// ourConfig detects the same kinds; n of 0 is the built-in policy.
func ourConfig(n int) *redactprocessor.Config {
	c := redactprocessor.NewFactory().CreateDefaultConfig().(*redactprocessor.Config)
	if n == 0 {
		return c
	}
	names, seen := []any{}, map[string]bool{}
	for _, p := range patterns[:n] {
		if !seen[p.detector] {
			seen[p.detector] = true
			names = append(names, p.detector)
		}
	}
	c.Policy = map[string]any{"rules": []any{map[string]any{"name": "kinds", "detect": names, "action": "mask"}}}
	return c
}

func settings(f processor.Factory) processor.Settings {
	return processortest.NewNopSettings(f.Type())
}

func startTraces(t testing.TB, f processor.Factory, cfg any, sink *consumertest.TracesSink) processor.Traces {
	t.Helper()
	p, err := f.CreateTraces(context.Background(), settings(f), cfg, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, p.Shutdown(context.Background())) })
	return p
}

func startLogs(t testing.TB, f processor.Factory, cfg any, sink *consumertest.LogsSink) processor.Logs {
	t.Helper()
	p, err := f.CreateLogs(context.Background(), settings(f), cfg, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, p.Shutdown(context.Background())) })
	return p
}

func startMetrics(t testing.TB, f processor.Factory, cfg any, sink *consumertest.MetricsSink) processor.Metrics {
	t.Helper()
	p, err := f.CreateMetrics(context.Background(), settings(f), cfg, sink)
	require.NoError(t, err)
	require.NoError(t, p.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, p.Shutdown(context.Background())) })
	return p
}
