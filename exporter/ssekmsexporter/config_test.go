package ssekmsexporter

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

func loadConfig(t *testing.T, name string) *Config {
	t.Helper()
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := all.Sub(name)
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, sub.Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
	return cfg
}

func TestDefaultsAreMadeForArchives(t *testing.T) {
	t.Parallel()
	cfg := loadConfig(t, "s3_sse_kms")
	assert.Equal(t, "year=%Y/month=%m/day=%d/hour=%H/minute=%M", cfg.Partition.Format)
	assert.Equal(t, partitionSignal, cfg.Partition.Time)
	assert.False(t, cfg.Tenant.HasValue())
	assert.Equal(t, algorithmKMS, cfg.Encryption.Algorithm)
	assert.Equal(t, matchExact, cfg.Encryption.KeyIDMatch)
	assert.Equal(t, modeEnforce, cfg.Posture.Mode)
	assert.True(t, cfg.Posture.DecryptMustBeDenied)
	assert.False(t, cfg.Posture.NegativeCanaries)
	assert.Equal(t, ByteSize(128<<20), cfg.Upload.MaxObjectBytes)
	assert.Equal(t, formatProto, cfg.Format.Name)
	assert.Equal(t, compressionZstd, cfg.Compression)
	assert.Zero(t, cfg.Retry.MaxElapsedTime)
	assert.True(t, cfg.Retry.Enabled)
	queue := cfg.Queue.Get()
	assert.Equal(t, exporterhelper.RequestSizerTypeBytes, queue.Sizer)
	assert.True(t, queue.BlockOnOverflow)
	assert.Equal(t, time.Minute, queue.Batch.Get().FlushTimeout)
	assert.EqualValues(t, 32<<20, queue.Batch.Get().MinSize)
}

func TestEveryKeyIsRead(t *testing.T) {
	t.Parallel()
	cfg := loadConfig(t, "s3_sse_kms/full")
	storage := component.MustNewID("file_storage")
	assert.Equal(t, "eu-central-1", cfg.Region)
	assert.Equal(t, partitionIngest, cfg.Partition.Time)
	require.True(t, cfg.Tenant.HasValue())
	assert.Equal(t, TenantConfig{Attribute: "tenant.id", Allow: []string{"[a-z0-9-]{1,63}"}, MaxTenants: 16}, *cfg.Tenant.Get())
	assert.Equal(t, "123456789012", cfg.ExpectedBucketOwner)
	assert.Equal(t, "https://s3.internal:9000", cfg.Endpoint)
	assert.True(t, cfg.ForcePathStyle)
	assert.Equal(t, "/etc/ssl/store-ca.pem", cfg.TLS.CAFile)
	assert.Equal(t, "arn:aws:iam::123456789012:role/collector", cfg.RoleARN)
	assert.Equal(t, EncryptionConfig{
		Algorithm: algorithmDSSE, KMSKeyARN: "arn:aws:kms:eu-central-1:123456789012:key/mrk-1234567890abcdef1234567890abcdef",
		Context: map[string]string{"app": "otel"}, BucketKey: bucketKeyForbid, KeyIDMatch: matchExact, KMSEndpoint: "https://kms.internal:8443",
	}, cfg.Encryption)
	assert.Equal(t, PostureConfig{
		Mode: modeWarn, Inconclusive: modeFail, RecheckInterval: 5 * time.Minute, NegativeCanaries: true,
		Versioning: true, ObjectLock: true, PublicAccessBlock: true,
	}, cfg.Posture)
	assert.Equal(t, UploadConfig{
		MaxObjectBytes: 64 << 20, Checksum: "SHA256", StorageClass: "STANDARD_IA", Tags: map[string]string{"team": "platform"},
		ObjectLock: ObjectLockConfig{Mode: "COMPLIANCE", Retention: 720 * time.Hour},
	}, cfg.Upload)
	assert.Equal(t, formatJSON, cfg.Format.Name) //nolint:testifylint // the name of a format, no JSON
	assert.Equal(t, compressionGzip, cfg.Compression)
	assert.Equal(t, 30*time.Second, cfg.Timeout)
	assert.Equal(t, &storage, cfg.Queue.Get().StorageID)
	assert.EqualValues(t, 1<<30, cfg.Queue.Get().QueueSize)
	assert.True(t, cfg.Queue.Get().BlockOnOverflow, "a partial sending_queue keeps the defaults")
	assert.Equal(t, time.Second, cfg.Retry.InitialInterval)

	loadConfig(t, "s3_sse_kms/minio")
	encoding := loadConfig(t, "s3_sse_kms/encoding")
	assert.Equal(t, component.MustNewIDWithName("zipkin_encoding", "json"), *encoding.Format.Encoding)
	assert.Equal(t, ".json", encoding.Format.suffix())
}

