package redact

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor"
	"github.com/sealed-otel/otelcol-sealed/tests/redact/traffic"
)

// batch is the number of spans, records or points of one batch.
const batch = 1000

// side measures both processors on copies of one batch. The copies are made
// outside of the timed part; each round runs the peer once and ours ten times,
// so that both clocks see enough work.
func side(b *testing.B, bytes int, peer, ours func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var peerTime, ourTime time.Duration
	const rounds = 10
	peer()
	ours()
	b.ResetTimer()
	for range b.N {
		peerTime += measure(peer)
		for range rounds {
			ourTime += measure(ours)
		}
	}
	b.StopTimer()
	perPeer := float64(peerTime.Nanoseconds()) / float64(b.N)
	perOurs := float64(ourTime.Nanoseconds()) / float64(b.N*rounds)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(perPeer/batch, "peer-ns/item")
	b.ReportMetric(perOurs/batch, "ours-ns/item")
	b.ReportMetric(perPeer/perOurs, "times-faster")
	b.ReportMetric(float64(bytes)/perOurs*1e3, "ours-MB/s")
}

// timed is set by the function under measure around what counts.
var timed time.Duration

func measure(f func()) time.Duration {
	timed = 0
	f()
	return timed
}

func matrix(b *testing.B, run func(b *testing.B, n, share int)) {
	for _, n := range []int{20, 5} {
		for _, share := range []int{0, 2, 20} {
			b.Run(fmt.Sprintf("patterns=%d/hits=%d%%", n, share), func(b *testing.B) { run(b, n, share) })
		}
	}
}

func BenchmarkTraces(b *testing.B) {
	matrix(b, func(b *testing.B, n, share int) {
		td := traffic.New(1, share).Traces(batch)
		bytes := len(must(new(ptrace.ProtoMarshaler).MarshalTraces(td)))
		run := func(consume func(context.Context, ptrace.Traces) error, reset func()) func() {
			return func() {
				in := ptrace.NewTraces()
				td.CopyTo(in)
				start := clock()
				err := consume(context.Background(), in)
				timed += clock() - start
				reset()
				require.NoError(b, err)
			}
		}
		ps, os := new(consumertest.TracesSink), new(consumertest.TracesSink)
		p := startTraces(b, contrib.NewFactory(), contribConfig(n), ps)
		o := startTraces(b, redactprocessor.NewFactory(), ourConfig(n), os)
		side(b, bytes, run(p.ConsumeTraces, ps.Reset), run(o.ConsumeTraces, os.Reset))
	})
}

func BenchmarkLogs(b *testing.B) {
	matrix(b, func(b *testing.B, n, share int) {
		ld := traffic.New(1, share).Logs(batch)
		bytes := len(must(new(plog.ProtoMarshaler).MarshalLogs(ld)))
		run := func(consume func(context.Context, plog.Logs) error, reset func()) func() {
			return func() {
				in := plog.NewLogs()
				ld.CopyTo(in)
				start := clock()
				err := consume(context.Background(), in)
				timed += clock() - start
				reset()
				require.NoError(b, err)
			}
		}
		ps, os := new(consumertest.LogsSink), new(consumertest.LogsSink)
		p := startLogs(b, contrib.NewFactory(), contribConfig(n), ps)
		o := startLogs(b, redactprocessor.NewFactory(), ourConfig(n), os)
		side(b, bytes, run(p.ConsumeLogs, ps.Reset), run(o.ConsumeLogs, os.Reset))
	})
}

func BenchmarkMetrics(b *testing.B) {
	matrix(b, func(b *testing.B, n, share int) {
		md := traffic.New(1, share).Metrics(batch)
		bytes := len(must(new(pmetric.ProtoMarshaler).MarshalMetrics(md)))
		run := func(consume func(context.Context, pmetric.Metrics) error, reset func()) func() {
			return func() {
				in := pmetric.NewMetrics()
				md.CopyTo(in)
				start := clock()
				err := consume(context.Background(), in)
				timed += clock() - start
				reset()
				require.NoError(b, err)
			}
		}
		ps, os := new(consumertest.MetricsSink), new(consumertest.MetricsSink)
		p := startMetrics(b, contrib.NewFactory(), contribConfig(n), ps)
		o := startMetrics(b, redactprocessor.NewFactory(), ourConfig(n), os)
		side(b, bytes, run(p.ConsumeMetrics, ps.Reset), run(o.ConsumeMetrics, os.Reset))
	})
}

// BenchmarkStandard measures the built-in policy, with every key rule and
// detector group but network, beside the peer's twenty patterns.
func BenchmarkStandard(b *testing.B) {
	for _, share := range []int{0, 2, 20} {
		b.Run(fmt.Sprintf("logs/hits=%d%%", share), func(b *testing.B) {
			ld := traffic.New(1, share).Logs(batch)
			bytes := len(must(new(plog.ProtoMarshaler).MarshalLogs(ld)))
			run := func(consume func(context.Context, plog.Logs) error, reset func()) func() {
				return func() {
					in := plog.NewLogs()
					ld.CopyTo(in)
					start := clock()
					err := consume(context.Background(), in)
					timed += clock() - start
					reset()
					require.NoError(b, err)
				}
			}
			ps, os := new(consumertest.LogsSink), new(consumertest.LogsSink)
			p := startLogs(b, contrib.NewFactory(), contribConfig(20), ps)
			o := startLogs(b, redactprocessor.NewFactory(), ourConfig(0), os)
			side(b, bytes, run(p.ConsumeLogs, ps.Reset), run(o.ConsumeLogs, os.Reset))
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
