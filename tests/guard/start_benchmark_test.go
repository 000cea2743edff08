package guard

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
)

var (
	serviceStarts = regexp.MustCompile(`(?m)^(\S+)\t\S+\t\S+\tStarting otelcol-sealed\.\.\.`)
	serviceRuns   = regexp.MustCompile(`(?m)^(\S+)\t\S+\t\S+\tEverything is ready`)
)

// BenchmarkStartOfTwentyReceivers starts the built collector with and without
// the guard in turn, and reports the median time from the service's first line
// to its last: what the guard adds is the difference.
func BenchmarkStartOfTwentyReceivers(b *testing.B) {
	needCollector(b)
	s := newSite(b)
	var receivers, names strings.Builder
	addresses, err := collector.FreeAddresses(20)
	require.NoError(b, err)
	for i, address := range addresses {
		protocol := []string{"grpc", "http"}[i%2]
		fmt.Fprintf(&receivers, "  otlp/%d: {protocols: {%s: {endpoint: \"%s\", tls: %s}}}\n", i, protocol, address, tlsServer)
		fmt.Fprintf(&names, "otlp/%d, ", i)
	}
	config := s.fill("receivers:\n"+receivers.String()+"exporters: {nop: {}}\nservice:\n  telemetry: {metrics: {level: none}}\n  pipelines: {traces: {receivers: ["+strings.TrimSuffix(names.String(), ", ")+"], exporters: [nop]}}\n", "")
	start := func(env ...string) time.Duration {
		options := s.options(b, config)
		options.Env = env
		options.Log = s.dir + "/log-" + fmt.Sprint(time.Now().UnixNano())
		ctx, cancel := context.WithTimeout(b.Context(), 2*time.Minute)
		defer cancel()
		c, err := collector.Start(ctx, options)
		require.NoError(b, err)
		log, err := c.Log()
		require.NoError(b, err)
		require.NoError(b, c.Kill())
		at := func(line *regexp.Regexp) time.Time {
			match := line.FindSubmatch(log)
			require.NotNil(b, match, "%s", log)
			when, err := time.Parse("2006-01-02T15:04:05.000Z0700", string(match[1]))
			require.NoError(b, err)
			return when
		}
		return at(serviceRuns).Sub(at(serviceStarts))
	}
	var with, without []time.Duration
	for b.Loop() {
		with = append(with, start())
		without = append(without, start("OTELCOL_SEALED_UNGUARDED=1"))
	}
	median := func(all []time.Duration) float64 {
		slices.Sort(all)
		return float64(all[len(all)/2].Milliseconds())
	}
	b.ReportMetric(median(with), "guarded-ms")
	b.ReportMetric(median(without), "unguarded-ms")
	b.ReportMetric(median(with)-median(without), "guard-ms")
}
