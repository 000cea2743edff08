module github.com/sealed-otel/otelcol-sealed/tests

go 1.26.0
