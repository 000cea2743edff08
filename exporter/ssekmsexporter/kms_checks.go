package ssekmsexporter

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// checkKey: the key is enabled, symmetric and the very one that is configured.
func (e *engine) checkKey(ctx context.Context) finding {
	e.telemetry.S3SseKmsKmsRequests.Add(ctx, 1)
	out, err := e.clients.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(e.cfg.Encryption.KMSKeyARN)})
	if err != nil {
		if codeOf(err) == "NotFoundException" {
			return failed(checkNameKey, errors.New("the key does not exist"))
		}
		return inconclusive(checkNameKey, fmt.Errorf("kms:DescribeKey: %w", describe(err)))
	}
	meta := out.KeyMetadata
	switch {
	case meta == nil || !e.cfg.Encryption.sameKey(aws.ToString(meta.Arn)):
		return failed(checkNameKey, errors.New("KMS answered about another key"))
	case meta.KeyState != types.KeyStateEnabled:
		return failed(checkNameKey, fmt.Errorf("the key is %s, not Enabled", printable(string(meta.KeyState))))
	case meta.KeyUsage != "" && meta.KeyUsage != types.KeyUsageTypeEncryptDecrypt:
		return failed(checkNameKey, fmt.Errorf("the key's usage is %s, not ENCRYPT_DECRYPT", printable(string(meta.KeyUsage))))
	default:
		return ok(checkNameKey)
	}
}

// checkDecryptKMS asks KMS whether this identity could decrypt, without
// decrypting and without a ciphertext: a dry run of Decrypt that ignores it (KMS
// API reference, Decrypt, DryRunModifiers), under each context that S3 could
// use. Making a data key to ask with would need kms:GenerateDataKey outside of
// S3, which a good role does not have.
//
// AccessDenied is the answer that is wanted; a DryRunOperationException means
// that it would have worked.
func (e *engine) checkDecryptKMS(ctx context.Context) finding {
	for _, arn := range e.contextARNs() {
		encryptionContext := maps.Clone(e.cfg.Encryption.Context)
		if encryptionContext == nil {
			encryptionContext = make(map[string]string, 1)
		}
		encryptionContext["aws:s3:arn"] = arn
		e.telemetry.S3SseKmsKmsRequests.Add(ctx, 1)
		_, err := e.clients.kms.Decrypt(ctx, &kms.DecryptInput{
			KeyId: aws.String(e.cfg.Encryption.KMSKeyARN), EncryptionContext: encryptionContext,
			DryRun: aws.Bool(true), DryRunModifiers: []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext},
		})
		var would *types.DryRunOperationException
		switch {
		case err == nil || errors.As(err, &would):
			return failed(checkNameDecryptKMS, errors.New("this identity may use kms:Decrypt on the archive key; deny it in the key policy"))
		case codeOf(err) != "AccessDeniedException":
			return inconclusive(checkNameDecryptKMS, fmt.Errorf("kms:Decrypt as a dry run: %w", describe(err)))
		}
	}
	return ok(checkNameDecryptKMS)
}

// contextARNs are the values of aws:s3:arn that S3 sends to KMS for the last
// canary: the object's, or the bucket's with a bucket key (S3 user guide,
// "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys").
func (e *engine) contextARNs() []string {
	bucket := e.bucketARN()
	object := bucket + "/" + e.posture.lastCanary()
	switch {
	case e.cfg.Encryption.BucketKey == bucketKeyRequire:
		return []string{bucket}
	case e.cfg.Encryption.BucketKey == bucketKeyForbid || e.cfg.Encryption.Algorithm == algorithmDSSE:
		return []string{object}
	default:
		return []string{object, bucket}
	}
}
