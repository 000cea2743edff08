package encryptedstorage

import (
	"context"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/awskms"
	"github.com/sealed-otel/otelcol-sealed/envelope/keyfile"
)

// newProvider makes the provider that the configuration names.
func newProvider(ctx context.Context, cfg *Config) (envelope.Provider, error) {
	if k := cfg.Keys.AWSKMS; k.HasValue() {
		return awskms.New(ctx, k.Get().settings())
	}
	return keyfile.New(keyfile.Settings{Path: cfg.Keys.KeyFile.Get().Path, SpoolDirectory: cfg.Directory})
}
