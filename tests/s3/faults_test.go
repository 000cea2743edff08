package s3_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
)

// read downloads an object as root and undoes its compression.
func read(t *testing.T, server *minio.Server, key string) []byte {
	t.Helper()
	out, err := server.Root().GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(server.Bucket), Key: aws.String(key)})
	require.NoError(t, err)
	defer out.Body.Close() // read to its end below
	var r io.Reader = out.Body
	switch {
	case strings.HasSuffix(key, ".gz"):
		r, err = gzip.NewReader(r)
		require.NoError(t, err)
	case strings.HasSuffix(key, ".zst"):
		dec, err := zstd.NewReader(r)
		require.NoError(t, err)
		defer dec.Close()
		r = dec
	}
	var doc bytes.Buffer
	_, err = io.Copy(&doc, r)
	require.NoError(t, err)
	return doc.Bytes()
}

// storedSpans counts all spans below the prefix.
func storedSpans(t *testing.T, server *minio.Server) int {
	t.Helper()
	n := 0
	for _, object := range objects(t, server) {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(read(t, server, aws.ToString(object.Key)))
		require.NoError(t, err)
		n += td.SpanCount()
	}
	return n
}

// Faults that MinIO shows at once refuse the start, and nothing is written.
func TestStartIsRefused(t *testing.T) {
	t.Run("wrong key", func(t *testing.T) {
		server := startMinIO(t, minio.Options{})
		become(t, writeOnly(t, server, "arn:aws:kms:other"))
		cfg := configFor(server)
		cfg.Encryption.KMSKeyARN = "arn:aws:kms:other"
		_, err := startTraces(t, cfg)
		require.ErrorContains(t, err, "posture check canary failed")
		assert.Empty(t, objects(t, server))
	})
	t.Run("key that the policy denies", func(t *testing.T) {
		server := startMinIO(t, minio.Options{})
		become(t, writeOnly(t, server, "arn:aws:kms:other"))
		_, err := startTraces(t, configFor(server))
		require.ErrorContains(t, err, "AccessDenied")
		assert.Empty(t, objects(t, server))
	})
	t.Run("no KMS", func(t *testing.T) {
		server := startMinIO(t, minio.Options{NoKMS: true})
		become(t, writeOnly(t, server, minio.KeyARN))
		_, err := startTraces(t, configFor(server))
		require.ErrorContains(t, err, "posture check canary failed")
		assert.Empty(t, objects(t, server))
	})
	t.Run("bucket default AES256", func(t *testing.T) {
		server := startMinIO(t, minio.Options{})
		_, err := server.Root().PutBucketEncryption(t.Context(), &s3.PutBucketEncryptionInput{
			Bucket: aws.String(server.Bucket),
			ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{{
				ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256},
			}}},
		})
		require.NoError(t, err)
		writeOnly(t, server, minio.KeyARN) // waits for STS
		auditor, err := server.AssumeRole(t.Context(), map[string]any{
			"Version": "2012-10-17",
			"Statement": []any{map[string]any{
				"Effect": "Allow", "Action": []string{"s3:PutObject", "s3:GetEncryptionConfiguration"},
				"Resource": []string{"arn:aws:s3:::" + server.Bucket, "arn:aws:s3:::" + server.Bucket + "/*"},
			}},
		})
		require.NoError(t, err)
		become(t, auditor)
		_, err = startTraces(t, configFor(server))
		require.ErrorContains(t, err, "posture check bucket_encryption failed")
		assert.Empty(t, objects(t, server))
	})
	t.Run("identity that can read", func(t *testing.T) {
		server := startMinIO(t, minio.Options{})
		root, err := server.Root().Options().Credentials.Retrieve(t.Context())
		require.NoError(t, err)
		become(t, root)
		_, err = startTraces(t, configFor(server))
		require.ErrorContains(t, err, "posture check decrypt_denied_get failed")
	})
	t.Run("plaintext endpoint", func(t *testing.T) {
		server := startMinIO(t, minio.Options{})
		cfg := configFor(server)
		cfg.Endpoint = strings.Replace(cfg.Endpoint, "https://", "http://", 1)
		require.ErrorContains(t, cfg.Validate(), "endpoint: must begin with https://")
	})
	t.Run("policy that refuses nothing", func(t *testing.T) {
		server := startMinIO(t, minio.Options{})
		writeOnly(t, server, minio.KeyARN) // waits for STS
		lax, err := server.AssumeRole(t.Context(), putAnything(server.Bucket))
		require.NoError(t, err)
		become(t, lax)
		cfg := configFor(server)
		cfg.Posture.NegativeCanaries = true
		_, err = startTraces(t, cfg)
		require.ErrorContains(t, err, "posture check negative_canary_plain failed")
	})
}

