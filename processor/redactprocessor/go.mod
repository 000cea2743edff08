module github.com/sealed-otel/otelcol-sealed/processor/redactprocessor

go 1.26.0

require (
	github.com/sealed-otel/otelcol-sealed/redact v0.1.0
)

replace (
	github.com/sealed-otel/otelcol-sealed/redact => ../../redact
)
