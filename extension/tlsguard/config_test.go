package tlsguard

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

func load(t *testing.T, name string) (*Config, error) {
	t.Helper()
	file, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	id := component.MustNewID("tls_guard")
	if name != "" {
		id = component.MustNewIDWithName("tls_guard", name)
	}
	section, err := file.Sub(id.String())
	require.NoError(t, err)
	config := createDefaultConfig().(*Config)
	return config, section.Unmarshal(config)
}

func TestDefaultIsTheStrictPolicy(t *testing.T) {
	t.Parallel()
	config, err := load(t, "")
	require.NoError(t, err)
	require.NoError(t, confmap.Validate(config))
	assert.Equal(t, rules.DefaultPolicy(), config.Policy)
}

func TestEveryKeyIsRead(t *testing.T) {
	t.Parallel()
	config, err := load(t, "all")
	require.NoError(t, err)
	require.NoError(t, confmap.Validate(config))
	assert.Equal(t, rules.Policy{
		Receivers: rules.ReceiverPolicy{
			ClientAuth: rules.ClientAuthAuth, MinVersion: "1.3", Unknown: rules.ModeWarn, PostQuantum: rules.PostQuantumRequire,
			Override: map[string]rules.ReceiverOverride{"receivers::otlp/edge": {ClientAuth: rules.ClientAuthOptional, MinVersion: "1.2", PostQuantum: rules.PostQuantumOff}},
		},
		Exporters: rules.ModeWarn, Telemetry: rules.ModeOff, Storage: rules.ModeEnforce, Pipelines: rules.ModeEnforce,
		Certificates: rules.CertificatePolicy{ExpiryWarning: 720 * time.Hour, KeyPermissions: rules.ModeWarn},
		Allow:        rules.AllowPolicy{LoopbackPlaintext: true},
		FIPS:         rules.FIPSRequired,
		Exemptions: []rules.Exemption{
			{Path: "receivers::statsd", Rules: []string{"TG006"}, Reason: "sidecar on a private netns", Expires: "2027-01-31"},
			{Path: "receivers::syslog", Rules: []string{"TG006"}, Reason: "old switches", Expires: rules.Never},
		},
		Probe: rules.ProbePolicy{Enabled: true, Interval: 30 * time.Second, Timeout: time.Second},
	}, config.Policy)
}

// An effective configuration is marshalled from Config and may be read again
// by sealctl: nothing may be lost on the way.
func TestConfigSurvivesMarshalling(t *testing.T) {
	t.Parallel()
	config, err := load(t, "all")
	require.NoError(t, err)
	conf := confmap.New()
	require.NoError(t, conf.Marshal(config))
	policy, err := rules.DecodePolicy(conf.ToStringMap())
	require.NoError(t, err)
	assert.Equal(t, config.Policy, policy)
}

func TestBadConfigNamesEveryEntry(t *testing.T) {
	t.Parallel()
	config, err := load(t, "bad")
	require.NoError(t, err)
	err = confmap.Validate(config)
	for _, part := range []string{"exporters: ", "exemptions::0::path: ", "exemptions::0::reason: ", "exemptions::0::expires: "} {
		require.Equal(t, 1, strings.Count(err.Error(), part), "%s is said once in: %v", part, err)
	}
}
