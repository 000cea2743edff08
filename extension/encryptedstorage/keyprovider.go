package encryptedstorage

import (
	"context"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/awskms"
	"github.com/sealed-otel/otelcol-sealed/envelope/keyfile"
	"github.com/sealed-otel/otelcol-sealed/envelope/kmsv2"
)

// newProvider makes the provider that the configuration names. stop ends what
// it holds open.
func newProvider(ctx context.Context, cfg *Config) (p envelope.Provider, stop func() error, err error) {
	stop = func() error { return nil }
	switch keys := cfg.Keys; {
	case keys.AWSKMS.HasValue():
		p, err = awskms.New(ctx, keys.AWSKMS.Get().settings())
	case keys.KMSPlugin.HasValue():
		plugin, perr := kmsv2.New(keys.KMSPlugin.Get().settings())
		if perr != nil {
			return nil, nil, perr
		}
		return plugin, plugin.Close, nil
	default:
		p, err = keyfile.New(keyfile.Settings{Path: keys.KeyFile.Get().Path, SpoolDirectory: cfg.Directory})
	}
	return p, stop, err
}
