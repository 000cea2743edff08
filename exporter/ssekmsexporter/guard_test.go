package ssekmsexporter

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// tamper changes the request at one place of the finalize step.
func tamper(before string, change func(http.Header)) func(*s3.Options) {
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("Tamper", func(
				ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
			) (middleware.FinalizeOutput, middleware.Metadata, error) {
				change(in.Request.(*smithyhttp.Request).Header)
				return next.HandleFinalize(ctx, in)
			}), before, middleware.Before)
		})
	}
}

// Nothing leaves the process unless both headers are there, as configured, and
// signed.
func TestGuardRefusesBeforeTheWire(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	clients, err := newClients(t.Context(), cfg)
	require.NoError(t, err)
	defer clients.close()
	put := func(change func(*s3.PutObjectInput), options ...func(*s3.Options)) error {
		input := &s3.PutObjectInput{
			Bucket: aws.String(cfg.Bucket), Key: aws.String("k"),
			ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(testKey),
		}
		change(input)
		_, err := clients.s3.PutObject(t.Context(), input, options...)
		return err
	}
	same := func(*s3.PutObjectInput) {}
	const signing, guard = "Signing", "SealedRequireEncryption"
	cases := map[string]error{
		"no algorithm":   put(func(i *s3.PutObjectInput) { i.ServerSideEncryption = "" }),
		"AES256":         put(func(i *s3.PutObjectInput) { i.ServerSideEncryption = types.ServerSideEncryptionAes256 }),
		"no key":         put(func(i *s3.PutObjectInput) { i.SSEKMSKeyId = nil }),
		"other key":      put(func(i *s3.PutObjectInput) { i.SSEKMSKeyId = aws.String(otherKey) }),
		"stripped early": put(same, tamper(signing, func(h http.Header) { h.Del(sseHeader) })),
		"stripped late":  put(same, tamper(guard, func(h http.Header) { h.Del(keyHeader) })),
		"doubled":        put(same, tamper(guard, func(h http.Header) { h.Add(keyHeader, otherKey) })),
		"unsigned": put(same, tamper(guard, func(h http.Header) {
			h.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host;x-amz-date, Signature=y")
		})),
		"no signature": put(same, tamper(guard, func(h http.Header) { h.Del("Authorization") })),
		"one is unsigned": put(same, tamper(guard, func(h http.Header) {
			h.Set("Authorization", "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=host;x-amz-server-side-encryption, Signature=y")
		})),
	}
	_, err = clients.s3.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
		Bucket: aws.String(cfg.Bucket), Key: aws.String("k"),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(testKey),
	})
	cases["multi-part upload"] = err
	_, err = clients.s3.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String(cfg.Bucket), Key: aws.String("k"), CopySource: aws.String("a/b")})
	cases["copy"] = err
	for name, err := range cases {
		assert.ErrorIs(t, err, errGuard, name)
	}
	assert.Empty(t, stub.Puts())
	assert.Empty(t, stub.Requests())
}

// An endpoint from the environment cannot bring plaintext back.
func TestHTTPFromTheEnvironmentIsRefused(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
	cfg := testConfig()
	cfg.Encryption.KeyIDMatch = matchMinIO
	r := newRig(t, cfg)
	err := r.traces.Start(t.Context(), r.host)
	require.ErrorContains(t, err, "not https")
	r.stopped = true
	require.NoError(t, r.traces.Shutdown(t.Context()))
}
