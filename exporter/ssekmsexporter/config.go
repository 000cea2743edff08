package ssekmsexporter

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/config/configretry"
	"go.opentelemetry.io/collector/config/configtls"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

// Config of the exporter. Every default is the safe choice; Validate looks at
// neither disk nor network.
type Config struct {
	// Region of the bucket, as S3 signs it.
	Region string `mapstructure:"region"`
	// Bucket that takes every object. Telemetry cannot change it.
	Bucket string `mapstructure:"bucket"`
	// Prefix is the fixed first part of every object key.
	Prefix string `mapstructure:"prefix"`
	// Partition places an object by time, in UTC.
	Partition PartitionConfig `mapstructure:"partition"`
	// Tenant gives each allowed tenant a sub-prefix of its own.
	Tenant configoptional.Optional[TenantConfig] `mapstructure:"tenant"`
	// ExpectedBucketOwner is the 12-digit account that must own the bucket.
	ExpectedBucketOwner string `mapstructure:"expected_bucket_owner"`
	// Endpoint replaces the regional S3 endpoint; https only.
	Endpoint string `mapstructure:"endpoint"`
	// ForcePathStyle puts the bucket into the path instead of the host name.
	ForcePathStyle bool `mapstructure:"force_path_style"`
	// TLS of the connection to a private endpoint.
	TLS configtls.ClientConfig `mapstructure:"tls"`
	// RoleARN, when set, is assumed for every request.
	RoleARN string `mapstructure:"role_arn"`
	// Encryption is what every object must be stored under.
	Encryption EncryptionConfig `mapstructure:"encryption"`
	// Posture says which checks run at start and again later.
	Posture PostureConfig `mapstructure:"posture"`
	// Upload shapes the objects.
	Upload UploadConfig `mapstructure:"upload"`
	// Format of the bytes inside an object.
	Format FormatConfig `mapstructure:"format"`
	// Compression of an object.
	Compression Compression `mapstructure:"compression"`
	// Timeout of one PUT.
	Timeout time.Duration `mapstructure:"timeout"`
	// Queue is the sending queue of exporterhelper, with defaults for archives.
	Queue configoptional.Optional[exporterhelper.QueueBatchConfig] `mapstructure:"sending_queue"`
	// Retry is exporterhelper's backoff. It must be enabled and unbounded.
	Retry configretry.BackOffConfig `mapstructure:"retry_on_failure"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// TenantConfig names the resource attribute that selects a sub-prefix.
type TenantConfig struct {
	// Attribute of the resource whose value is the tenant.
	Attribute string `mapstructure:"attribute"`
	// Allow lists regular expressions; one must match the whole value.
	Allow []string `mapstructure:"allow"`
	// MaxTenants bounds how many sub-prefixes telemetry can open.
	MaxTenants int `mapstructure:"max_tenants"`
}

// UploadConfig shapes the stored objects.
type UploadConfig struct {
	// MaxObjectBytes bounds one object as stored. A larger batch is split.
	MaxObjectBytes ByteSize `mapstructure:"max_object_bytes"`
	// Checksum the store verifies on arrival. Only SHA256.
	Checksum string `mapstructure:"checksum"`
	// ObjectLock retains each object, when Mode is set.
	ObjectLock ObjectLockConfig `mapstructure:"object_lock"`
	// StorageClass of the objects.
	StorageClass string `mapstructure:"storage_class"`
	// Tags of the objects, at most 10.
	Tags map[string]string `mapstructure:"tags"`
}

// ObjectLockConfig is the retention set on each object.
type ObjectLockConfig struct {
	// Mode is GOVERNANCE or COMPLIANCE; empty means no retention header.
	Mode string `mapstructure:"mode"`
	// Retention counts from the moment of the PUT.
	Retention time.Duration `mapstructure:"retention"`
}

// PostureConfig says what is checked and what a result means.
type PostureConfig struct {
	// Mode is enforce (a failed check refuses start-up) or warn.
	Mode string `mapstructure:"mode"`
	// Inconclusive is warn or fail. It never counts as ok.
	Inconclusive string `mapstructure:"inconclusive"`
	// RecheckInterval between two runs of all checks.
	RecheckInterval time.Duration `mapstructure:"recheck_interval"`
	// DecryptMustBeDenied asks that this identity cannot read the archive.
	DecryptMustBeDenied bool `mapstructure:"decrypt_must_be_denied"`
	// NegativeCanaries tries writes that the bucket policy must refuse.
	NegativeCanaries bool `mapstructure:"negative_canaries"`
	// Versioning, when true, must be enabled on the bucket.
	Versioning bool `mapstructure:"versioning"`
	// ObjectLock, when true, must be enabled on the bucket.
	ObjectLock bool `mapstructure:"object_lock"`
	// PublicAccessBlock, when true, must block all four kinds of access.
	PublicAccessBlock bool `mapstructure:"public_access_block"`
}

const (
	modeEnforce = "enforce"
	modeWarn    = "warn"
	modeFail    = "fail"

	// A single PutObject takes at most 5 GiB (S3 user guide, "Uploading objects").
	maxPutBytes = 5 << 30
	// S3 user guide, "Naming Amazon S3 objects".
	maxKeyBytes = 1024
	// maxSuffixBytes is the length of what crypto/rand.Text returns, the longest
	// suffix of a name.
	maxSuffixBytes = 26
	// Below this a single large record could never be stored.
	minObjectBytes = 64 << 10
)

var (
	errNoRegion = errors.New("region: must be set")
	// Bucket names per the S3 user guide, "General purpose bucket naming rules".
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	// A Region is a label of the endpoint's host name and of the signature.
	regionName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
	// Amazon S3 API reference, S3Tag, "Pattern".
	tagChars    = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
	prefixChars = regexp.MustCompile(`^[A-Za-z0-9!_.*'()=/-]*$`)
)

func createDefaultConfig() component.Config {
	queue := exporterhelper.NewDefaultQueueConfig()
	queue.Sizer = exporterhelper.RequestSizerTypeBytes
	queue.QueueSize = defaultQueueBytes
	queue.BlockOnOverflow = true
	queue.NumConsumers = defaultUploads
	queue.Batch = configoptional.Some(exporterhelper.BatchConfig{
		FlushTimeout: time.Minute,
		Sizer:        exporterhelper.RequestSizerTypeBytes,
		MinSize:      defaultBatchBytes,
	})
	retry := configretry.NewDefaultBackOffConfig()
	retry.MaxElapsedTime = 0
	return &Config{
		Partition: PartitionConfig{
			Format: "year=%Y/month=%m/day=%d/hour=%H/minute=%M",
			Time:   partitionSignal,
		},
		Tenant: configoptional.Default(TenantConfig{
			Allow:      []string{"[a-z0-9-]{1,63}"},
			MaxTenants: 32,
		}),
		TLS: configtls.NewDefaultClientConfig(),
		Encryption: EncryptionConfig{
			Algorithm:  algorithmKMS,
			BucketKey:  bucketKeyAllow,
			KeyIDMatch: matchExact,
		},
		Posture: PostureConfig{
			Mode:                modeEnforce,
			Inconclusive:        modeWarn,
			RecheckInterval:     15 * time.Minute,
			DecryptMustBeDenied: true,
		},
		Upload: UploadConfig{
			MaxObjectBytes: 128 << 20,
			Checksum:       "SHA256",
			StorageClass:   "STANDARD",
		},
		Format:      FormatConfig{Name: formatProto},
		Compression: compressionZstd,
		Timeout:     time.Minute,
		Queue:       configoptional.Some(queue),
		Retry:       retry,
	}
}

// Unmarshal implements confmap.Unmarshaler. An account id is all digits, so
// YAML reads a number where the quotes were forgotten, and the decoder's own
// error says nothing of quotes.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	err := conf.Unmarshal(c)
	if err == nil {
		return nil
	}
	const owner = "expected_bucket_owner"
	if _, text := conf.Get(owner).(string); conf.IsSet(owner) && !text {
		return fmt.Errorf("%s: write the 12 digits in quotes; without them YAML reads a number: %w", owner, err)
	}
	return err
}

