package ssekmsexporter

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

// Names of the checks, as they stand in logs, errors, metrics and the README.
const (
	checkNameTLS              = "tls"
	checkNameIdentity         = "identity"
	checkNameBucket           = "bucket"
	checkNameBucketEncryption = "bucket_encryption"
	checkNameKey              = "key"
	checkNameDecryptKMS       = "decrypt_denied_kms"
	checkNameDecryptGet       = "decrypt_denied_get"
	checkNameVersioning       = "versioning"
	checkNameObjectLock       = "object_lock"
	checkNamePublicAccess     = "public_access_block"
	checkNameNegativePlain    = "negative_canary_plain"
	checkNameNegativeAES      = "negative_canary_aes256"
)

// settingOf is the setting that a failed check speaks about.
var settingOf = map[string]string{
	checkNameCanary:           "encryption::kms_key_arn",
	checkNameTLS:              "endpoint",
	checkNameIdentity:         "role_arn",
	checkNameBucket:           "bucket",
	checkNameBucketEncryption: "bucket",
	checkNameKey:              "encryption::kms_key_arn",
	checkNameDecryptKMS:       "posture::decrypt_must_be_denied",
	checkNameDecryptGet:       "posture::decrypt_must_be_denied",
	checkNameVersioning:       "posture::versioning",
	checkNameObjectLock:       "posture::object_lock",
	checkNamePublicAccess:     "posture::public_access_block",
	checkNameNegativePlain:    "posture::negative_canaries",
	checkNameNegativeAES:      "posture::negative_canaries",
}

// checks returns every configured posture check but the canary, in the order
// they run. They run after a canary has passed.
func (e *engine) checks() []func(context.Context) finding {
	list := []func(context.Context) finding{e.checkTLS, e.checkBucket, e.checkBucketEncryption}
	if e.clients.sts != nil {
		list = append(list, e.checkIdentity)
	}
	if e.clients.kms != nil {
		list = append(list, e.checkKey)
	}
	p := e.cfg.Posture
	if p.DecryptMustBeDenied {
		if e.clients.kms != nil {
			list = append(list, e.checkDecryptKMS)
		}
		list = append(list, e.checkDecryptGet)
	}
	if p.Versioning {
		list = append(list, e.checkVersioning)
	}
	if p.ObjectLock {
		list = append(list, e.checkObjectLock)
	}
	if p.PublicAccessBlock {
		list = append(list, e.checkPublicAccess)
	}
	if p.NegativeCanaries {
		list = append(list, e.checkNegativePlain, e.checkNegativeAES)
	}
	return list
}

// checkTLS looks at the connection that the canary went over.
func (e *engine) checkTLS(context.Context) finding {
	switch v := uint16(e.clients.version.Load()); {
	case v == 0:
		return inconclusive(checkNameTLS, errors.New("no connection was seen"))
	case v < tls.VersionTLS12:
		return failed(checkNameTLS, fmt.Errorf("the endpoint negotiated %s", tls.VersionName(v)))
	default:
		return ok(checkNameTLS)
	}
}

// checkIdentity: the root user of an account passes every deny policy that this
// setup relies on.
func (e *engine) checkIdentity(ctx context.Context) finding {
	out, err := e.clients.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return inconclusive(checkNameIdentity, fmt.Errorf("sts:GetCallerIdentity: %w", describe(err)))
	}
	a, err := parseARN(aws.ToString(out.Arn))
	switch {
	case err != nil:
		return inconclusive(checkNameIdentity, errors.New("sts:GetCallerIdentity answered without an ARN"))
	case a.resource == "root":
		return failed(checkNameIdentity, errors.New("the credentials are those of an account's root user; use a role"))
	default:
		return ok(checkNameIdentity)
	}
}

func (e *engine) owner() *string {
	if e.cfg.ExpectedBucketOwner == "" {
		return nil
	}
	return aws.String(e.cfg.ExpectedBucketOwner)
}

// checkBucket: existence, region and owner. The owner is compared by S3.
func (e *engine) checkBucket(ctx context.Context) finding {
	out, err := e.clients.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(e.cfg.Bucket), ExpectedBucketOwner: e.owner()})
	if err != nil {
		switch statusOf(err) {
		case http.StatusNotFound:
			return failed(checkNameBucket, fmt.Errorf("bucket %s does not exist", e.cfg.Bucket))
		case http.StatusMovedPermanently:
			return failed(checkNameBucket, fmt.Errorf("bucket %s is not in region %s", e.cfg.Bucket, e.cfg.Region))
		default:
			return inconclusive(checkNameBucket, fmt.Errorf("s3:ListBucket is needed for HeadBucket: %w", describe(err)))
		}
	}
	if got := aws.ToString(out.BucketRegion); got != "" && got != e.cfg.Region {
		return failed(checkNameBucket, fmt.Errorf("bucket %s is in region %s, not in %s", e.cfg.Bucket, printable(got), e.cfg.Region))
	}
	return ok(checkNameBucket)
}

