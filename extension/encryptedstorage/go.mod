module github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage

go 1.26.0

require (
	github.com/sealed-otel/otelcol-sealed/envelope v0.1.0
)

replace (
	github.com/sealed-otel/otelcol-sealed/envelope => ../../envelope
)
