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
// decrypting: a dry run of Decrypt on a data key made for the question, under
// the context that S3 would use. AccessDenied is the answer that is wanted; a
// DryRunOperationException means that it would have worked.
func (e *engine) checkDecryptKMS(ctx context.Context) finding {
	keyID := aws.String(e.cfg.Encryption.KMSKeyARN)
	encryptionContext := maps.Clone(e.cfg.Encryption.Context)
	if encryptionContext == nil {
		encryptionContext = make(map[string]string, 1)
	}
	encryptionContext["aws:s3:arn"] = e.bucketARN()
	if e.cfg.Encryption.BucketKey != bucketKeyRequire {
		encryptionContext["aws:s3:arn"] += "/" + e.posture.lastCanary()
	}
	e.telemetry.S3SseKmsKmsRequests.Add(ctx, 1)
	made, err := e.clients.kms.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: keyID, KeySpec: types.DataKeySpecAes256, EncryptionContext: encryptionContext,
	})
	if err != nil {
		return inconclusive(checkNameDecryptKMS, fmt.Errorf("kms:GenerateDataKey: %w", describe(err)))
	}
	// The key protects nothing; it still does not stay in memory.
	clear(made.Plaintext)
	e.telemetry.S3SseKmsKmsRequests.Add(ctx, 1)
	_, err = e.clients.kms.Decrypt(ctx, &kms.DecryptInput{
		KeyId: keyID, CiphertextBlob: made.CiphertextBlob, EncryptionContext: encryptionContext, DryRun: aws.Bool(true),
	})
	var would *types.DryRunOperationException
	switch {
	case err == nil || errors.As(err, &would):
		return failed(checkNameDecryptKMS, errors.New("this identity may use kms:Decrypt on the archive key; deny it in the key policy"))
	case codeOf(err) == "AccessDeniedException":
		return ok(checkNameDecryptKMS)
	default:
		return inconclusive(checkNameDecryptKMS, fmt.Errorf("kms:Decrypt as a dry run: %w", describe(err)))
	}
}