// Validate reports every bad setting with its path.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	if c.Region == "" {
		errs = append(errs, errNoRegion)
	} else if !regionName.MatchString(c.Region) {
		bad("region: %q is not a region; write it as AWS names it, such as us-east-1", c.Region)
	}
	if !bucketName.MatchString(c.Bucket) || strings.Contains(c.Bucket, "..") {
		bad("bucket: %q is not a bucket name; 3 to 63 of a-z, 0-9, '.' and '-'", c.Bucket)
	}
	// S3 user guide, "Directory buckets": they sign with sessions of their own.
	if strings.HasSuffix(c.Bucket, "--x-s3") {
		bad("bucket: %q is a directory bucket; use a general purpose bucket", c.Bucket)
	}
	if err := checkKeyPart(c.Prefix); err != nil {
		bad("prefix: %w", err)
	}
	if _, err := newPartition(c.Partition); err != nil {
		bad("partition::%w", err)
	}
	if c.Tenant.HasValue() {
		if _, err := newTenants(*c.Tenant.Get()); err != nil {
			bad("tenant::%w", err)
		}
	}
	if c.ExpectedBucketOwner != "" && !accountID.MatchString(c.ExpectedBucketOwner) {
		bad("expected_bucket_owner: %q is not a 12-digit account id", c.ExpectedBucketOwner)
	}
	if err := checkEndpoint(c.Endpoint); err != nil {
		bad("endpoint: %w", err)
	}
	if c.TLS.Insecure {
		bad("tls::insecure: must be false; telemetry is never sent in clear")
	}
	if c.TLS.InsecureSkipVerify {
		bad("tls::insecure_skip_verify: must be false; set tls::ca_file to trust a private endpoint")
	}
	if v := c.TLS.MinVersion; v == "1.0" || v == "1.1" {
		bad("tls::min_version: %q is too old; use 1.2 or 1.3", v)
	}
	if c.RoleARN != "" {
		if a, err := parseARN(c.RoleARN); err != nil || a.service != "iam" || !strings.HasPrefix(a.resource, "role/") {
			bad("role_arn: must be the ARN of a role (arn:aws:iam::<account>:role/<name>)")
		}
	}
	errs = append(errs, c.Encryption.problems()...)
	// S3 user guide, "Using server-side encryption with AWS KMS keys": the key is
	// in the Region of the bucket. A store behind an endpoint may name its own.
	if a, err := parseARN(c.Encryption.KMSKeyARN); err == nil && c.Endpoint == "" && regionName.MatchString(c.Region) && a.region != "" && a.region != c.Region {
		bad("encryption::kms_key_arn: the key is in %s and the bucket in %s (region); S3 takes a key of the bucket's region only", a.region, c.Region)
	}
	errs = append(errs, c.Posture.problems()...)
	errs = append(errs, c.Upload.problems()...)
	if err := c.Format.check(); err != nil {
		bad("format: %w", err)
	}
	if _, ok := compressionSuffix[c.Compression]; !ok {
		bad("compression: %q is unknown; use zstd, gzip or none", string(c.Compression))
	}
	// A number without a unit is nanoseconds: no PUT would ever succeed.
	if c.Timeout < time.Millisecond {
		bad("timeout: %s must be at least 1ms; write a unit, such as 60s", c.Timeout)
	}
	errs = append(errs, c.queueProblems()...)
	if len(errs) == 0 {
		errs = append(errs, c.keyProblems()...)
	}
	return errors.Join(errs...)
}

