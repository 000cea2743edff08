package archive_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/archive"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

func spans(t *testing.T, json bool, text string, ids ...string) []byte {
	t.Helper()
	traces := ptrace.NewTraces()
	resource := traces.ResourceSpans().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "shop")
	scope := resource.ScopeSpans().AppendEmpty()
	for _, id := range ids {
		span := scope.Spans().AppendEmpty()
		span.SetName(text)
		span.Attributes().PutStr(sender.IDAttribute, id)
	}
	var marshaler ptrace.Marshaler = &ptrace.ProtoMarshaler{}
	if json {
		marshaler = &ptrace.JSONMarshaler{}
	}
	data, err := marshaler.MarshalTraces(traces)
	require.NoError(t, err)
	return data
}

func zip(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	_, err := writer.Write(data)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return out.Bytes()
}

func zst(t *testing.T, data []byte) []byte {
	t.Helper()
	encoder, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return encoder.EncodeAll(data, nil)
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	server, err := minio.Start(t.Context(), minio.Options{Dir: t.TempDir()})
	if errors.Is(err, minio.ErrNotInstalled) {
		required.Missing(t, err.Error())
	}
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, server.Down()) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client := server.Root()
	put := func(key string, body []byte, sealed bool, metadata map[string]string) {
		input := &s3.PutObjectInput{
			Bucket: aws.String(server.Bucket), Key: aws.String(key), Body: bytes.NewReader(body), Metadata: metadata,
		}
		if sealed {
			input.ServerSideEncryption, input.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, aws.String(minio.KeyARN)
		}
		_, err := client.PutObject(ctx, input)
		require.NoError(t, err)
	}
	set, err := planted.New(1)
	require.NoError(t, err)

	put("a/year=2026/traces_1.binpb.zst", zst(t, spans(t, false, "clean", "id-1", "id-2")), true, nil)
	put("a/year=2026/traces_2.json.gz", zip(t, spans(t, true, "mail "+set.Emails[0], "id-2")), true, nil)
	put("a/year=2026/traces_3.binpb", spans(t, false, "clean", "id-3"), false, nil)
	put("a/_canary/one.json", []byte("{}"), true, map[string]string{"note": set.Passwords[0]})

	a := archive.New(client, server.Bucket, set.Scanner())
	require.NoError(t, a.Refresh(ctx))
	byKey := map[string]archive.Object{}
	for _, object := range a.Objects() {
		byKey[object.Key] = object
	}
	require.Len(t, byKey, 4)
	sealed := byKey["a/year=2026/traces_1.binpb.zst"]
	assert.Equal(t, "aws:kms", sealed.Algorithm)
	assert.Equal(t, minio.KeyARN, sealed.KMSKey)
	assert.Empty(t, sealed.Hits)
	assert.Equal(t, 2, sealed.Items)
	assert.NotEmpty(t, byKey["a/year=2026/traces_2.json.gz"].Hits, "planted value behind gzip")
	assert.Empty(t, byKey["a/year=2026/traces_3.binpb"].Algorithm, "stored in clear")
	canary := byKey["a/_canary/one.json"]
	assert.Empty(t, canary.Signal)
	assert.NotEmpty(t, canary.Hits, "planted value in metadata")
	assert.Equal(t, 3, a.Telemetry())
	assert.True(t, a.Holds(sender.Traces, "id-3"))
	assert.False(t, a.Holds(sender.Logs, "id-3"))
	assert.Equal(t, 1, a.Duplicates())
	assert.Equal(t, 4, a.Service("shop"))

	put("a/year=2026/traces_4.binpb", spans(t, false, "clean", "id-4"), true, nil)
	require.NoError(t, a.Refresh(ctx))
	assert.True(t, a.Holds(sender.Traces, "id-4"))
	assert.Equal(t, 1, a.Duplicates(), "known objects are not counted again")

	put("a/year=2026/logs_5.binpb", []byte("\xff\xff not protobuf"), true, nil)
	require.ErrorContains(t, a.Refresh(ctx), "logs_5", "an object that cannot be read is no clean object")
}

func TestDecodeAllSignals(t *testing.T) {
	t.Parallel()
	logs := plog.NewLogs()
	record := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	record.Attributes().PutStr(sender.IDAttribute, "log-1")
	data, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
	require.NoError(t, err)
	decoded, err := archive.Decode(sender.Logs, data)
	require.NoError(t, err)
	assert.Equal(t, []string{"log-1"}, decoded.IDs)

	metrics := pmetric.NewMetrics()
	list := metrics.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics()
	list.AppendEmpty().SetEmptyGauge().DataPoints().AppendEmpty().Attributes().PutStr(sender.IDAttribute, "1")
	list.AppendEmpty().SetEmptySum().DataPoints().AppendEmpty().Attributes().PutStr(sender.IDAttribute, "2")
	list.AppendEmpty().SetEmptyHistogram().DataPoints().AppendEmpty().Attributes().PutStr(sender.IDAttribute, "3")
	list.AppendEmpty().SetEmptyExponentialHistogram().DataPoints().AppendEmpty().Attributes().PutStr(sender.IDAttribute, "4")
	list.AppendEmpty().SetEmptySummary().DataPoints().AppendEmpty().Attributes().PutStr(sender.IDAttribute, "5")
	list.AppendEmpty().SetName("empty")
	for _, marshaler := range []pmetric.Marshaler{&pmetric.ProtoMarshaler{}, &pmetric.JSONMarshaler{}} {
		data, err = marshaler.MarshalMetrics(metrics)
		require.NoError(t, err)
		decoded, err = archive.Decode(sender.Metrics, data)
		require.NoError(t, err)
		assert.Equal(t, []string{"1", "2", "3", "4", "5"}, decoded.IDs)
	}
}

func TestUnpackRefusesDamage(t *testing.T) {
	t.Parallel()
	packed := zst(t, []byte("some content that is compressed"))
	_, err := archive.Unpack(packed[:len(packed)-3])
	require.Error(t, err)
	packed = zip(t, []byte("some content"))
	_, err = archive.Unpack(packed[:len(packed)-3])
	require.Error(t, err)
}
