package ssekmsexporter

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"go.uber.org/zap"
)

// putVerified is the only way into the bucket, for telemetry and canaries
// alike: one PutObject under the configured key, and a comparison of what the
// store says it did. A nil error means that the object was sent whole and that
// the store confirmed algorithm, key, context and bucket key after it.
//
// Telemetry passes the breaker first. A violation opens it before this
// function returns, so no caller can forget to.
func (e *engine) putVerified(ctx context.Context, o *object, key string) error {
	ctx, stop := context.WithTimeoutCause(ctx, e.cfg.Timeout, context.DeadlineExceeded)
	defer stop()
	leave := func() {}
	if !o.canary {
		admitted, done, err := e.breaker.admit(ctx)
		if err != nil {
			return err
		}
		ctx, leave = admitted, done
	}
	defer leave()
	reader := o.body.reader()
	defer reader.detach()
	own := draftedPut{key: key, body: reader, size: o.body.size, digest: o.name.digest, at: e.clients.put.now()}
	if lock := e.cfg.Upload.ObjectLock; lock.Mode != "" {
		// Of the signing time: a clock that the store refuses locks nothing.
		own.retain = own.at.Add(lock.Retention).Truncate(time.Second)
	}

	e.telemetry.S3SseKmsKmsRequests.Add(ctx, 1)
	start := time.Now()
	answer, err := e.clients.put.send(ctx, own)
	e.telemetry.S3SseKmsPutDuration.Record(context.WithoutCancel(ctx), time.Since(start).Seconds())
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && cause != ctx.Err() { //nolint:errorlint // identity: a hold may wrap a context error and is still the cause
			err = cause
		}
		if !unreadable(err) {
			return describe(err)
		}
		// The store took the object and said something that is no answer.
		// Nothing confirms the encryption.
		answer = putAnswer{}
	}
	// This PUT is over: a violation cancels the others.
	leave()
	violation := e.cfg.Encryption.verify(answer, o.name.digest)
	if taken := reader.taken(); violation == nil && taken < o.body.size {
		// Whoever answers before the object was sent, such as a gateway that
		// was given a fixed answer, does not have it.
		violation = &violationError{kind: violationChecksum, got: fmt.Sprintf("that of %d of %d bytes", taken, o.body.size)}
	}
	if violation != nil {
		violation.bucket, violation.key, violation.id = e.cfg.Bucket, key, printable(answer.version)
		e.violated(context.WithoutCancel(ctx), violation, answer.version)
		return violation
	}
	if !o.canary {
		e.verified.Add(1)
	}
	return nil
}

// unreadable reports a success of the store whose answer could not be read. That
// of a service that gives credentials is none: nothing was sent to the store.
func unreadable(err error) bool {
	return statusOf(err)/100 == 2 && codeOf(err) == "" && !noCredentials(err)
}

// putInput is what every PUT of a configuration asks for. The SDK draws it.
func putInput(cfg *Config) *s3.PutObjectInput {
	enc := &cfg.Encryption
	input := &s3.PutObjectInput{
		Bucket:               aws.String(cfg.Bucket),
		ContentType:          aws.String("application/octet-stream"),
		ServerSideEncryption: types.ServerSideEncryption(enc.Algorithm),
		SSEKMSKeyId:          aws.String(enc.KMSKeyARN),
		// Never overwrite: a name that exists was stored by an attempt whose
		// answer nobody saw, or under another key.
		IfNoneMatch: aws.String("*"),
	}
	if header := enc.contextHeader(); header != "" {
		input.SSEKMSEncryptionContext = aws.String(header)
	}
	switch enc.BucketKey {
	case bucketKeyRequire:
		input.BucketKeyEnabled = aws.Bool(true)
	case bucketKeyForbid:
		if enc.Algorithm != algorithmDSSE {
			input.BucketKeyEnabled = aws.Bool(false)
		}
	}
	if cfg.ExpectedBucketOwner != "" {
		input.ExpectedBucketOwner = aws.String(cfg.ExpectedBucketOwner)
	}
	if class := cfg.Upload.StorageClass; class != "STANDARD" {
		input.StorageClass = types.StorageClass(class)
	}
	if tags := cfg.Upload.Tags; len(tags) > 0 {
		input.Tagging = aws.String(tagging(tags))
	}
	if lock := cfg.Upload.ObjectLock; lock.Mode != "" {
		input.ObjectLockMode = types.ObjectLockMode(lock.Mode)
	}
	return input
}

// tagging is the form of x-amz-tagging: query parameters.
func tagging(tags map[string]string) string {
	keys := make([]string, 0, len(tags))
	for k := range tags {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	parts := make([]string, 0, len(keys))
	for _, k := range keys {
		parts = append(parts, url.QueryEscape(k)+"="+url.QueryEscape(tags[k]))
	}
	return strings.Join(parts, "&")
}

// violated opens the breaker, then counts, logs and tries to delete the version
// that is stored under the wrong key or in clear.
func (e *engine) violated(ctx context.Context, v *violationError, version string) {
	e.hold(ctx, v)
	e.telemetry.S3SseKmsViolations.Add(ctx, 1, v.kind.attributes())
	e.logger.Error("encryption violation: the store accepted an object without confirming the configured encryption; writes are held",
		zap.String("kind", string(v.kind)), zap.String("answered", v.got),
		zap.String("bucket", v.bucket), zap.String("key", v.key), zap.String("version_id", v.id))

	ctx, stop := context.WithTimeout(ctx, deleteTimeout)
	defer stop()
	input := &s3.DeleteObjectInput{Bucket: aws.String(v.bucket), Key: aws.String(v.key)}
	if version != "" {
		input.VersionId = aws.String(version)
	}
	if e.cfg.ExpectedBucketOwner != "" {
		input.ExpectedBucketOwner = aws.String(e.cfg.ExpectedBucketOwner)
	}
	if _, err := e.clients.s3.DeleteObject(ctx, input); err != nil {
		e.logger.Warn("the object of the violation could not be deleted; delete this version by hand",
			zap.String("bucket", v.bucket), zap.String("key", v.key), zap.String("version_id", v.id), zap.Error(describe(err)))
	}
}
