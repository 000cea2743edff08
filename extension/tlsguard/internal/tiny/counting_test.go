package tiny

import (
	"context"
	"os"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

type countingConfig struct {
	File string `mapstructure:"file"`
}

// counting appends one byte to a file for each span that arrives.
type counting struct{ file string }

func countingFactory() exporter.Factory {
	return exporter.NewFactory(component.MustNewType("counting"),
		func() component.Config { return &countingConfig{} },
		exporter.WithTraces(func(_ context.Context, _ exporter.Settings, config component.Config) (exporter.Traces, error) {
			return counting{config.(*countingConfig).File}, nil
		}, component.StabilityLevelDevelopment))
}

func (counting) Start(context.Context, component.Host) error { return nil }
func (counting) Shutdown(context.Context) error              { return nil }
func (counting) Capabilities() consumer.Capabilities         { return consumer.Capabilities{} }

func (c counting) ConsumeTraces(_ context.Context, traces ptrace.Traces) error {
	file, err := os.OpenFile(c.file, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = file.Write(make([]byte, traces.SpanCount()))
	return err
}