func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	const tail = "us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
	cases := map[string]struct {
		change func(*Config)
		want   string
	}{
		"no region":             {func(c *Config) { c.Region = "" }, "region: must be set"},
		"region with a space":   {func(c *Config) { c.Region = "us east 1" }, "region: \"us east 1\" is not a region"},
		"region of a host":      {func(c *Config) { c.Region = "us-east-1.example.com" }, "region: "},
		"no bucket":             {func(c *Config) { c.Bucket = "" }, "bucket: "},
		"directory bucket":      {func(c *Config) { c.Bucket = "archive--use1-az4--x-s3" }, "bucket: \"archive--use1-az4--x-s3\" is a directory bucket"},
		"bucket with a path":    {func(c *Config) { c.Bucket = "a/../b" }, "bucket: "},
		"prefix that climbs":    {func(c *Config) { c.Prefix = "traces/../other/" }, "prefix: must not hold a '.' or '..' segment"},
		"prefix from the root":  {func(c *Config) { c.Prefix = "/traces" }, "prefix: must not begin"},
		"prefix with a gap":     {func(c *Config) { c.Prefix = "a//b" }, "prefix: must not hold an empty segment"},
		"prefix with a newline": {func(c *Config) { c.Prefix = "a\nb" }, "prefix: holds a character"},
		"long keys":             {func(c *Config) { c.Prefix = strings.Repeat("a", 920) }, "prefix: object keys would be up to "},
		"long keys of tenants": {func(c *Config) {
			c.Prefix = strings.Repeat("a", 650)
			tenant(TenantConfig{Attribute: "t", Allow: []string{".*"}, MaxTenants: 1})(c)
		}, "prefix: object keys would be up to "},
		"format that climbs":     {func(c *Config) { c.Partition.Format = "../%Y" }, "partition::format: "},
		"format climbs by verb":  {func(c *Config) { c.Partition.Format = "%Y/../../x" }, "partition::format: "},
		"format unknown verb":    {func(c *Config) { c.Partition.Format = "%Y/%s" }, "partition::format: %s"},
		"format lone percent":    {func(c *Config) { c.Partition.Format = "%Y%" }, "partition::format: ends"},
		"partition time":         {func(c *Config) { c.Partition.Time = "local" }, "partition::time: "},
		"http endpoint":          {func(c *Config) { c.Endpoint = "http://127.0.0.1:9000" }, "endpoint: must begin with https://"},
		"endpoint without https": {func(c *Config) { c.Endpoint = "127.0.0.1:9000" }, "endpoint: "},
		"endpoint with a path":   {func(c *Config) { c.Endpoint = "https://h/p" }, "endpoint: "},
		"endpoint with a user":   {func(c *Config) { c.Endpoint = "https://u:p@h" }, "endpoint: "},
		"kms over http":          {func(c *Config) { c.Encryption.KMSEndpoint = "http://kms" }, "encryption::kms_endpoint: "},
		"insecure":               {func(c *Config) { c.TLS.Insecure = true }, "tls::insecure: "},
		"skip verify":            {func(c *Config) { c.TLS.InsecureSkipVerify = true }, "tls::insecure_skip_verify: "},
		"old tls":                {func(c *Config) { c.TLS.MinVersion = "1.1" }, "tls::min_version: "},
		"owner":                  {func(c *Config) { c.ExpectedBucketOwner = "me" }, "expected_bucket_owner: "},
		"role":                   {func(c *Config) { c.RoleARN = "collector" }, "role_arn: "},
		"no key":                 {func(c *Config) { c.Encryption.KMSKeyARN = "" }, "encryption::kms_key_arn: must be set"},
		"alias":                  {func(c *Config) { c.Encryption.KMSKeyARN = "arn:aws:kms:us-east-1:123456789012:alias/a" }, "encryption::kms_key_arn: must not be an alias"},
		"key of another region":  {func(c *Config) { c.Endpoint, c.Region = "", "eu-central-1" }, "encryption::kms_key_arn: the key is in us-east-1 and the bucket in eu-central-1 (region)"},
		"bare alias":             {func(c *Config) { c.Encryption.KMSKeyARN = "alias/a" }, "encryption::kms_key_arn: "},
		"bare key id":            {func(c *Config) { c.Encryption.KMSKeyARN = "11111111-2222-3333-4444-555555555555" }, "encryption::kms_key_arn: "},
		"arn of another service": {func(c *Config) { c.Encryption.KMSKeyARN = "arn:aws:s3:" + tail }, "encryption::kms_key_arn: "},
		"minio key when exact":   {func(c *Config) { c.Encryption.KMSKeyARN = "arn:aws:kms:archive" }, "encryption::kms_key_arn: "},
		"no key, minio": {func(c *Config) {
			c.Encryption.KMSKeyARN, c.Encryption.KeyIDMatch = "", matchMinIO
		}, "encryption::kms_key_arn: must name the key as the store does (arn:aws:kms:<name>) or be the full ARN of a key"},
		"bare name, minio": {func(c *Config) {
			c.Encryption.KMSKeyARN, c.Encryption.KeyIDMatch = "archive", matchMinIO
		}, "encryption::kms_key_arn: must name the key as the store does (arn:aws:kms:<name>) or be the full ARN of a key"},
		"algorithm": {func(c *Config) { c.Encryption.Algorithm = "AES256" }, "encryption::algorithm: "},
		"dsse with bucket key": {func(c *Config) {
			c.Encryption.Algorithm, c.Encryption.BucketKey = algorithmDSSE, bucketKeyRequire
		}, "encryption::bucket_key: "},
		"bucket key":       {func(c *Config) { c.Encryption.BucketKey = "yes" }, "encryption::bucket_key: "},
		"key id match":     {func(c *Config) { c.Encryption.KeyIDMatch = "prefix" }, "encryption::key_id_match: "},
		"reserved context": {func(c *Config) { c.Encryption.Context = map[string]string{"aws:x": "y"} }, "encryption::context: "},
		"mode":             {func(c *Config) { c.Posture.Mode = "off" }, "posture::mode: "},
		"inconclusive":     {func(c *Config) { c.Posture.Inconclusive = "ok" }, "posture::inconclusive: "},
		"recheck":          {func(c *Config) { c.Posture.RecheckInterval = 0 }, "posture::recheck_interval: "},
		"object too small": {func(c *Config) { c.Upload.MaxObjectBytes = 1 }, "upload::max_object_bytes: "},
		"object too large": {func(c *Config) { c.Upload.MaxObjectBytes = 6 << 30 }, "upload::max_object_bytes: "},
		"checksum":         {func(c *Config) { c.Upload.Checksum = "CRC32" }, "upload::checksum: "},
		"lock mode":        {func(c *Config) { c.Upload.ObjectLock.Mode = "x" }, "upload::object_lock::mode: "},
		"lock no period":   {func(c *Config) { c.Upload.ObjectLock.Mode = "GOVERNANCE" }, "upload::object_lock::retention: "},
		"lock no mode":     {func(c *Config) { c.Upload.ObjectLock.Retention = time.Hour }, "upload::object_lock::mode: "},
		"lock no unit": {func(c *Config) {
			c.Upload.ObjectLock = ObjectLockConfig{Mode: "GOVERNANCE", Retention: 720}
		}, "upload::object_lock::retention: 720ns must be at least 1s"},
		"reserved tag":    {func(c *Config) { c.Upload.Tags = map[string]string{"aws:x": "y"} }, "upload::tags: \"aws:x\": "},
		"tag characters":  {func(c *Config) { c.Upload.Tags = map[string]string{"team": "a&b"} }, "upload::tags: \"team\": "},
		"storage class":   {func(c *Config) { c.Upload.StorageClass = "standard" }, "upload::storage_class: \"standard\" is unknown; use one of STANDARD, "},
		"compression":     {func(c *Config) { c.Compression = "lz4" }, "compression: "},
		"format":          {func(c *Config) { c.Format.Name = "xml" }, "format: "},
		"timeout":         {func(c *Config) { c.Timeout = 0 }, "timeout: "},
		"timeout no unit": {func(c *Config) { c.Timeout = 60 }, "timeout: 60ns must be at least 1ms; write a unit, such as 60s"},
		"no retry":        {func(c *Config) { c.Retry.Enabled = false }, "retry_on_failure::enabled: "},
		"bounded retry":   {func(c *Config) { c.Retry.MaxElapsedTime = time.Minute }, "retry_on_failure::max_elapsed_time: "},
		"queue of items, size of bytes": {func(c *Config) {
			c.Queue.Get().Sizer = exporterhelper.RequestSizerTypeItems
		}, "sending_queue::queue_size: 268435456 is the default of sizer bytes; set it for sizer items"},
		"batch of items, size of bytes": {func(c *Config) {
			c.Queue.Get().Batch.Get().Sizer = exporterhelper.RequestSizerTypeItems
		}, "sending_queue::batch::min_size: 33554432 is the default of sizer bytes; set it for sizer items"},
		"queue smaller than a request": {func(c *Config) {
			c.Queue.Get().QueueSize = 1000
		}, "sending_queue::queue_size: 1000 bytes hold no request; set at least 65536, or another sizer"},
		"flush no unit":    {func(c *Config) { c.Queue.Get().Batch.Get().FlushTimeout = 60 }, "sending_queue::batch::flush_timeout: 60ns must be at least 1ms; write a unit, such as 60s"},
		"retry no unit":    {func(c *Config) { c.Retry.InitialInterval = 5 }, "retry_on_failure::initial_interval: 5ns must be at least 1ms; write a unit, such as 5s"},
		"retry no unit 2":  {func(c *Config) { c.Retry.MaxInterval = 30 }, "retry_on_failure::max_interval: 30ns must be at least 1ms; write a unit, such as 30s"},
		"batch max size":   {func(c *Config) { c.Queue.Get().Batch.Get().MaxSize = 64 << 20 }, "sending_queue::batch::max_size: "},
		"tenant attribute": {tenant(TenantConfig{Allow: []string{"a"}, MaxTenants: 1}), "tenant::attribute: "},
		"tenant pattern":   {tenant(TenantConfig{Attribute: "t", Allow: []string{"a("}, MaxTenants: 1}), "tenant::allow::0: "},
		"tenant no allow":  {tenant(TenantConfig{Attribute: "t", MaxTenants: 1}), "tenant::allow: "},
		"tenant limit":     {tenant(TenantConfig{Attribute: "t", Allow: []string{"a"}}), "tenant::max_tenants: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := testConfig()
			require.NoError(t, cfg.Validate())
			c.change(cfg)
			require.ErrorContains(t, cfg.Validate(), c.want)
		})
	}
}

