module github.com/sealed-otel/otelcol-sealed/envelope

go 1.26.0
