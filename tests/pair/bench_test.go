package pair

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/quickstart"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/usage"
)

// pass is what one collector needed for the whole load.
type pass struct {
	cpu, elapsed time.Duration
	// Bytes of resident memory: all of it, and what is no page of a file.
	peak, anonymous int64
	stored          stored
	writes          map[string]int
}

// contender is one of the two collectors.
type contender struct {
	binary, config, prefix string
	fsync                  string
	// overlay replaces the queue's defaults; none if empty.
	overlay string
	// identity is what the store lets it do.
	identity func(context.Context, *minio.Server) (map[string]string, error)
}

// BenchmarkPair sends the same spans over OTLP/gRPC with mutual TLS to both
// built collectors, one after the other, each with a persistent queue of the
// same settings and a fresh MinIO over TLS behind it, and takes the CPU time
// of the collector's process, user and system, from the moment it is ready
// until every span can be read back from the store, and the most memory that it
// had until then. MinIO encrypts the peer's
// objects under the same key by its own default.
//
// Both storages with fsync, then both without. PAIR_SPANS is the number of
// spans in a pass.
func BenchmarkPair(b *testing.B) {
	l, binary, other := prepare(b)
	for _, fsync := range []struct{ name, sealed, contrib string }{{"on", "on_insert", "true"}, {"off", "never", "false"}} {
		b.Run("fsync="+fsync.name, func(b *testing.B) {
			var sealed, contrib pass
			for b.Loop() {
				contrib.add(run(b, l, contender{binary: other, config: "contrib.yaml", overlay: "contrib-batch.yaml", prefix: "contrib/", fsync: fsync.contrib, identity: putter}))
				sealed.add(run(b, l, contender{binary: binary, config: "sealed.yaml", overlay: "sealed-batch.yaml", prefix: "sealed/year=", fsync: fsync.sealed, identity: writeOnly}))
			}
			n := float64(b.N * l.spans)
			b.ReportMetric(0, "ns/op") // both passes and two servers: says nothing
			b.ReportMetric(contrib.cpu.Seconds()*1e6/n, "contrib-cpu-µs/span")
			b.ReportMetric(sealed.cpu.Seconds()*1e6/n, "sealed-cpu-µs/span")
			b.ReportMetric(contrib.cpu.Seconds()/sealed.cpu.Seconds(), "cpu-ratio")
			b.ReportMetric(n/contrib.elapsed.Seconds(), "contrib-spans/s")
			b.ReportMetric(n/sealed.elapsed.Seconds(), "sealed-spans/s")
			b.ReportMetric(float64(contrib.peak)/1e6, "contrib-peak-MB")
			b.ReportMetric(float64(sealed.peak)/1e6, "sealed-peak-MB")
			b.ReportMetric(float64(contrib.anonymous)/1e6, "contrib-anonymous-MB")
			b.ReportMetric(float64(sealed.anonymous)/1e6, "sealed-anonymous-MB")
		})
	}
}

// BenchmarkObjectsPerGB sends the same spans to both collectors with the queue
// as each ships it and counts, at the server, the objects and the requests that
// make S3 call KMS under SSE-KMS without bucket keys. A canary is one of ours.
func BenchmarkObjectsPerGB(b *testing.B) {
	l, binary, other := prepare(b)
	var sealed, contrib pass
	for b.Loop() {
		contrib = run(b, l, contender{binary: other, config: "contrib.yaml", prefix: "contrib/", fsync: "true", identity: putter})
		sealed = run(b, l, contender{binary: binary, config: "sealed.yaml", prefix: "sealed/year=", fsync: "on_insert", identity: writeOnly})
	}
	gb := float64(l.bytes) / 1e9
	b.ReportMetric(0, "ns/op") // flush timeouts: says nothing
	b.ReportMetric(float64(contrib.stored.objects)/gb, "contrib-objects/GB")
	b.ReportMetric(float64(sealed.stored.objects)/gb, "sealed-objects/GB")
	b.ReportMetric(float64(contrib.requests())/gb, "contrib-kms/GB")
	b.ReportMetric(float64(sealed.requests())/gb, "sealed-kms/GB")
}

// requests that make S3 call KMS.
func (p pass) requests() int {
	n := 0
	for _, count := range p.writes {
		n += count
	}
	return n
}

// prepare finds and builds what a benchmark runs.
func prepare(b *testing.B) (l load, binary, other string) {
	b.Helper()
	binary, err := collector.Find()
	if err != nil {
		required.Missing(b, err.Error())
	}
	if _, err := minio.Find(); err != nil {
		required.Missing(b, err.Error())
	}
	spans := 200_000
	if text := os.Getenv("PAIR_SPANS"); text != "" {
		spans, err = strconv.Atoi(text)
		require.NoError(b, err, "PAIR_SPANS")
	}
	return newLoad(spans), binary, peer(b)
}

