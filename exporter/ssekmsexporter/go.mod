module github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter

go 1.26.0