// keyProblems refuses settings under which a batch, a tenant with a long name
// for one, would be given a key that the store does not take. A canary's is
// shorter, so the batch would look like the one to blame.
func (c *Config) keyProblems() []error {
	where, err := newPartition(c.Partition)
	if err != nil {
		return []error{fmt.Errorf("partition::%w", err)}
	}
	longest := objectName{
		prefix: c.Prefix, partition: where.at(earliestPlausible), signal: signalMetrics, suffix: c.Format.suffix() + compressionSuffix[c.Compression],
	}
	if c.Tenant.HasValue() {
		longest.tenant = strings.Repeat("x", maxTenantBytes)
	}
	if n := len(longest.key(strings.Repeat("x", maxSuffixBytes))); n > maxKeyBytes {
		return []error{fmt.Errorf("prefix: object keys would be up to %d bytes long, and S3 takes %d; shorten prefix or partition::format", n, maxKeyBytes)}
	}
	return nil
}

func (p PostureConfig) problems() []error {
	var errs []error
	if p.Mode != modeEnforce && p.Mode != modeWarn {
		errs = append(errs, fmt.Errorf("posture::mode: %q is unknown; use enforce or warn", p.Mode))
	}
	if p.Inconclusive != modeWarn && p.Inconclusive != modeFail {
		errs = append(errs, fmt.Errorf("posture::inconclusive: %q is unknown; use warn or fail", p.Inconclusive))
	}
	if p.RecheckInterval < time.Second {
		errs = append(errs, fmt.Errorf("posture::recheck_interval: %s must be at least 1s; write a unit, such as 15m", p.RecheckInterval))
	}
	return errs
}