func (p *pass) add(other pass) {
	p.cpu += other.cpu
	p.elapsed += other.elapsed
	p.peak = max(p.peak, other.peak)
	p.anonymous = max(p.anonymous, other.anonymous)
}

// writeOnly can store under the key, and nothing else.
func writeOnly(ctx context.Context, server *minio.Server) (map[string]string, error) {
	identity, err := server.WriteOnly(ctx, minio.KeyARN)
	return map[string]string{
		"AWS_ACCESS_KEY_ID": identity.AccessKeyID, "AWS_SECRET_ACCESS_KEY": identity.SecretAccessKey, "AWS_SESSION_TOKEN": identity.SessionToken,
	}, err
}

// putter can store anything: contrib's exporter names no key, so the deny
// statements of a write-only identity would refuse it.
func putter(ctx context.Context, server *minio.Server) (map[string]string, error) {
	identity, err := server.AssumeRole(ctx, map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Effect": "Allow", "Action": []string{"s3:PutObject", "s3:AbortMultipartUpload"}, "Resource": "arn:aws:s3:::" + server.Bucket + "/*",
		}},
	})
	return map[string]string{
		"AWS_ACCESS_KEY_ID": identity.AccessKeyID, "AWS_SECRET_ACCESS_KEY": identity.SecretAccessKey, "AWS_SESSION_TOKEN": identity.SessionToken,
	}, err
}

// run takes one collector through the whole load.
func run(b *testing.B, l load, c contender) pass {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	dir := b.TempDir()
	store := filepath.Join(dir, "store")
	require.NoError(b, os.Mkdir(store, 0o700))
	server, err := minio.Start(ctx, minio.Options{Dir: store, Env: []string{"MINIO_KMS_AUTO_ENCRYPTION=on", minio.CountRequests}})
	require.NoError(b, err)
	defer server.Down() // its folder goes with it
	identity, err := c.identity(ctx, server)
	require.NoError(b, err)

	own := filepath.Join(dir, "site")
	require.NoError(b, os.Mkdir(own, 0o700))
	site, err := quickstart.New(own)
	require.NoError(b, err)
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + own, "TMPDIR=" + own, "AWS_EC2_METADATA_DISABLED=true", "AWS_CA_BUNDLE=" + server.CAFile,
		"PAIR_GRPC=" + site.GRPC, "PAIR_TLS=" + site.TLS, "PAIR_METRICS_PORT=" + strconv.Itoa(collector.Port(site.Metrics)),
		"PAIR_SPOOL=" + site.Spool, "PAIR_SPOOL_KEY=" + site.Key, "PAIR_FSYNC=" + c.fsync,
		"PAIR_BUCKET=" + server.Bucket, "PAIR_S3_ENDPOINT=" + server.Endpoint, "PAIR_S3_CA=" + server.CAFile, "PAIR_KMS_KEY=" + minio.KeyARN,
	}
	for name, value := range identity {
		env = append(env, name+"="+value)
	}
	configs := []string{filepath.Join("testdata", "common.yaml"), filepath.Join("testdata", c.config)}
	if c.overlay != "" {
		configs = append(configs, filepath.Join("testdata", c.overlay))
	}
	process, err := collector.Start(ctx, collector.Options{
		Binary: c.binary, Env: env, Log: filepath.Join(own, "collector.log"), Listens: []string{site.GRPC}, Configs: configs,
	})
	require.NoError(b, err)
	defer process.Kill() // stopped below unless the pass failed

	before, err := usage.CPU(process.Pid())
	if err != nil {
		b.Skip(err)
	}
	memory := usage.WatchAnonymous(process.Pid())
	stopped := false
	defer func() {
		if !stopped {
			memory.Stop()
		}
	}()
	start := time.Now()
	err = l.send(ctx, site.GRPC, site.Authority.ClientTLS(site.Client))
	log, _ := process.Log()
	require.NoError(b, err, "collector says:\n%s", log)
	var p pass
	p.stored, err = awaitStored(ctx, server, c.prefix, l.spans)
	log, _ = process.Log()
	require.NoError(b, err, "collector says:\n%s", log)
	p.elapsed = time.Since(start)
	after, err := usage.CPU(process.Pid())
	require.NoError(b, err)
	p.cpu = after - before
	stopped, p.anonymous = true, memory.Stop()
	p.peak, err = usage.PeakMemory(process.Pid())
	require.NoError(b, err)
	require.Equal(b, l.spans, p.stored.spans, "each span is stored once")
	p.writes, err = server.Writes(ctx)
	require.NoError(b, err)
	b.Logf("%s fsync %s: %.2f µs of CPU per span, %d objects of %.1f MB for %.1f MB of OTLP, writes %v",
		c.config, c.fsync, p.cpu.Seconds()*1e6/float64(l.spans), p.stored.objects, float64(p.stored.bytes)/1e6, float64(l.bytes)/1e6, p.writes)
	require.NoError(b, process.Stop())
	return p
}