// With the deny statements in place the negative canaries are refused.
func TestNegativeCanariesOnMinIO(t *testing.T) {
	server := startMinIO(t, minio.Options{})
	become(t, writeOnly(t, server, minio.KeyARN))
	cfg := configFor(server)
	cfg.Posture.NegativeCanaries = true
	_, err := startTraces(t, cfg)
	require.NoError(t, err)
}

// The store is down at start, comes up, and dies in the middle of the work:
// data waits, and all of it is stored.
func TestOutages(t *testing.T) {
	server := startMinIO(t, minio.Options{})
	become(t, writeOnly(t, server, minio.KeyARN))
	require.NoError(t, server.Down())
	x, err := startTraces(t, configFor(server))
	require.NoError(t, err, "an unreachable store does not refuse the start")
	require.NoError(t, x.ConsumeTraces(t.Context(), spans(10)))
	require.NoError(t, server.Up(t.Context()))
	require.Eventually(t, func() bool { return storedSpans(t, server) >= 10 }, patience, 100*time.Millisecond)

	require.NoError(t, server.Down())
	for range 5 {
		require.NoError(t, x.ConsumeTraces(t.Context(), spans(10)))
	}
	require.NoError(t, server.Up(t.Context()))
	require.Eventually(t, func() bool { return storedSpans(t, server) >= 60 }, patience, 100*time.Millisecond)
}

// The store comes back without its key. It would take what names no key, and
// refuses what does: with 501 to an identity that it knows, with 503 to a
// temporary one, because MinIO seals its identities under the same key. Either
// way nothing is stored, nothing is lost, and all of it is stored once the key
// is back.
func TestKMSGoesAway(t *testing.T) {
	for name, c := range map[string]struct {
		root bool
		says string
	}{
		"write-only identity": {false, "XMinioIAMNotInitialized"},
		"root":                {true, "NotImplemented"},
	} {
		t.Run(name, func(t *testing.T) {
			server := startMinIO(t, minio.Options{})
			identity := writeOnly(t, server, minio.KeyARN)
			cfg := configFor(server)
			if c.root {
				var err error
				identity, err = server.Root().Options().Credentials.Retrieve(t.Context())
				require.NoError(t, err)
				cfg.Posture.DecryptMustBeDenied = false
			}
			become(t, identity)
			core, log := observer.New(zap.InfoLevel)
			x, err := startLoggedTraces(t, cfg, zap.New(core))
			require.NoError(t, err)
			require.NoError(t, x.ConsumeTraces(t.Context(), spans(10)))
			require.Eventually(t, func() bool { return storedSpans(t, server) == 10 }, patience, 100*time.Millisecond)

			require.NoError(t, server.Down())
			server.SetKMS(false)
			require.NoError(t, server.Up(t.Context()))
			for range 3 {
				require.NoError(t, x.ConsumeTraces(t.Context(), spans(10)))
			}
			require.Eventually(t, func() bool {
				for _, entry := range log.All() {
					if reason, ok := entry.ContextMap()["error"].(string); ok && strings.Contains(reason, c.says) {
						return true
					}
				}
				return false
			}, patience, 20*time.Millisecond, "the log says %s", c.says)
			assert.Len(t, objects(t, server), 1, "nothing is stored without the key")

			require.NoError(t, server.Down())
			server.SetKMS(true)
			require.NoError(t, server.Up(t.Context()))
			require.Eventually(t, func() bool { return storedSpans(t, server) >= 40 }, patience, 100*time.Millisecond)
			for _, object := range objects(t, server) {
				head, err := server.Root().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(server.Bucket), Key: object.Key})
				require.NoError(t, err)
				assert.Equal(t, minio.KeyARN, aws.ToString(head.SSEKMSKeyId))
			}
		})
	}
}

