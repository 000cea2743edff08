package ssekmsexporter

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// violationKind names what in an answer differed from the request.
type violationKind string

const (
	violationAlgorithm violationKind = "algorithm"
	violationKey       violationKind = "key"
	violationContext   violationKind = "context"
	violationBucketKey violationKind = "bucket_key"
	violationChecksum  violationKind = "checksum"
)

// violationError is a 200 that does not confirm the configured encryption. The
// object is stored, and not as the policy asks.
type violationError struct {
	kind violationKind
	// got is what the server said, made printable; it never holds telemetry.
	got             string
	bucket, key, id string
}

func (e *violationError) Error() string {
	return fmt.Sprintf("the store did not confirm the configured encryption: %s is %q (bucket %s, key %s, version %q)",
		e.kind, e.got, e.bucket, e.key, e.id)
}

// verify compares the answer to a PUT with what was asked for. The answer is
// the only evidence a write-only identity has.
func (e EncryptionConfig) verify(out *s3.PutObjectOutput, digest [32]byte) *violationError {
	if got := string(out.ServerSideEncryption); got != e.Algorithm {
		return &violationError{kind: violationAlgorithm, got: printable(got)}
	}
	if got := aws.ToString(out.SSEKMSKeyId); !e.sameKey(got) {
		return &violationError{kind: violationKey, got: printable(got)}
	}
	if got := aws.ToString(out.SSEKMSEncryptionContext); !e.sameContext(got) {
		// Context values are configuration, but may be secret to its owner.
		return &violationError{kind: violationContext, got: fmt.Sprintf("%d bytes, not as configured", len(got))}
	}
	enabled := aws.ToBool(out.BucketKeyEnabled)
	if (e.BucketKey == bucketKeyRequire && !enabled) || (e.BucketKey == bucketKeyForbid && enabled) {
		return &violationError{kind: violationBucketKey, got: strconv.FormatBool(enabled)}
	}
	// A store that names a checksum must name ours: it then holds our bytes.
	if got := aws.ToString(out.ChecksumSHA256); got != "" && !sameChecksum(got, digest) {
		return &violationError{kind: violationChecksum, got: printable(got)}
	}
	return nil
}

// sameChecksum compares base64 text with a digest.
func sameChecksum(text string, digest [32]byte) bool {
	var want [44]byte // of 32 bytes in base64
	base64.StdEncoding.Encode(want[:], digest[:])
	return text == string(want[:])
}
