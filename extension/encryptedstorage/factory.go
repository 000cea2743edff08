package encryptedstorage

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/internal/metadata"
)

// NewFactory returns the factory of the encrypted_storage extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, createDefaultConfig,
		func(_ context.Context, set extension.Settings, cfg component.Config) (extension.Extension, error) {
			return newStore(set, cfg.(*Config))
		}, metadata.ExtensionStability)
}
