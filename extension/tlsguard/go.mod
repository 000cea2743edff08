module github.com/sealed-otel/otelcol-sealed/extension/tlsguard

go 1.26.0
