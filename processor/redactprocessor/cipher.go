package redactprocessor

import (
	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor/aessiv"
	"github.com/sealed-otel/otelcol-sealed/redact"
)

func newCipher(key []byte) (redact.DeterministicCipher, error) {
	return aessiv.New(key)
}
