package ssekmsexporter

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

const (
	algorithmKMS  = "aws:kms"
	algorithmDSSE = "aws:kms:dsse"

	bucketKeyRequire = "require"
	bucketKeyAllow   = "allow"
	bucketKeyForbid  = "forbid"

	matchExact = "exact"
	matchMinIO = "minio"

	minioKeyPrefix = "arn:aws:kms:"
)

// EncryptionConfig is what every object must be stored under.
type EncryptionConfig struct {
	// Algorithm is aws:kms or aws:kms:dsse.
	Algorithm string `mapstructure:"algorithm"`
	// KMSKeyARN is the full ARN of the key. An alias can be pointed at another
	// key without anyone touching this configuration, so it is refused.
	KMSKeyARN string `mapstructure:"kms_key_arn"`
	// Context is the encryption context stored with each object.
	Context map[string]string `mapstructure:"context"`
	// BucketKey is require, allow or forbid.
	BucketKey string `mapstructure:"bucket_key"`
	// KeyIDMatch is exact, or minio, where a key is named arn:aws:kms:<name>
	// and the checks that ask KMS itself are skipped.
	KeyIDMatch string `mapstructure:"key_id_match"`
	// KMSEndpoint replaces the regional KMS endpoint; https only.
	KMSEndpoint string `mapstructure:"kms_endpoint"`
}

// arn is a parsed Amazon resource name.
type arn struct {
	partition, service, region, account, resource string
}

var errARN = errors.New("is not an ARN")

func parseARN(s string) (arn, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || !strings.HasPrefix(parts[1], "aws") {
		return arn{}, errARN
	}
	return arn{partition: parts[1], service: parts[2], region: parts[3], account: parts[4], resource: parts[5]}, nil
}

var (
	// Key ids per the KMS developer guide, "Key identifiers": a UUID, or
	// mrk- and 32 hexadecimal digits for a multi-Region key.
	kmsKeyID = regexp.MustCompile(`^key/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$`)
	minioKey = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,80}$`)
)

// checkKeyARN accepts a full key ARN and, in minio mode, arn:aws:kms:<name>.
func (e EncryptionConfig) checkKeyARN() error {
	if name, ok := strings.CutPrefix(e.KMSKeyARN, minioKeyPrefix); ok && e.KeyIDMatch == matchMinIO && minioKey.MatchString(name) {
		return nil
	}
	a, err := parseARN(e.KMSKeyARN)
	switch {
	case err != nil && e.KeyIDMatch == matchMinIO:
		return errors.New("must name the key as the store does (arn:aws:kms:<name>) or be the full ARN of a key")
	case e.KMSKeyARN == "":
		return errors.New("must be set to the full ARN of the key")
	case err != nil:
		return errors.New("must be the full ARN of a key (arn:aws:kms:<region>:<account>:key/<id>), not a bare key id or name")
	case a.service == "kms" && strings.HasPrefix(a.resource, "alias/"):
		return errors.New("must not be an alias, which can be pointed at another key; use the key's own ARN")
	case a.service != "kms" || a.region == "" || !accountID.MatchString(a.account) || !kmsKeyID.MatchString(a.resource):
		return errors.New("must be the full ARN of a key (arn:aws:kms:<region>:<account>:key/<id>)")
	}
	return nil
}

func (e EncryptionConfig) problems() []error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("encryption::"+format, args...))
	}
	if e.Algorithm != algorithmKMS && e.Algorithm != algorithmDSSE {
		bad("algorithm: %q is not SSE-KMS; use aws:kms or aws:kms:dsse", e.Algorithm)
	}
	if e.KeyIDMatch != matchExact && e.KeyIDMatch != matchMinIO {
		bad("key_id_match: %q is unknown; use exact or minio", e.KeyIDMatch)
	}
	if err := e.checkKeyARN(); err != nil {
		bad("kms_key_arn: %w", err)
	}
	switch e.BucketKey {
	case bucketKeyAllow, bucketKeyForbid:
	case bucketKeyRequire:
		if e.Algorithm == algorithmDSSE {
			bad("bucket_key: S3 has no bucket keys for aws:kms:dsse; use forbid")
		}
	default:
		bad("bucket_key: %q is unknown; use require, allow or forbid", e.BucketKey)
	}
	if err := checkEndpoint(e.KMSEndpoint); err != nil {
		bad("kms_endpoint: %w", err)
	}
	for k := range e.Context {
		// aws: is reserved: S3 adds aws:s3:arn itself.
		if k == "" || strings.HasPrefix(k, "aws:") {
			bad("context: key %q is empty or reserved", k)
		}
	}
	return errs
}

// contextHeader is the value of x-amz-server-side-encryption-context: base64
// of a JSON object. Empty without a context.
func (e EncryptionConfig) contextHeader() string {
	if len(e.Context) == 0 {
		return ""
	}
	// Marshalling a map[string]string cannot fail, and sorts the keys.
	doc, _ := json.Marshal(e.Context)
	return base64.StdEncoding.EncodeToString(doc)
}

// sameKey compares the key id of an answer with the configured one, whole.
func (e EncryptionConfig) sameKey(answered string) bool {
	return answered == e.KMSKeyARN
}

// sameContext reports whether the context in an answer holds every configured
// pair, and nothing else but the aws:s3:arn that S3 adds.
func (e EncryptionConfig) sameContext(answered string) bool {
	if answered == "" {
		return len(e.Context) == 0
	}
	doc, err := base64.StdEncoding.DecodeString(answered)
	if err != nil {
		return false
	}
	var got map[string]string
	if json.Unmarshal(doc, &got) != nil {
		return false
	}
	for k, want := range e.Context {
		if v, ok := got[k]; !ok || v != want {
			return false
		}
	}
	delete(got, "aws:s3:arn")
	return len(got) == len(e.Context)
}
