package ssekmsexporter

import (
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/testdata"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// BenchmarkBuild renders a batch of each signal into the body of an object:
// marshal, compress, hash. No network.
func BenchmarkBuild(b *testing.B) {
	batches := map[string]batch{
		signalTraces:  newTracesBatch(testdata.GenerateTraces(10_000)),
		signalMetrics: newMetricsBatch(testdata.GenerateMetrics(10_000)),
		signalLogs:    newLogsBatch(testdata.GenerateLogs(10_000)),
	}
	r := startRig(b, stubConfig(s3stub.New(b)))
	for _, signal := range []string{signalTraces, signalMetrics, signalLogs} {
		b.Run(signal, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				o, err := r.engine.build(batches[signal], "", time.Now(), 1<<30)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(o.body.raw)
				o.body.release()
			}
		})
	}
}
