// Package batchperresourceattr stands in for contrib's package of that name,
// which the module proxy does not hold at v0.158.0. contrib's awss3 exporter
// calls it to split by a resource attribute; the benchmark configures none, and
// then there is nothing to split. With an attribute it refuses, because it
// cannot do what the real one does.
package batchperresourceattr

import "go.opentelemetry.io/collector/consumer"

func must(attribute string) {
	if attribute != "" {
		panic("the stand-in splits by no attribute")
	}
}

// NewBatchPerResourceTraces passes everything on.
func NewBatchPerResourceTraces(attribute string, next consumer.Traces) consumer.Traces {
	must(attribute)
	return next
}

// NewBatchPerResourceMetrics passes everything on.
func NewBatchPerResourceMetrics(attribute string, next consumer.Metrics) consumer.Metrics {
	must(attribute)
	return next
}

// NewBatchPerResourceLogs passes everything on.
func NewBatchPerResourceLogs(attribute string, next consumer.Logs) consumer.Logs {
	must(attribute)
	return next
}
