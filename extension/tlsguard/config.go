package tlsguard

import (
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// Config is what users write below tls_guard; every key is one of
// [rules.Policy], so that sealctl reads the same settings.
type Config struct {
	Policy rules.Policy `mapstructure:",squash"`
}

var (
	_ component.Config    = (*Config)(nil)
	_ confmap.Unmarshaler = (*Config)(nil)
)

func createDefaultConfig() component.Config {
	return &Config{Policy: rules.DefaultPolicy()}
}

// Unmarshal reads the section with the decoder that sealctl uses as well:
// the two must never disagree about what a policy says.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	policy, err := rules.DecodePolicy(conf.ToStringMap())
	if err != nil {
		return err
	}
	c.Policy = policy
	return nil
}

// Validate reports every bad entry with its path.
func (c *Config) Validate() error {
	if err := c.Policy.Problems(); err != nil {
		return fmt.Errorf("tls_guard: %w", err)
	}
	return nil
}
