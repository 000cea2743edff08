package redact

import (
	"context"
	"fmt"
	"math"
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

const (
	// batch is the number of spans, records or points of one batch.
	batch = 1000
	// peerRounds and ourRounds are how often each runs before it is the other's
	// turn, so that both have a chance of an undisturbed batch.
	peerRounds, ourRounds = 2, 10
)

// arm is one of the two processors of a comparison.
type arm[T any] struct {
	consume func(context.Context, T) error
	reset   func()
}

// best returns the CPU time of the fastest of n batches: what others on the
// machine add is not the processor's. Before the clock starts garbage is
// collected and the batch copied, in this order: a processor pays for what it
// allocates itself, and finds the batch as a receiver that has just decoded it
// leaves it.
func (a arm[T]) best(b *testing.B, n int, copied func() T) time.Duration {
	b.Helper()
	least := time.Duration(math.MaxInt64)
	for range n {
		runtime.GC()
		in := copied()
		start := clock()
		err := a.consume(context.Background(), in)
		least = min(least, clock()-start)
		if err != nil {
			b.Fatal(err)
		}
		a.reset()
	}
	return least
}

// side measures both processors on copies of one batch of that many bytes, in
// turns.
func side[T any](b *testing.B, bytes int, copied func() T, peer, ours arm[T]) {
	b.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	perPeer, perOurs := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	b.ResetTimer()
	for range b.N {
		perPeer = min(perPeer, peer.best(b, peerRounds, copied))
		perOurs = min(perOurs, ours.best(b, ourRounds, copied))
	}
	b.StopTimer()
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(perPeer.Nanoseconds())/batch, "peer-ns/item")
	b.ReportMetric(float64(perOurs.Nanoseconds())/batch, "ours-ns/item")
	b.ReportMetric(float64(perPeer)/float64(perOurs), "times-faster")
	b.ReportMetric(float64(bytes)/float64(perOurs.Nanoseconds())*1e3, "ours-MB/s")
}

func matrix(b *testing.B, run func(b *testing.B, patterns, share int)) {
	for _, n := range []int{20, 5} {
		for _, share := range []int{0, 2, 20} {
			b.Run(fmt.Sprintf("patterns=%d/hits=%d%%", n, share), func(b *testing.B) { run(b, n, share) })
		}
	}
}

func sideTraces(b *testing.B, theirs *contrib.Config, own *redactprocessor.Config, share int) {
	td := traffic.New(1, share).Traces(batch)
	ps, os := new(consumertest.TracesSink), new(consumertest.TracesSink)
	side(b, new(ptrace.ProtoMarshaler).TracesSize(td), func() ptrace.Traces {
		out := ptrace.NewTraces()
		td.CopyTo(out)
		return out
	},
		arm[ptrace.Traces]{startTraces(b, contrib.NewFactory(), theirs, ps).ConsumeTraces, ps.Reset},
		arm[ptrace.Traces]{startTraces(b, redactprocessor.NewFactory(), own, os).ConsumeTraces, os.Reset})
}

func sideLogs(b *testing.B, theirs *contrib.Config, own *redactprocessor.Config, share int) {
	ld := traffic.New(1, share).Logs(batch)
	ps, os := new(consumertest.LogsSink), new(consumertest.LogsSink)
	side(b, new(plog.ProtoMarshaler).LogsSize(ld), func() plog.Logs {
		out := plog.NewLogs()
		ld.CopyTo(out)
		return out
	},
		arm[plog.Logs]{startLogs(b, contrib.NewFactory(), theirs, ps).ConsumeLogs, ps.Reset},
		arm[plog.Logs]{startLogs(b, redactprocessor.NewFactory(), own, os).ConsumeLogs, os.Reset})
}

func sideMetrics(b *testing.B, theirs *contrib.Config, own *redactprocessor.Config, share int) {
	md := traffic.New(1, share).Metrics(batch)
	ps, os := new(consumertest.MetricsSink), new(consumertest.MetricsSink)
	side(b, new(pmetric.ProtoMarshaler).MetricsSize(md), func() pmetric.Metrics {
		out := pmetric.NewMetrics()
		md.CopyTo(out)
		return out
	},
		arm[pmetric.Metrics]{startMetrics(b, contrib.NewFactory(), theirs, ps).ConsumeMetrics, ps.Reset},
		arm[pmetric.Metrics]{startMetrics(b, redactprocessor.NewFactory(), own, os).ConsumeMetrics, os.Reset})
}

func BenchmarkTraces(b *testing.B) {
	matrix(b, func(b *testing.B, n, share int) { sideTraces(b, contribConfig(n), ourConfig(n), share) })
}

func BenchmarkLogs(b *testing.B) {
	matrix(b, func(b *testing.B, n, share int) { sideLogs(b, contribConfig(n), ourConfig(n), share) })
}

func BenchmarkMetrics(b *testing.B) {
	matrix(b, func(b *testing.B, n, share int) { sideMetrics(b, contribConfig(n), ourConfig(n), share) })
}

// BenchmarkStandard measures the built-in policy, with every key rule and
// detector group but network, beside the peer's twenty patterns.
func BenchmarkStandard(b *testing.B) {
	for _, share := range []int{0, 2, 20} {
		b.Run(fmt.Sprintf("traces/hits=%d%%", share), func(b *testing.B) { sideTraces(b, contribConfig(20), ourConfig(0), share) })
		b.Run(fmt.Sprintf("logs/hits=%d%%", share), func(b *testing.B) { sideLogs(b, contribConfig(20), ourConfig(0), share) })
	}
}

// BenchmarkOurs measures our processor alone, for profiles.
func BenchmarkOurs(b *testing.B) {
	for _, share := range []int{0, 20} {
		b.Run(fmt.Sprintf("traces/hits=%d%%", share), func(b *testing.B) {
			td := traffic.New(1, share).Traces(batch)
			sink := new(consumertest.TracesSink)
			p := startTraces(b, redactprocessor.NewFactory(), ourConfig(20), sink)
			in := make([]ptrace.Traces, 50)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%len(in) == 0 {
					b.StopTimer()
					sink.Reset()
					for k := range in {
						in[k] = ptrace.NewTraces()
						td.CopyTo(in[k])
					}
					runtime.GC()
					b.StartTimer()
				}
				require.NoError(b, p.ConsumeTraces(context.Background(), in[i%len(in)]))
			}
		})
	}
}
