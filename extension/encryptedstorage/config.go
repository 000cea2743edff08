package encryptedstorage

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/awskms"
	"github.com/sealed-otel/otelcol-sealed/envelope/kmsv2"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

// Config is what users write.
type Config struct {
	// Directory holds the store. Others than its owner must not reach it.
	Directory string `mapstructure:"directory"`
	// CreateDirectory makes Directory, with mode 0700, if it is missing.
	CreateDirectory bool `mapstructure:"create_directory"`
	// SegmentSize is the size to which files grow.
	SegmentSize ByteSize `mapstructure:"segment_size"`
	// MaxSize limits all files of the store; 0B switches the limit off.
	MaxSize ByteSize `mapstructure:"max_size"`
	// MinFreeSpace is what stays free on the volume; 0B switches it off.
	MinFreeSpace ByteSize `mapstructure:"min_free_space"`
	// Fsync says when a batch is durable.
	Fsync FsyncMode `mapstructure:"fsync"`
	// FlushInterval is the time between syncs with fsync: interval.
	FlushInterval time.Duration `mapstructure:"flush_interval"`
	// OnCorruption says what happens to damaged frames.
	OnCorruption CorruptionMode `mapstructure:"on_corruption"`
	// CacheSize bounds the records of one client that stay in memory until they
	// are read, so that a queue which keeps up reads no disk; 0B keeps none.
	CacheSize ByteSize `mapstructure:"cache_size"`
	// Keys names the key service and the life of epoch keys.
	Keys KeysConfig `mapstructure:"keys"`
}

// KeysConfig names the key service and the life of epoch keys.
type KeysConfig struct {
	// RotationInterval is the age at which the next epoch key takes over.
	RotationInterval time.Duration `mapstructure:"rotation_interval"`
	// MaxEpochAge is the age at which inserts are refused, if no new epoch
	// key could be made.
	MaxEpochAge time.Duration `mapstructure:"max_epoch_age"`
	// RevocationGrace is how long inserts go on after the key was revoked.
	RevocationGrace time.Duration `mapstructure:"revocation_grace"`
	// StatusInterval is the time between probes of the key service.
	StatusInterval time.Duration `mapstructure:"status_interval"`
	// StartupTimeout is how long an outage at start is waited for.
	StartupTimeout time.Duration `mapstructure:"startup_timeout"`
	// Context is the encryption context: public pairs that the wrapped keys
	// are bound to. otel-purpose=spool is added.
	Context map[string]string `mapstructure:"context"`

	// Exactly one of the following.

	// KeyFile holds the keys in a local file.
	KeyFile configoptional.Optional[KeyFileConfig] `mapstructure:"key_file"`
	// AWSKMS wraps keys with AWS KMS.
	AWSKMS configoptional.Optional[AWSKMSConfig] `mapstructure:"aws_kms"`
	// KMSPlugin wraps keys with a plug-in of the Kubernetes KMS v2 protocol.
	KMSPlugin configoptional.Optional[KMSPluginConfig] `mapstructure:"kms_plugin"`
}

// KMSPluginConfig names the socket of a KMS v2 plug-in.
type KMSPluginConfig struct {
	// Endpoint is unix:///path/to/plugin.sock.
	Endpoint string `mapstructure:"endpoint"`
	// Timeout bounds one request.
	Timeout time.Duration `mapstructure:"timeout"`
}

func (c KMSPluginConfig) settings() kmsv2.Settings {
	return kmsv2.Settings{Endpoint: c.Endpoint, Timeout: c.Timeout}
}

// KeyFileConfig names a file of lines `id base64-of-32-bytes`.
type KeyFileConfig struct {
	Path string `mapstructure:"path"`
}

// AWSKMSConfig names a key in AWS KMS.
type AWSKMSConfig struct {
	// KeyARN is the ARN of the key that wraps new epoch keys.
	KeyARN string `mapstructure:"key_arn"`
	// AlsoDecrypt are ARNs of former keys, which only unwrap.
	AlsoDecrypt []string `mapstructure:"also_decrypt"`
	// Region is taken from KeyARN if it is empty.
	Region string `mapstructure:"region"`
	// Endpoint overrides the address of the service.
	Endpoint string `mapstructure:"endpoint"`
	// RoleARN is assumed before the key is used.
	RoleARN string `mapstructure:"role_arn"`
	// Timeout bounds one request with its retries.
	Timeout time.Duration `mapstructure:"timeout"`
}

func (c AWSKMSConfig) settings() awskms.Settings {
	return awskms.Settings{
		KeyARN: c.KeyARN, AlsoDecrypt: c.AlsoDecrypt, Region: c.Region,
		Endpoint: c.Endpoint, RoleARN: c.RoleARN, Timeout: c.Timeout,
	}
}

// DefaultDirectory is where the store lies if nothing else is configured.
const DefaultDirectory = "/var/lib/otelcol/spool"

