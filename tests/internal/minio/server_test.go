package minio_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

func start(t *testing.T, options minio.Options) *minio.Server {
	t.Helper()
	options.Dir = t.TempDir()
	server, err := minio.Start(t.Context(), options)
	if errors.Is(err, minio.ErrNotInstalled) {
		required.Missing(t, err.Error())
	}
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Down()) })
	return server
}

// status is the HTTP status of an SDK call: 200 without an error.
func status(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return http.StatusOK
	}
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	return response.HTTPStatusCode()
}

func put(ctx context.Context, server *minio.Server, client *s3.Client, name string, change func(*s3.PutObjectInput)) (*s3.PutObjectOutput, error) {
	input := &s3.PutObjectInput{
		Bucket:               aws.String(server.Bucket),
		Key:                  aws.String(name),
		Body:                 bytes.NewReader([]byte("marker-in-the-body")),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms,
		SSEKMSKeyId:          aws.String(minio.KeyARN),
		IfNoneMatch:          aws.String("*"),
	}
	if change != nil {
		change(input)
	}
	return client.PutObject(ctx, input)
}

func TestWriteOnlyIdentity(t *testing.T) {
	t.Parallel()
	server := start(t, minio.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	identity, err := server.WriteOnly(ctx, minio.KeyARN)
	require.NoError(t, err)
	client := server.Client(identity)

	echo, err := put(ctx, server, client, "first", nil)
	require.NoError(t, err)
	assert.Equal(t, types.ServerSideEncryptionAwsKms, echo.ServerSideEncryption)
	assert.Equal(t, minio.KeyARN, aws.ToString(echo.SSEKMSKeyId))

	_, err = put(ctx, server, client, "first", nil)
	assert.Equal(t, http.StatusPreconditionFailed, status(t, err), "put the same name again")

	refused := map[string]func(*s3.PutObjectInput){
		"plain":     func(in *s3.PutObjectInput) { in.ServerSideEncryption, in.SSEKMSKeyId = "", nil },
		"AES256":    func(in *s3.PutObjectInput) { in.ServerSideEncryption, in.SSEKMSKeyId = "AES256", nil },
		"no key":    func(in *s3.PutObjectInput) { in.SSEKMSKeyId = nil },
		"other key": func(in *s3.PutObjectInput) { in.SSEKMSKeyId = aws.String("arn:aws:kms:other") },
	}
	for name, change := range refused {
		_, err := put(ctx, server, client, "refused", change)
		assert.Equal(t, http.StatusForbidden, status(t, err), name)
	}
	bucket, object := aws.String(server.Bucket), aws.String("first")
	_, err = client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: object})
	assert.Equal(t, http.StatusForbidden, status(t, err), "get")
	_, err = client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: object})
	assert.Equal(t, http.StatusForbidden, status(t, err), "head")
	_, err = client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
	assert.Equal(t, http.StatusForbidden, status(t, err), "list")
	_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: object})
	assert.Equal(t, http.StatusForbidden, status(t, err), "delete")

	got, err := server.Root().GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: object})
	require.NoError(t, err)
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	assert.Equal(t, "marker-in-the-body", string(body))

	// The store's own disk holds no readable copy.
	require.NoError(t, filepath.WalkDir(server.DataDir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		assert.NotContains(t, string(content), "marker-in-the-body", path)
		return err
	}))
}

func TestOutageKeepsAddressDataAndCredentials(t *testing.T) {
	t.Parallel()
	server := start(t, minio.Options{Bucket: "logs"})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	identity, err := server.WriteOnly(ctx, minio.KeyARN)
	require.NoError(t, err)
	client := server.Client(identity)
	_, err = put(ctx, server, client, "before", nil)
	require.NoError(t, err)

	require.NoError(t, server.Down())
	assert.False(t, server.Running())
	_, err = put(ctx, server, client, "during", nil)
	require.Error(t, err)

	endpoint := server.Endpoint
	require.NoError(t, server.Up(ctx))
	assert.Equal(t, endpoint, server.Endpoint)
	_, err = put(ctx, server, client, "after", nil)
	require.NoError(t, err)
	list, err := server.Root().ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("logs")})
	require.NoError(t, err)
	require.Len(t, list.Contents, 2)
	require.NoError(t, server.Stop())
}

func TestServerWithoutKMS(t *testing.T) {
	t.Parallel()
	server := start(t, minio.Options{NoKMS: true})
	_, err := put(t.Context(), server, server.Root(), "x", nil)
	assert.Equal(t, http.StatusNotImplemented, status(t, err))
}

func TestPlaintextIsNotServed(t *testing.T) {
	t.Parallel()
	server := start(t, minio.Options{})
	client := &http.Client{Timeout: 10 * time.Second}
	response, err := client.Get("http" + server.Endpoint[len("https"):] + "/minio/health/live")
	if err == nil {
		defer response.Body.Close() // read nothing
		assert.NotEqual(t, http.StatusOK, response.StatusCode)
	}
	untrusting := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}}
	_, err = untrusting.Get(server.Endpoint) //nolint:bodyclose // refused
	require.Error(t, err, "the certificate is of a throw-away authority")
}
