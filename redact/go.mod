module github.com/sealed-otel/otelcol-sealed/redact

go 1.26.0

require github.com/stretchr/testify v1.12.1

require go.yaml.in/yaml/v3 v3.0.6 // indirect
