// Package s3_test runs the s3_sse_kms exporter against a real MinIO over TLS.
package s3_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

func startMinIO(t *testing.T, options minio.Options) *minio.Server {
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

// writeOnly is an identity that may put objects under one key, and nothing else.
func writeOnly(t *testing.T, server *minio.Server, key string) aws.Credentials {
	t.Helper()
	identity, err := server.WriteOnly(t.Context(), key)
	require.NoError(t, err)
	return identity
}

const patience = 30 * time.Second

// become makes the process the identity that the exporter will find.
func become(t *testing.T, identity aws.Credentials) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", identity.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", identity.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", identity.SessionToken)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

func configFor(server *minio.Server) *ssekmsexporter.Config {
	cfg := ssekmsexporter.NewFactory().CreateDefaultConfig().(*ssekmsexporter.Config)
	cfg.Region = minio.Region
	cfg.Bucket = server.Bucket
	cfg.Prefix = "traces/"
	cfg.Endpoint = server.Endpoint
	cfg.ForcePathStyle = true
	cfg.TLS.CAFile = server.CAFile
	cfg.Encryption.KMSKeyARN = minio.KeyARN
	cfg.Encryption.KeyIDMatch = "minio"
	cfg.Queue.Get().Batch.Get().FlushTimeout = 100 * time.Millisecond
	cfg.Queue.Get().Batch.Get().MinSize = 1
	cfg.Retry.InitialInterval = 100 * time.Millisecond
	cfg.Retry.MaxInterval = time.Second
	return cfg
}

func startTraces(t *testing.T, cfg *ssekmsexporter.Config) (exporter.Traces, error) {
	t.Helper()
	return startLoggedTraces(t, cfg, zap.NewNop())
}

func startLoggedTraces(t *testing.T, cfg *ssekmsexporter.Config, logger *zap.Logger) (exporter.Traces, error) {
	t.Helper()
	require.NoError(t, cfg.Validate())
	factory := ssekmsexporter.NewFactory()
	settings := exportertest.NewNopSettings(component.MustNewType("s3_sse_kms"))
	settings.Logger = logger
	x, err := factory.CreateTraces(context.Background(), settings, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, x.Shutdown(context.Background())) })
	return x, x.Start(context.Background(), componenttest.NewNopHost())
}

func spans(n int) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "checkout")
	list := rs.ScopeSpans().AppendEmpty().Spans()
	for range n {
		span := list.AppendEmpty()
		span.SetName("GET /")
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	}
	return td
}

// objects lists what is stored below the prefix, canaries left out.
func objects(t *testing.T, server *minio.Server) []types.Object {
	t.Helper()
	list, err := server.Root().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(server.Bucket), Prefix: aws.String("traces/year=")})
	require.NoError(t, err)
	return list.Contents
}

func TestEveryObjectIsUnderTheKey(t *testing.T) {
	server := startMinIO(t, minio.Options{})
	become(t, writeOnly(t, server, minio.KeyARN))

	cfg := configFor(server)
	cfg.Encryption.Context = map[string]string{"app": "otel"}
	x, err := startTraces(t, cfg)
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, x.ConsumeTraces(t.Context(), spans(10)))
	}
	require.Eventually(t, func() bool { return len(objects(t, server)) > 0 }, patience, 50*time.Millisecond)
	for _, object := range objects(t, server) {
		head, err := server.Root().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(server.Bucket), Key: object.Key})
		require.NoError(t, err)
		assert.Equal(t, types.ServerSideEncryptionAwsKms, head.ServerSideEncryption)
		assert.Equal(t, minio.KeyARN, aws.ToString(head.SSEKMSKeyId))
	}
}
