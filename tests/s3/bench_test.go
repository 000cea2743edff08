package s3_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/awss3exporter"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configcompression"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
)

// benchTraces looks like what a gateway batches: many resources of a few
// hundred spans, each span with a handful of attributes.
func benchTraces(resources, spansEach int) ptrace.Traces {
	random := rand.New(rand.NewPCG(1, 2))
	routes := []string{"/cart", "/checkout", "/login", "/search", "/product/{id}", "/health"}
	td := ptrace.NewTraces()
	start := time.Now()
	for r := range resources {
		rs := td.ResourceSpans().AppendEmpty()
		attrs := rs.Resource().Attributes()
		attrs.PutStr("service.name", fmt.Sprintf("service-%d", r%20))
		attrs.PutStr("k8s.pod.name", fmt.Sprintf("service-%d-%08x", r%20, random.Uint32()))
		attrs.PutStr("host.name", fmt.Sprintf("node-%d", r%7))
		list := rs.ScopeSpans().AppendEmpty().Spans()
		for range spansEach {
			span := list.AppendEmpty()
			var trace pcommon.TraceID
			var id pcommon.SpanID
			for i := range trace {
				trace[i] = byte(random.Uint32())
			}
			for i := range id {
				id[i] = byte(random.Uint32())
			}
			span.SetTraceID(trace)
			span.SetSpanID(id)
			span.SetName("GET " + routes[random.IntN(len(routes))])
			span.SetKind(ptrace.SpanKindServer)
			at := start.Add(time.Duration(random.IntN(1e9)))
			span.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
			span.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Duration(random.IntN(1e8)))))
			a := span.Attributes()
			a.PutStr("http.request.method", "GET")
			a.PutStr("url.path", routes[random.IntN(len(routes))])
			a.PutInt("http.response.status_code", int64(200+random.IntN(4)))
			a.PutStr("client.address", fmt.Sprintf("10.0.%d.%d", random.IntN(256), random.IntN(256)))
			a.PutStr("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)")
		}
	}
	return td
}

func sealedForBench(b *testing.B, server *minio.Server, compression string) exporter.Traces {
	cfg := configFor(server)
	cfg.Compression = ssekmsexporter.Compression(compression)
	cfg.Queue = configoptional.None[exporterhelper.QueueBatchConfig]()
	x, err := ssekmsexporter.NewFactory().CreateTraces(context.Background(), exportertest.NewNopSettings(component.MustNewType("s3_sse_kms")), cfg)
	require.NoError(b, err)
	return x
}

func contribForBench(b *testing.B, server *minio.Server, compression string) exporter.Traces {
	factory := awss3exporter.NewFactory()
	cfg := factory.CreateDefaultConfig().(*awss3exporter.Config)
	cfg.S3Uploader.Region = minio.Region
	cfg.S3Uploader.S3Bucket = server.Bucket
	cfg.S3Uploader.S3Prefix = "contrib"
	cfg.S3Uploader.Endpoint = server.Endpoint
	cfg.S3Uploader.S3ForcePathStyle = true
	cfg.S3Uploader.Compression = configcompression.Type(compression)
	cfg.MarshalerName = "otlp_proto"
	cfg.QueueSettings = configoptional.None[exporterhelper.QueueBatchConfig]()
	x, err := factory.CreateTraces(context.Background(), exportertest.NewNopSettings(component.MustNewType("awss3")), cfg)
	require.NoError(b, err)
	return x
}

// BenchmarkAgainstContrib writes the same batch through both exporters to the
// same MinIO (which encrypts contrib's objects under the same key by its own
// default), one object a time, and prints MB/s of OTLP and the allocations of
// each object.
func BenchmarkAgainstContrib(b *testing.B) {
	server, err := minio.Start(b.Context(), minio.Options{Dir: b.TempDir(), Env: []string{"MINIO_KMS_AUTO_ENCRYPTION=on"}})
	if err != nil {
		b.Skip(err)
	}
	defer server.Down() // the folder goes with it
	identity, err := server.AssumeRole(b.Context(), putAnything(server.Bucket))
	require.NoError(b, err)
	b.Setenv("AWS_ACCESS_KEY_ID", identity.AccessKeyID)
	b.Setenv("AWS_SECRET_ACCESS_KEY", identity.SecretAccessKey)
	b.Setenv("AWS_SESSION_TOKEN", identity.SessionToken)
	b.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	b.Setenv("AWS_CA_BUNDLE", server.CAFile)
	td := benchTraces(200, 400)
	size := (&ptrace.ProtoMarshaler{}).TracesSize(td)
	for _, compression := range []string{"gzip", "zstd"} {
		for name, create := range map[string]func(*testing.B, *minio.Server, string) exporter.Traces{"contrib": contribForBench, "sealed": sealedForBench} {
			b.Run(compression+"/"+name, func(b *testing.B) {
				x := create(b, server, compression)
				require.NoError(b, x.Start(b.Context(), componenttest.NewNopHost()))
				require.NoError(b, x.ConsumeTraces(b.Context(), td))
				b.SetBytes(int64(size))
				b.ReportAllocs()
				runtime.GC()
				b.ResetTimer()
				before := cpuTime(b)
				first := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
				for i := range b.N {
					// No two batches are equal in life.
					first.Attributes().PutStr("n", fmt.Sprintf("%s %d %d", name, b.N, i))
					if err := x.ConsumeTraces(b.Context(), td); err != nil {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				b.ReportMetric(float64(size)/1e6*float64(b.N)/(cpuTime(b)-before).Seconds(), "MB/cpu-s")
				require.NoError(b, x.Shutdown(context.Background()))
			})
		}
	}
}

// putAnything lets an identity put objects and nothing else: contrib names no
// key, so the deny statements of a write-only identity would refuse it.
func putAnything(bucket string) map[string]any {
	return map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Effect": "Allow", "Action": []string{"s3:PutObject", "s3:AbortMultipartUpload"}, "Resource": "arn:aws:s3:::" + bucket + "/*",
		}},
	}
}
