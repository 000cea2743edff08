package redactprocessor

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/sealed-otel/otelcol-sealed/redact"
)

// Config is what users write under processors::redact.
type Config struct {
	// Policy is the policy document. Without one the built-in policy standard
	// is in force.
	Policy map[string]any `mapstructure:"policy"`

	// Catalog writes which fields were seen and which were redacted.
	Catalog CatalogConfig `mapstructure:"catalog"`

	// MetricsLevel is normal or detailed: detailed adds detector and location
	// to the counts of redactions.
	MetricsLevel MetricsLevel `mapstructure:"metrics_level"`
}

// CatalogConfig configures the observed catalogue.
type CatalogConfig struct {
	// File is where the catalogue is written; empty means nowhere.
	File string `mapstructure:"file"`
	// Interval is the time between two writes.
	Interval time.Duration `mapstructure:"interval"`
	// MaxFields bounds the number of keys that are observed.
	MaxFields int `mapstructure:"max_fields"`
}

// MetricsLevel is how much the processor's metrics tell.
type MetricsLevel string

// The levels of Config.MetricsLevel.
const (
	LevelNormal   MetricsLevel = "normal"
	LevelDetailed MetricsLevel = "detailed"
)

func createDefaultConfig() component.Config {
	return &Config{
		Catalog:      CatalogConfig{Interval: time.Minute, MaxFields: 10_000},
		MetricsLevel: LevelNormal,
	}
}

// Validate checks the policy and everything else that needs neither disk nor
// network. Every error begins with the path of the bad entry.
func (c *Config) Validate() error {
	_, err := redact.Parse(c.Policy)
	if c.MetricsLevel != LevelNormal && c.MetricsLevel != LevelDetailed {
		err = errors.Join(err, fmt.Errorf("metrics_level: want normal or detailed, got %q", string(c.MetricsLevel)))
	}
	if c.Catalog.Interval < time.Second {
		err = errors.Join(err, fmt.Errorf("catalog::interval: want 1s or more, got %s", c.Catalog.Interval))
	}
	if c.Catalog.MaxFields < 1 || c.Catalog.MaxFields > 1_000_000 {
		err = errors.Join(err, fmt.Errorf("catalog::max_fields: want 1 to 1000000, got %d", c.Catalog.MaxFields))
	}
	return err
}

// version identifies the policy document in metrics.
func (c *Config) version() string {
	// Maps marshal in the order of their keys, so equal documents agree.
	text, err := json.Marshal(c.Policy)
	if err != nil {
		return "unknown"
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}
