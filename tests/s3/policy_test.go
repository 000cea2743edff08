package s3_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
)

// notOfMinIO are the statements of the published policies that MinIO refuses to
// take, with what it says about them. Those about KMS are judged by the double
// of KMS.
var notOfMinIO = map[string]string{
	"DenyOldTLS":             "invalid condition key 's3:TlsVersion'",
	"DenyReadingToAllOthers": "invalid condition name 'ArnNotEquals'",
}

// published are the statements of a file in examples/aws/policies, with MinIO's
// names in place of the placeholders.
func published(t *testing.T, server *minio.Server, name string) []map[string]any {
	t.Helper()
	fill := strings.NewReplacer("${partition}", "aws", "${bucket}", server.Bucket, "${archive_key_arn}", minio.KeyARN,
		"${investigator_role_arn}", "arn:aws:iam::000000000000:role/investigator")
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "aws", "policies", name))
	require.NoError(t, err)
	var document struct{ Statement []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(fill.Replace(string(text))), &document))
	return document.Statement
}

// MinIO refuses a policy with a statement that it does not know, for a bucket and
// for a session, instead of passing over it: nobody can take it for enforced.
// A MinIO that takes one fails here, and TestShippedPolicies can then judge it.
func TestStatementsThatMinIODoesNotKnow(t *testing.T) {
	server := startMinIO(t, minio.Options{})
	writeOnly(t, server, minio.KeyARN) // waits for STS
	tried := 0
	for _, statement := range published(t, server, "bucket.json") {
		sid, _ := statement["Sid"].(string)
		says := notOfMinIO[sid]
		if says == "" {
			continue
		}
		tried++
		document := map[string]any{"Version": "2012-10-17", "Statement": []any{statement}}
		text, err := json.Marshal(document)
		require.NoError(t, err)
		_, err = server.Root().PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(server.Bucket), Policy: aws.String(string(text))})
		assert.ErrorContains(t, err, says, sid)
		delete(statement, "Principal")
		_, err = server.AssumeRole(t.Context(), document)
		assert.ErrorContains(t, err, says, sid)
	}
	assert.Len(t, notOfMinIO, tried, "the published policies have lost statements")
}

// shipped are the S3 statements of examples/aws for the collector: its role's
// and the bucket's, as one session policy. The texts are the published ones but
// for the placeholders.
func shipped(t *testing.T, server *minio.Server) map[string]any {
	t.Helper()
	var statements []any
	for _, name := range []string{"collector-role.json", "bucket.json"} {
		for _, statement := range published(t, server, name) {
			sid, _ := statement["Sid"].(string)
			if notOfMinIO[sid] != "" || !aboutS3(statement) {
				continue
			}
			delete(statement, "Principal") // a session policy speaks of its session
			statements = append(statements, statement)
		}
	}
	require.GreaterOrEqual(t, len(statements), 5, "the published policies have lost statements")
	return map[string]any{"Version": "2012-10-17", "Statement": statements}
}

// aboutS3 keeps the actions of a statement that MinIO has, and reports whether
// one is left.
func aboutS3(statement map[string]any) bool {
	actions, ok := statement["Action"].([]any)
	if !ok {
		actions = []any{statement["Action"]}
	}
	actions = slices.DeleteFunc(actions, func(action any) bool {
		name, _ := action.(string)
		return !strings.HasPrefix(name, "s3:") || name == "s3:GetBucketPublicAccessBlock"
	})
	statement["Action"] = actions
	return len(actions) > 0
}

// The published role and bucket policy, on a real store: the collector's
// identity starts with every check and both negative canaries, stores under the
// key, and can neither read nor delete what it stored, nor store otherwise.
func TestShippedPolicies(t *testing.T) {
	server := startMinIO(t, minio.Options{})
	identity, err := server.AssumeRole(t.Context(), shipped(t, server))
	require.NoError(t, err)
	become(t, identity)
	cfg := configFor(server)
	cfg.Posture.NegativeCanaries = true
	x, err := startTraces(t, cfg)
	require.NoError(t, err)
	require.NoError(t, x.ConsumeTraces(t.Context(), spans(10)))
	var list []types.Object
	require.Eventually(t, func() bool {
		list = objects(t, server)
		return len(list) == 1
	}, patience, 50*time.Millisecond)

	client := server.Client(identity)
	bucket, key := aws.String(server.Bucket), list[0].Key
	for name, call := range map[string]func() error{
		"get": func() error {
			_, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: bucket, Key: key})
			return err
		},
		"delete": func() error {
			_, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: bucket, Key: key})
			return err
		},
		"list": func() error {
			_, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket})
			return err
		},
		"put under another key": func() error {
			_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: bucket, Key: aws.String("traces/x"), Body: strings.NewReader("x"),
				ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String("arn:aws:kms:other"),
			})
			return err
		},
		"put under AES256": func() error {
			_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: bucket, Key: aws.String("traces/x"), Body: strings.NewReader("x"), ServerSideEncryption: types.ServerSideEncryptionAes256,
			})
			return err
		},
		"put in clear": func() error {
			_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: aws.String("traces/x"), Body: strings.NewReader("x")})
			return err
		},
		"start a multi-part upload in clear": func() error {
			_, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: bucket, Key: aws.String("traces/x")})
			return err
		},
	} {
		assert.ErrorContains(t, call(), "AccessDenied", name)
	}
}
