module github.com/sealed-otel/otelcol-sealed/internal/tools

go 1.26.0
