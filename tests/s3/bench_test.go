package s3_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/awss3exporter"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configcompression"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/gateway"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/usage"
)

// benchTraces looks like what a gateway batches: many resources of a few
// hundred spans, each span with a handful of attributes.
func benchTraces(seed uint64, resources, spansEach int) ptrace.Traces {
	source := gateway.NewSpans(seed)
	td := ptrace.NewTraces()
	for range resources {
		source.Resource(td, spansEach)
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
	if compression != "none" {
		cfg.S3Uploader.Compression = configcompression.Type(compression)
	}
	cfg.MarshalerName = "otlp_proto"
	cfg.QueueSettings = configoptional.None[exporterhelper.QueueBatchConfig]()
	x, err := factory.CreateTraces(context.Background(), exportertest.NewNopSettings(component.MustNewType("awss3")), cfg)
	require.NoError(b, err)
	return x
}

// side is one of the two exporters and what it has used so far.
type side struct {
	name, prefix         string
	exporter             exporter.Traces
	cpu, server, elapsed time.Duration
	allocs, heap         uint64
}

// block of objects that one side writes before it is the other's turn: the
// garbage of one is mostly collected in its own turn then, and a load that
// comes and goes on the machine hits both.
const block = 8

// BenchmarkAgainstContrib writes the same batches through both exporters to the
// same MinIO (which encrypts contrib's objects under the same key by its own
// default), one object at a time and four at a time, in turns, and prints for
// each MB/s of OTLP, elapsed and by CPU time, the allocations of an object, its
// stored size, and the CPU time of the server.
//
// One op is a block of each. Uncompressed, an object is 20 MB: beyond the 16 MiB
// from which contrib's exporter makes multi-part uploads.
func BenchmarkAgainstContrib(b *testing.B) {
	server, err := minio.Start(b.Context(), minio.Options{Dir: b.TempDir(), Env: []string{"MINIO_KMS_AUTO_ENCRYPTION=on"}})
	if errors.Is(err, minio.ErrNotInstalled) {
		required.Missing(b, err.Error())
	}
	require.NoError(b, err)
	defer server.Down() // the folder goes with it
	identity, err := server.AssumeRole(b.Context(), putAnything(server.Bucket))
	require.NoError(b, err)
	b.Setenv("AWS_ACCESS_KEY_ID", identity.AccessKeyID)
	b.Setenv("AWS_SECRET_ACCESS_KEY", identity.SecretAccessKey)
	b.Setenv("AWS_SESSION_TOKEN", identity.SessionToken)
	b.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	b.Setenv("AWS_CA_BUNDLE", server.CAFile)
	var batches []ptrace.Traces
	for seed := range uint64(4) {
		batches = append(batches, benchTraces(seed, 200, 400))
	}
	size := float64((&ptrace.ProtoMarshaler{}).TracesSize(batches[0])) / 1e6
	for _, kind := range []struct{ compression, suffix string }{{"gzip", ".gz"}, {"zstd", ".zst"}, {"none", ".binpb"}} {
		for _, inFlight := range []int{1, 4} {
			b.Run(fmt.Sprintf("%s/in-flight=%d", kind.compression, inFlight), func(b *testing.B) {
				contrib := &side{name: "contrib", prefix: "contrib/", exporter: contribForBench(b, server, kind.compression)}
				sealed := &side{name: "sealed", prefix: "traces/year=", exporter: sealedForBench(b, server, kind.compression)}
				sides := []*side{contrib, sealed}
				for _, s := range sides {
					require.NoError(b, s.exporter.Start(b.Context(), componenttest.NewNopHost()))
					s.turn(b, server, batches[:inFlight]) // pools, and connections
					*s = side{name: s.name, prefix: s.prefix, exporter: s.exporter}
				}
				for b.Loop() {
					for _, s := range sides {
						s.turn(b, server, batches[:inFlight])
					}
				}
				b.ReportMetric(0, "ns/op") // both sides together: says nothing
				n := float64(b.N * block)
				for _, s := range sides {
					b.ReportMetric(size*n/s.cpu.Seconds(), s.name+"-MB/cpu-s")
					b.ReportMetric(size*n/s.elapsed.Seconds(), s.name+"-MB/s")
					b.ReportMetric(float64(s.allocs)/n, s.name+"-allocs/object")
					b.ReportMetric(float64(s.heap)/1e6/n, s.name+"-heap-MB/object")
					b.ReportMetric(meanSize(b, server, s.prefix, kind.suffix)/1e6, s.name+"-stored-MB/object")
					b.ReportMetric(s.server.Seconds()*1e3/n, s.name+"-server-cpu-ms/object")
					require.NoError(b, s.exporter.Shutdown(context.Background()))
				}
				b.ReportMetric(contrib.cpu.Seconds()/sealed.cpu.Seconds(), "cpu-ratio")
				b.ReportMetric(contrib.elapsed.Seconds()/sealed.elapsed.Seconds(), "elapsed-ratio")
			})
		}
	}
}

// turn writes a block of objects, as many at a time as there are batches.
func (s *side) turn(b *testing.B, server *minio.Server, batches []ptrace.Traces) {
	b.Helper()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	serverCPU, measured := usage.CPU(server.Pid())
	cpu, start := cpuTime(b), time.Now()
	failed := make(chan error, len(batches))
	for _, td := range batches {
		go func() {
			first := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
			for range block / len(batches) {
				// No two batches are equal in life.
				first.Attributes().PutInt("n", rand.Int64()) // no secret
				if err := s.exporter.ConsumeTraces(b.Context(), td); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range batches {
		if err := <-failed; err != nil {
			b.Fatal(err)
		}
	}
	s.elapsed += time.Since(start)
	s.cpu += cpuTime(b) - cpu
	runtime.ReadMemStats(&after)
	s.allocs += after.Mallocs - before.Mallocs
	s.heap += after.TotalAlloc - before.TotalAlloc
	if measured == nil {
		now, err := usage.CPU(server.Pid())
		require.NoError(b, err)
		s.server += now - serverCPU
	}
}

// meanSize of the stored objects of one kind.
func meanSize(b *testing.B, server *minio.Server, prefix, suffix string) float64 {
	b.Helper()
	var n, size int64
	pages := s3.NewListObjectsV2Paginator(server.Root(), &s3.ListObjectsV2Input{Bucket: aws.String(server.Bucket), Prefix: aws.String(prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(b.Context())
		require.NoError(b, err)
		for _, object := range page.Contents {
			if strings.HasSuffix(aws.ToString(object.Key), suffix) {
				n++
				size += aws.ToInt64(object.Size)
			}
		}
	}
	require.NotZero(b, n)
	return float64(size) / float64(n)
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
