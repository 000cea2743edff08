package encryptedstorage

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func loadConfig(t *testing.T, id string) *Config {
	cm, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := cm.Sub(id)
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, sub.Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
	return cfg
}

func TestLoadConfig(t *testing.T) {
	t.Parallel()
	cfg := loadConfig(t, "encrypted_storage")
	assert.Equal(t, DefaultDirectory, cfg.Directory)
	assert.True(t, cfg.CreateDirectory)
	assert.EqualValues(t, 64<<20, cfg.SegmentSize)
	assert.Equal(t, ByteSize(20<<30), cfg.MaxSize)
	assert.EqualValues(t, 1<<30, cfg.MinFreeSpace)
	assert.Equal(t, FsyncOnInsert, cfg.Fsync)
	assert.Equal(t, 200*time.Millisecond, cfg.FlushInterval)
	assert.Equal(t, CorruptionQuarantine, cfg.OnCorruption)
	assert.EqualValues(t, 16<<20, cfg.CacheSize)
	assert.Equal(t, 24*time.Hour, cfg.Keys.RotationInterval)
	assert.Equal(t, 72*time.Hour, cfg.Keys.MaxEpochAge)
	assert.Equal(t, 15*time.Minute, cfg.Keys.RevocationGrace)
	assert.Equal(t, 5*time.Minute, cfg.Keys.StatusInterval)
	assert.Equal(t, 2*time.Minute, cfg.Keys.StartupTimeout)
	assert.Equal(t, "/etc/otelcol/spool.key", cfg.Keys.KeyFile.Get().Path)
	assert.False(t, cfg.Keys.AWSKMS.HasValue())

	cfg = loadConfig(t, "encrypted_storage/all")
	assert.EqualValues(t, 16<<20, cfg.SegmentSize)
	assert.Equal(t, ByteSize(1<<40), cfg.MaxSize)
	assert.Zero(t, cfg.MinFreeSpace)
	assert.Equal(t, FsyncInterval, cfg.Fsync)
	assert.Equal(t, CorruptionFail, cfg.OnCorruption)
	assert.Zero(t, cfg.CacheSize)
	assert.Equal(t, map[string]string{"otel-store": "edge-7"}, cfg.Keys.Context)
	assert.Equal(t, 3*time.Second, cfg.Keys.AWSKMS.Get().Timeout)
	assert.Len(t, cfg.Keys.AWSKMS.Get().AlsoDecrypt, 1)

	cfg = loadConfig(t, "encrypted_storage/plugin")
	assert.Equal(t, "unix:///run/kms/plugin.sock", cfg.Keys.KMSPlugin.Get().Endpoint)
	assert.Positive(t, cfg.Keys.KMSPlugin.Get().Timeout)
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no directory":       {func(c *Config) { c.Directory = "" }, "directory: must be set"},
		"relative directory": {func(c *Config) { c.Directory = "spool" }, `directory: "spool" must be an absolute path`},
		"small segments":     {func(c *Config) { c.SegmentSize = 1 << 10 }, "segment_size: 1KiB must be between"},
		"small store":        {func(c *Config) { c.MaxSize = 65 << 20 }, "max_size: 65MiB must be at least four times"},
		"negative reserve":   {func(c *Config) { c.MinFreeSpace = -1 }, "min_free_space: must not be negative"},
		"fsync":              {func(c *Config) { c.Fsync = "sometimes" }, `fsync: "sometimes": use on_insert`},
		"flush":              {func(c *Config) { c.FlushInterval = 0 }, "flush_interval: 0s must be between"},
		"corruption":         {func(c *Config) { c.OnCorruption = "ignore" }, `on_corruption: "ignore": use quarantine or fail`},
		"negative cache":     {func(c *Config) { c.CacheSize = -1 }, "cache_size: "},
		"huge cache":         {func(c *Config) { c.CacheSize = 2 << 30 }, "cache_size: 2GiB must be between 0B (none) and 1GiB"},
		"rotation":           {func(c *Config) { c.Keys.RotationInterval = 0 }, "keys::rotation_interval: 0s must be at least 1ms; write a unit"},
		"probe without unit": {func(c *Config) { c.Keys.StatusInterval = 5 }, "keys::status_interval: 5ns must be at least 1ms; write a unit"},
		"aws without unit": {func(c *Config) {
			c.Keys.AWSKMS = configoptional.Some(AWSKMSConfig{KeyARN: "alias/x", Timeout: 5})
		}, "keys::aws_kms::timeout: 5ns must be at least 1ms"},
		"plugin without unit": {func(c *Config) {
			c.Keys.KMSPlugin = configoptional.Some(KMSPluginConfig{Endpoint: "unix:///a", Timeout: 5})
		}, "keys::kms_plugin::timeout: 5ns must be at least 1ms"},
		"age":           {func(c *Config) { c.Keys.MaxEpochAge = time.Hour }, "keys::max_epoch_age: 1h0m0s must be greater than rotation_interval"},
		"context":       {func(c *Config) { c.Keys.Context = map[string]string{"otel-store": ""} }, `keys::context: encryption context: "otel-store" has an empty value`},
		"purpose":       {func(c *Config) { c.Keys.Context = map[string]string{"otel-purpose": "x"} }, "keys::context: otel-purpose is added"},
		"no provider":   {func(c *Config) { c.Keys.KeyFile = configoptional.None[KeyFileConfig]() }, "keys: 0 key providers are configured; set exactly one of key_file, aws_kms and kms_plugin"},
		"two providers": {func(c *Config) { c.Keys.KMSPlugin = configoptional.Some(KMSPluginConfig{Endpoint: "unix:///a"}) }, "keys: 2 key providers"},
		"key file":      {func(c *Config) { c.Keys.KeyFile = configoptional.Some(KeyFileConfig{}) }, "keys::key_file::path: must be set"},
		"key file path": {func(c *Config) { c.Keys.KeyFile = configoptional.Some(KeyFileConfig{Path: "k"}) }, `keys::key_file::path: "k" must be an absolute path`},
		"aws":           {func(c *Config) { c.Keys.AWSKMS = configoptional.Some(AWSKMSConfig{KeyARN: "alias/x"}) }, "keys::aws_kms: key_arn: an alias"},
		"plugin":        {func(c *Config) { c.Keys.KMSPlugin = configoptional.Some(KMSPluginConfig{Endpoint: "tcp://a"}) }, "keys::kms_plugin: endpoint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := createDefaultConfig().(*Config)
			cfg.Keys.KeyFile = configoptional.Some(KeyFileConfig{Path: "/k"})
			require.NoError(t, cfg.Validate())
			c.change(cfg)
			require.ErrorContains(t, confmap.Validate(cfg), c.want)
		})
	}
}

func TestByteSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ByteSize{"0B": 0, "64MiB": 64 << 20, "1 GiB": 1 << 30, "7B": 7, "3KiB": 3 << 10, "2TiB": 2 << 40} {
		var b ByteSize
		require.NoError(t, b.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, b)
		round, err := b.MarshalText()
		require.NoError(t, err)
		var again ByteSize
		require.NoError(t, again.UnmarshalText(round))
		assert.Equal(t, b, again)
	}
	for _, text := range []string{"", "64", "MiB", "-1B", "1.5GiB", "64MB", "9999999999TiB"} {
		var b ByteSize
		assert.ErrorContains(t, b.UnmarshalText([]byte(text)), "B, KiB, MiB, GiB, TiB", text)
	}
}