func createDefaultConfig() component.Config {
	return &Config{
		Directory:       DefaultDirectory,
		CreateDirectory: true,
		SegmentSize:     sealedlog.DefaultSegmentSize,
		MaxSize:         20 << 30,
		MinFreeSpace:    1 << 30,
		Fsync:           FsyncOnInsert,
		FlushInterval:   200 * time.Millisecond,
		OnCorruption:    CorruptionQuarantine,
		CacheSize:       16 << 20,
		Keys: KeysConfig{
			RotationInterval: 24 * time.Hour,
			MaxEpochAge:      72 * time.Hour,
			RevocationGrace:  15 * time.Minute,
			StatusInterval:   5 * time.Minute,
			StartupTimeout:   2 * time.Minute,
			AWSKMS:           configoptional.Default(AWSKMSConfig{Timeout: awskms.DefaultTimeout}),
			KMSPlugin:        configoptional.Default(KMSPluginConfig{Timeout: kmsv2.DefaultTimeout}),
		},
	}
}

const (
	// minSegment keeps footers and headers small beside the data.
	minSegment = 1 << 20
	// maxCache is far above what helps a queue that keeps up.
	maxCache = 1 << 30
	// minDuration is above what a number without a unit comes to.
	minDuration = time.Millisecond
)

// Validate checks everything that can be known without touching the disk.
func (c *Config) Validate() error {
	var errs []error
	bad := func(path, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %w", path, fmt.Errorf(format, args...)))
	}
	switch {
	case c.Directory == "":
		bad("directory", "must be set")
	case !filepath.IsAbs(c.Directory):
		// A relative path would depend on where the process was started.
		bad("directory", "%q must be an absolute path", c.Directory)
	}
	if c.SegmentSize < minSegment || c.SegmentSize > sealedlog.MaxBatch {
		bad("segment_size", "%s must be between 1MiB and 1GiB", c.SegmentSize)
	}
	if c.MaxSize < 0 || (c.MaxSize > 0 && c.MaxSize < 4*c.SegmentSize) {
		bad("max_size", "%s must be at least four times segment_size (%s), or 0B for no limit", c.MaxSize, c.SegmentSize)
	}
	if c.MinFreeSpace < 0 {
		bad("min_free_space", "must not be negative")
	}
	if _, err := c.Fsync.engine(); err != nil {
		bad("fsync", "%w", err)
	}
	if c.FlushInterval < time.Millisecond || c.FlushInterval > time.Minute {
		bad("flush_interval", "%s must be between 1ms and 1m; write a unit, such as 200ms", c.FlushInterval)
	}
	if _, err := c.OnCorruption.engine(); err != nil {
		bad("on_corruption", "%w", err)
	}
	if c.CacheSize < 0 || c.CacheSize > maxCache {
		bad("cache_size", "%s must be between 0B (none) and 1GiB", c.CacheSize)
	}
	errs = append(errs, c.Keys.validate())
	return errors.Join(errs...)
}

func (k *KeysConfig) validate() error {
	var errs []error
	bad := func(path, format string, args ...any) {
		errs = append(errs, fmt.Errorf("keys::%s: %w", path, fmt.Errorf(format, args...)))
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"rotation_interval", k.RotationInterval},
		{"max_epoch_age", k.MaxEpochAge},
		{"revocation_grace", k.RevocationGrace},
		{"status_interval", k.StatusInterval},
		{"startup_timeout", k.StartupTimeout},
	} {
		// A number without a unit is nanoseconds: a probe of the key service
		// every 5 ns, a key that is too old at once.
		if d.value < minDuration {
			bad(d.name, "%s must be at least 1ms; write a unit, such as 15m", d.value)
		}
	}
	if k.MaxEpochAge <= k.RotationInterval {
		bad("max_epoch_age", "%s must be greater than rotation_interval (%s)", k.MaxEpochAge, k.RotationInterval)
	}
	if err := k.context().Validate(); err != nil {
		bad("context", "%w", err)
	}
	if v, ok := k.Context[envelope.PurposeKey]; ok && v != envelope.PurposeSpool {
		bad("context", "%s is added by the extension; leave it out", envelope.PurposeKey)
	}
	providers := 0
	if k.KeyFile.HasValue() {
		providers++
		if path := k.KeyFile.Get().Path; path == "" {
			bad("key_file::path", "must be set")
		} else if !filepath.IsAbs(path) {
			bad("key_file::path", "%q must be an absolute path", path)
		}
	}
	if k.AWSKMS.HasValue() {
		providers++
		if err := k.AWSKMS.Get().settings().Validate(); err != nil {
			bad("aws_kms", "%w", err)
		}
		if t := k.AWSKMS.Get().Timeout; t > 0 && t < minDuration {
			bad("aws_kms::timeout", "%s must be at least 1ms; write a unit, such as 5s", t)
		}
	}
	if k.KMSPlugin.HasValue() {
		providers++
		if err := k.KMSPlugin.Get().settings().Validate(); err != nil {
			bad("kms_plugin", "%w", err)
		}
		if t := k.KMSPlugin.Get().Timeout; t > 0 && t < minDuration {
			bad("kms_plugin::timeout", "%s must be at least 1ms; write a unit, such as 5s", t)
		}
	}
	if providers != 1 {
		errs = append(errs, fmt.Errorf("keys: %d key providers are configured; set exactly one of key_file, aws_kms and kms_plugin", providers))
	}
	return errors.Join(errs...)
}

func (k *KeysConfig) context() envelope.Context {
	return envelope.Context(k.Context).With(envelope.PurposeKey, envelope.PurposeSpool)
}
