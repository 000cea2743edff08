package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func decode(t *testing.T, text string) (Policy, error) {
	t.Helper()
	return DecodePolicy(parse(t, text))
}

func TestDecodeNothingIsStrict(t *testing.T) {
	t.Parallel()
	policy, err := DecodePolicy(nil)
	require.NoError(t, err)
	assert.Equal(t, DefaultPolicy(), policy)
	require.NoError(t, policy.Problems())
	assert.Equal(t, ClientAuthRequired, policy.Receivers.ClientAuth)
	assert.Equal(t, 336*time.Hour, policy.Certificates.ExpiryWarning)
	assert.False(t, policy.Allow.LoopbackPlaintext)
}

func TestDecodeForgivesYAML(t *testing.T) {
	t.Parallel()
	policy, err := DecodePolicy(map[string]any{
		"exporters":  false, // unquoted off of a YAML 1.1 reader
		"receivers":  map[string]any{"min_version": 1.3, "post_quantum": false},
		"exemptions": []any{map[string]any{"path": "receivers::statsd", "rules": []any{"TG006"}, "reason": "r", "expires": time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)}},
	})
	require.NoError(t, err)
	require.NoError(t, policy.Problems())
	assert.Equal(t, ModeOff, policy.Exporters)
	assert.Equal(t, "1.3", policy.Receivers.MinVersion)
	assert.Equal(t, "2027-01-31", policy.Exemptions[0].Expires)
	assert.Equal(t, PostQuantumOff, policy.Receivers.PostQuantum)

	policy, err = decode(t, "{telemetry: off, exemptions: [{path: a::b, rules: [TG001], reason: r, expires: 2027-01-31}], probe: {interval: 5s}}")
	require.NoError(t, err)
	assert.Equal(t, ModeOff, policy.Telemetry)
	assert.Equal(t, "2027-01-31", policy.Exemptions[0].Expires)
	assert.Equal(t, 5*time.Second, policy.Probe.Interval)
	assert.True(t, policy.Probe.Enabled, "a partial section keeps the other defaults")
}

func TestDecodeRefusesUnknownKeys(t *testing.T) {
	t.Parallel()
	_, err := decode(t, "{reciever: {}}")
	require.ErrorContains(t, err, "reciever")
	_, err = decode(t, "{receivers: {client_aut: required}}")
	require.ErrorContains(t, err, "client_aut")
}

func TestValidateNamesEveryBadEntry(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"{receivers: {client_auth: maybe}}":                                      "receivers::client_auth",
		"{receivers: {min_version: \"1.1\"}}":                                    "receivers::min_version",
		"{receivers: {unknown: enforce}}":                                        "receivers::unknown",
		"{receivers: {post_quantum: soon}}":                                      "receivers::post_quantum",
		"{receivers: {override: {\"receivers::otlp\": {}}}}":                     "receivers::override::receivers::otlp",
		"{receivers: {override: {otlp: {client_auth: auth}}}}":                   "receivers::override::otlp",
		"{receivers: {override: {\"receivers::otlp\": {min_version: \"1.0\"}}}}": "receivers::override::receivers::otlp::min_version",
		"{exporters: on}":                       "exporters",
		"{telemetry: auto}":                     "telemetry",
		"{storage: maybe}":                      "storage",
		"{pipelines: loud}":                     "pipelines",
		"{certificates: {key_permissions: x}}":  "certificates::key_permissions",
		"{certificates: {expiry_warning: -1h}}": "certificates::expiry_warning",
		"{fips: maybe}":                         "fips",
		"{probe: {interval: 1ms}}":              "probe::interval",
		"{probe: {timeout: 1h}}":                "probe::timeout",
		"{exemptions: [{path: statsd, rules: [TG006], reason: r, expires: never}]}":                  "exemptions::0::path",
		"{exemptions: [{path: receivers::statsd, rules: [], reason: r, expires: never}]}":            "exemptions::0::rules",
		"{exemptions: [{path: receivers::statsd, rules: [TG999], reason: r, expires: never}]}":       "exemptions::0::rules::0",
		"{exemptions: [{path: receivers::statsd, rules: [TG090], reason: r, expires: never}]}":       "exemptions::0::rules::0",
		"{exemptions: [{path: receivers::statsd, rules: [TG006], reason: \" \", expires: never}]}":   "exemptions::0::reason",
		"{exemptions: [{path: receivers::statsd, rules: [TG006], reason: r}]}":                       "exemptions::0::expires",
		"{exemptions: [{path: receivers::statsd, rules: [TG006], reason: r, expires: \"31.1.27\"}]}": "exemptions::0::expires",
	}
	for text, path := range cases {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			policy, err := decode(t, text)
			require.NoError(t, err)
			require.ErrorContains(t, policy.Problems(), path+": ")
		})
	}
	policy, err := decode(t, "{exporters: a, storage: b}")
	require.NoError(t, err)
	err = policy.Problems()
	require.ErrorContains(t, err, "exporters: ")
	require.ErrorContains(t, err, "storage: ", "all errors are reported")
}
