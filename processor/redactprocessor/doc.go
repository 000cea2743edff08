//go:generate mdatagen metadata.yaml

// Package redactprocessor redacts telemetry in the Collector: it walks every
// place of traces, logs and metrics that can hold text or a number, and asks
// the engine of package redact what to do with it.
package redactprocessor