// Objects are found and decoded by the rules of contrib's awss3receiver (which
// the module proxy does not hold at v0.158.0): list
// <prefix>/year=/month=/day=/hour=/minute=/<signal>_, undo .gz, then .binpb or
// .json.
func TestReplayByTheReceiversRules(t *testing.T) {
	server := startMinIO(t, minio.Options{})
	become(t, writeOnly(t, server, minio.KeyARN))
	cfg := configFor(server)
	cfg.Compression = "gzip"
	x, err := startTraces(t, cfg)
	require.NoError(t, err)
	batch := spans(25)
	start := batch.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).StartTimestamp().AsTime()
	require.NoError(t, x.ConsumeTraces(t.Context(), batch))

	prefix := fmt.Sprintf("%s/year=%d/month=%02d/day=%02d/hour=%02d/minute=%02d/traces_", "traces",
		start.Year(), start.Month(), start.Day(), start.Hour(), start.Minute())
	var list *s3.ListObjectsV2Output
	require.Eventually(t, func() bool {
		list, err = server.Root().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(server.Bucket), Prefix: aws.String(prefix)})
		return err == nil && len(list.Contents) == 1
	}, patience, 50*time.Millisecond)
	key := aws.ToString(list.Contents[0].Key)
	require.True(t, strings.HasSuffix(key, ".binpb.gz"), key)
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(read(t, server, key))
	require.NoError(t, err)
	assert.Equal(t, 25, td.SpanCount())
}

// An object of more than 100 MB is one PutObject: the server counts no request
// of a multi-part upload, whose ETag would end in -<parts>. Beyond the batch it
// takes no more memory than 1.5 times its size and a segment.
func TestLargeObjectIsOnePut(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 100 MB")
	}
	server := startMinIO(t, minio.Options{Env: []string{minio.CountRequests}})
	become(t, writeOnly(t, server, minio.KeyARN))
	cfg := configFor(server)
	cfg.Compression = "none"
	cfg.Queue.Get().QueueSize = 1 << 30
	x, err := startTraces(t, cfg)
	require.NoError(t, err)
	td := ptrace.NewTraces()
	value := strings.Repeat("0123456789abcdef", 1<<14) // 256 KiB
	for range 440 {
		rs := td.ResourceSpans().AppendEmpty()
		span := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.Attributes().PutStr("large", value)
	}
	peak := peakHeap(t)
	require.NoError(t, x.ConsumeTraces(t.Context(), td))
	var list []types.Object
	require.Eventually(t, func() bool {
		list = objects(t, server)
		return len(list) == 1
	}, patience, 100*time.Millisecond)
	grew, size := int64(peak()), aws.ToInt64(list[0].Size)
	t.Logf("object of %d MB, heap grew by at most %d MB", size/1e6, grew/1e6)
	assert.Greater(t, size, int64(100e6))
	// 16 MiB for the TLS connection, this test's own requests and what the
	// collector of garbage has not got to.
	assert.Less(t, grew, size*3/2+16<<20)
	writes, err := server.Writes(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 2, writes["putobject"], "the canary and the object")
	delete(writes, "putobject")
	for api, n := range writes {
		assert.Zero(t, n, api)
	}
	assert.NotContains(t, aws.ToString(list[0].ETag), "-")
}