// checkBucketEncryption: what a writer gets that names no key. This exporter
// always does; the next tool pointed at the bucket may not.
func (e *engine) checkBucketEncryption(ctx context.Context) finding {
	out, err := e.clients.s3.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: aws.String(e.cfg.Bucket), ExpectedBucketOwner: e.owner()})
	if err != nil {
		if codeOf(err) == "ServerSideEncryptionConfigurationNotFoundError" {
			return inconclusive(checkNameBucketEncryption, errors.New("the bucket has no default encryption: a writer that names no key may store in clear"))
		}
		return inconclusive(checkNameBucketEncryption, fmt.Errorf("s3:GetEncryptionConfiguration: %w", describe(err)))
	}
	if out.ServerSideEncryptionConfiguration == nil || len(out.ServerSideEncryptionConfiguration.Rules) == 0 {
		return inconclusive(checkNameBucketEncryption, errors.New("the answer holds no rule"))
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		byDefault := rule.ApplyServerSideEncryptionByDefault
		if byDefault == nil {
			continue
		}
		if got := string(byDefault.SSEAlgorithm); got != e.cfg.Encryption.Algorithm {
			return failed(checkNameBucketEncryption, fmt.Errorf("the bucket's default encryption is %s, not %s", printable(got), e.cfg.Encryption.Algorithm))
		}
		got := aws.ToString(byDefault.KMSMasterKeyID)
		if got != "" && strings.HasSuffix(e.cfg.Encryption.KMSKeyARN, ":key/"+got) {
			// S3 takes an id alone, and looks for it in the account of whoever writes.
			return inconclusive(checkNameBucketEncryption, errors.New("the bucket's default encryption names the key by its id alone; write the full ARN there"))
		}
		if !e.cfg.Encryption.sameKey(got) {
			return failed(checkNameBucketEncryption, errors.New("the bucket's default encryption names another key"))
		}
		return ok(checkNameBucketEncryption)
	}
	return inconclusive(checkNameBucketEncryption, errors.New("the answer holds no default"))
}

// checkDecryptGet: reading back the canary, which holds no telemetry, must be
// refused. KMS alone cannot tell: a policy may allow Decrypt only through S3
// (kms:ViaService), which a direct dry run does not see.
func (e *engine) checkDecryptGet(ctx context.Context) finding {
	key := e.posture.lastCanary()
	out, err := e.clients.s3.GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(e.cfg.Bucket), Key: aws.String(key), ExpectedBucketOwner: e.owner(),
	})
	if err == nil {
		_ = out.Body.Close() // only the status was asked for
		return failed(checkNameDecryptGet, errors.New("this identity can read the archive; deny s3:GetObject and kms:Decrypt to it"))
	}
	// Other refusals prove nothing: an object of a cold storage class is refused
	// (InvalidObjectState) to those who may read it.
	if statusOf(err) == http.StatusForbidden && codeOf(err) == "AccessDenied" {
		return ok(checkNameDecryptGet)
	}
	return inconclusive(checkNameDecryptGet, fmt.Errorf("s3:GetObject: %w", describe(err)))
}

func (e *engine) checkVersioning(ctx context.Context) finding {
	out, err := e.clients.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: aws.String(e.cfg.Bucket), ExpectedBucketOwner: e.owner()})
	switch {
	case err != nil:
		return inconclusive(checkNameVersioning, fmt.Errorf("s3:GetBucketVersioning: %w", describe(err)))
	case out.Status != types.BucketVersioningStatusEnabled:
		return failed(checkNameVersioning, errors.New("versioning is not enabled on the bucket"))
	default:
		return ok(checkNameVersioning)
	}
}

func (e *engine) checkObjectLock(ctx context.Context) finding {
	out, err := e.clients.s3.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: aws.String(e.cfg.Bucket), ExpectedBucketOwner: e.owner()})
	switch {
	case err != nil && codeOf(err) == "ObjectLockConfigurationNotFoundError":
		return failed(checkNameObjectLock, errors.New("object lock is not enabled on the bucket"))
	case err != nil:
		return inconclusive(checkNameObjectLock, fmt.Errorf("s3:GetBucketObjectLockConfiguration: %w", describe(err)))
	case out.ObjectLockConfiguration == nil || out.ObjectLockConfiguration.ObjectLockEnabled != types.ObjectLockEnabledEnabled:
		return failed(checkNameObjectLock, errors.New("object lock is not enabled on the bucket"))
	default:
		return ok(checkNameObjectLock)
	}
}

func (e *engine) checkPublicAccess(ctx context.Context) finding {
	out, err := e.clients.s3.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: aws.String(e.cfg.Bucket), ExpectedBucketOwner: e.owner()})
	switch {
	case err != nil && codeOf(err) == "NoSuchPublicAccessBlockConfiguration":
		return failed(checkNamePublicAccess, errors.New("the bucket has no public access block"))
	case err != nil:
		return inconclusive(checkNamePublicAccess, fmt.Errorf("s3:GetBucketPublicAccessBlock: %w", describe(err)))
	}
	b := out.PublicAccessBlockConfiguration
	if b == nil || !aws.ToBool(b.BlockPublicAcls) || !aws.ToBool(b.BlockPublicPolicy) || !aws.ToBool(b.IgnorePublicAcls) || !aws.ToBool(b.RestrictPublicBuckets) {
		return failed(checkNamePublicAccess, errors.New("the public access block leaves something open; set all four"))
	}
	return ok(checkNamePublicAccess)
}

func statusOf(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// bucketARN is in the partition of the key: aws, aws-cn, aws-us-gov.
func (e *engine) bucketARN() string {
	partition := "aws"
	if a, err := parseARN(e.cfg.Encryption.KMSKeyARN); err == nil {
		partition = a.partition
	}
	return strings.Join([]string{"arn", partition, "s3", "", "", e.cfg.Bucket}, ":")
}
