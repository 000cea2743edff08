module github.com/sealed-otel/otelcol-sealed/redact

go 1.26.0
