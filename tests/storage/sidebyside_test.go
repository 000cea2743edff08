package storage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// BenchmarkSideBySide fills and drains a small backlog in one store and then in
// the other, b.N rounds, and reports the median of the rounds' ratios: what
// else the machine and its disk do changes from second to second, and weighs
// on both of a round alike. Use -benchtime 15x.
func BenchmarkSideBySide(b *testing.B) {
	for _, c := range []struct{ size, items int }{{4 << 10, 1000}, {64 << 10, 300}, {512 << 10, 60}} {
		value := payload(c.size)
		for i, fsync := range []string{"on", "off"} {
			b.Run(fmt.Sprintf("size=%dKiB/fsync=%s", c.size>>10, fsync), func(b *testing.B) {
				var total [2]time.Duration
				var ratios []float64
				for round := range b.N {
					var took [2]time.Duration
					for k := range took {
						which := (round + k) % 2 // neither is always the first
						took[which] = fillThenDrain(b, stores[2*i+which].open, value, c.items)
						total[which] += took[which]
					}
					ratios = append(ratios, took[0].Seconds()/took[1].Seconds())
				}
				slices.Sort(ratios)
				items := float64(b.N * c.items)
				b.ReportMetric(items/total[0].Seconds(), "file_storage/s")
				b.ReportMetric(items/total[1].Seconds(), "encrypted/s")
				b.ReportMetric(ratios[len(ratios)/2], "median-ratio")
				b.ReportMetric(0, "ns/op") // of both together: says nothing
			})
		}
	}
}

// fillThenDrain is the time for n items in and out of a new store, without the
// time to open and close it.
func fillThenDrain(b *testing.B, open func(testing.TB) (storage.Client, func()), value []byte, n int) time.Duration {
	c, closeAll := open(b)
	defer closeAll()
	q := &queue{c: c}
	start := time.Now()
	for range n {
		q.put(b, value)
	}
	for range n {
		q.done(b, q.take(b))
	}
	return time.Since(start)
}