// An account id is all digits: without quotes YAML reads a number, and the
// decoder alone says "unconvertible type".
func TestUnquotedOwnerIsExplained(t *testing.T) {
	t.Parallel()
	for _, value := range []any{123456789012, 12345678901.0} {
		conf := confmap.NewFromStringMap(map[string]any{"expected_bucket_owner": value})
		err := conf.Unmarshal(createDefaultConfig())
		require.ErrorContains(t, err, "expected_bucket_owner: write the 12 digits in quotes")
	}
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, confmap.NewFromStringMap(map[string]any{"expected_bucket_owner": "012345678901"}).Unmarshal(cfg))
	assert.Equal(t, "012345678901", cfg.ExpectedBucketOwner)
	assert.Equal(t, 60*time.Second, cfg.Timeout, "the defaults stay")
	err := confmap.NewFromStringMap(map[string]any{"bukket": "x"}).Unmarshal(createDefaultConfig())
	require.ErrorContains(t, err, "invalid keys: bukket")
	assert.NotContains(t, err.Error(), "quotes")
}

func tenant(cfg TenantConfig) func(*Config) {
	return func(c *Config) { c.Tenant = configoptional.Some(cfg) }
}

func TestByteSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ByteSize{"1": 1, "64KiB": 64 << 10, "128MiB": 128 << 20, "5 GiB": 5 << 30} {
		var b ByteSize
		require.NoError(t, b.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, b, text)
	}
	for _, text := range []string{"", "-1", "1MB", "9223372036854775807GiB", "MiB", "1.5MiB"} {
		var b ByteSize
		assert.Error(t, b.UnmarshalText([]byte(text)), text)
	}
}
