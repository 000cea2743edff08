package tlsguard

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/internal/metadata"
)

// NewFactory returns the factory of the tls_guard extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig, create, metadata.ExtensionStability)
}

func create(_ context.Context, settings extension.Settings, config component.Config) (extension.Extension, error) {
	return newGuard(settings, config.(*Config)), nil
}
