package ssekmsexporter

import (
	"encoding/base64"
	"fmt"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
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

var violationKinds = [...]violationKind{violationAlgorithm, violationKey, violationContext, violationBucketKey, violationChecksum}

func (k violationKind) attributes() metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("kind", string(k)))
}

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
func (e EncryptionConfig) verify(answer putAnswer, digest [32]byte) *violationError {
	if answer.algorithm != e.Algorithm {
		return &violationError{kind: violationAlgorithm, got: printable(answer.algorithm)}
	}
	if !e.sameKey(answer.keyID) {
		return &violationError{kind: violationKey, got: printable(answer.keyID)}
	}
	if !e.sameContext(answer.context) {
		// Context values are configuration, but may be secret to its owner.
		return &violationError{kind: violationContext, got: fmt.Sprintf("%d bytes, not as configured", len(answer.context))}
	}
	if !e.sameBucketKey(answer.bucketKey) {
		return &violationError{kind: violationBucketKey, got: printable(answer.bucketKey)}
	}
	// A store that names a checksum must name ours: it then holds our bytes.
	if answer.checksum != "" && !sameChecksum(answer.checksum, digest) {
		return &violationError{kind: violationChecksum, got: printable(answer.checksum)}
	}
	return nil
}

// sameBucketKey reports whether an answer, empty without a bucket key, is what
// was configured.
func (e EncryptionConfig) sameBucketKey(answered string) bool {
	enabled := false
	if answered != "" {
		var err error
		if enabled, err = strconv.ParseBool(answered); err != nil {
			return false
		}
	}
	switch e.BucketKey {
	case bucketKeyRequire:
		return enabled
	case bucketKeyForbid:
		return !enabled
	default:
		return true
	}
}

// sameChecksum compares base64 text with a digest.
func sameChecksum(text string, digest [32]byte) bool {
	var want [44]byte // of 32 bytes in base64
	base64.StdEncoding.Encode(want[:], digest[:])
	return text == string(want[:])
}