func (u UploadConfig) problems() []error {
	var errs []error
	if u.MaxObjectBytes < minObjectBytes || u.MaxObjectBytes > maxPutBytes {
		errs = append(errs, errors.New("upload::max_object_bytes: must be between 64KiB and 5GiB, the most that one PutObject takes"))
	}
	if u.Checksum != "SHA256" {
		errs = append(errs, fmt.Errorf("upload::checksum: %q is not supported; use SHA256", u.Checksum))
	}
	switch u.ObjectLock.Mode {
	case "":
		if u.ObjectLock.Retention != 0 {
			errs = append(errs, errors.New("upload::object_lock::mode: must be GOVERNANCE or COMPLIANCE when retention is set"))
		}
	case "GOVERNANCE", "COMPLIANCE":
		if u.ObjectLock.Retention < time.Second {
			errs = append(errs, fmt.Errorf("upload::object_lock::retention: %s must be at least 1s when mode is set; write a unit, such as 720h", u.ObjectLock.Retention))
		}
	default:
		errs = append(errs, fmt.Errorf("upload::object_lock::mode: %q is unknown; use GOVERNANCE or COMPLIANCE", u.ObjectLock.Mode))
	}
	if !knownStorageClass(u.StorageClass) {
		errs = append(errs, fmt.Errorf("upload::storage_class: %q is unknown; use one of %s", u.StorageClass, storageClasses()))
	}
	if len(u.Tags) > 10 {
		errs = append(errs, errors.New("upload::tags: S3 takes at most 10"))
	}
	for _, k := range slices.Sorted(maps.Keys(u.Tags)) {
		v := u.Tags[k]
		switch {
		case k == "" || utf8.RuneCountInString(k) > 128 || utf8.RuneCountInString(v) > 256:
			errs = append(errs, fmt.Errorf("upload::tags: %q: keys are 1 to 128 and values up to 256 characters long", k))
		case !tagChars.MatchString(k) || !tagChars.MatchString(v):
			errs = append(errs, fmt.Errorf("upload::tags: %q: keys and values are letters, digits, spaces and _ . : / = + - @", k))
		case strings.HasPrefix(strings.ToLower(k), "aws:"):
			errs = append(errs, fmt.Errorf("upload::tags: %q: the prefix aws: is reserved; take another name", k))
		}
	}
	return errs
}

// checkEndpoint accepts an empty endpoint or an https URL with nothing but a
// host. A path or a user part would end up in requests unseen.
func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return errors.New("is not a URL; use https://host[:port]")
	case u.Scheme != "https":
		return errors.New("must begin with https://; telemetry is never sent in clear")
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Path != "" && u.Path != "/"):
		return errors.New("must be https://host[:port] and nothing more")
	}
	return nil
}

// checkKeyPart refuses what could leave the prefix: some S3 servers and most
// tools that copy a bucket to a disk resolve dot segments.
func checkKeyPart(part string) error {
	if strings.HasPrefix(part, "/") {
		return errors.New("must not begin with '/'")
	}
	if !prefixChars.MatchString(part) {
		return errors.New("holds a character that is not safe in an object key")
	}
	for seg := range strings.SplitSeq(part, "/") {
		if seg == ".." || seg == "." {
			return errors.New("must not hold a '.' or '..' segment")
		}
	}
	if trimmed := strings.TrimSuffix(part, "/"); trimmed != "" && path.Clean(trimmed) != trimmed {
		return errors.New("must not hold an empty segment")
	}
	return nil
}
