// Package guardconverter adds tls_guard to a configuration that has none.
//
// A guard that a configuration can leave out by mistake guards nothing.
// Converters see the whole merged configuration before any component, so the
// distribution starts every configuration under guard, with a warning.
package guardconverter

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.uber.org/zap"
)

// OptOut is the environment variable that switches the converter off when it
// is 1. It is logged at every start.
const OptOut = "OTELCOL_SEALED_UNGUARDED"

const guardType = "tls_guard"

// NewFactory returns the converter's factory, as ocb's converters: wants it.
func NewFactory() confmap.ConverterFactory {
	return confmap.NewConverterFactory(func(settings confmap.ConverterSettings) confmap.Converter {
		logger := settings.Logger
		if logger == nil {
			logger = zap.NewNop()
		}
		return converter{logger: logger, getenv: os.Getenv}
	})
}

type converter struct {
	logger *zap.Logger
	getenv func(string) string
}

// Convert adds the extension and its entry in service::extensions. A section
// that is written but not started is started.
func (c converter) Convert(_ context.Context, conf *confmap.Conf) error {
	started, err := startedExtensions(conf)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(started, isGuard) {
		return nil
	}
	if c.getenv(OptOut) == "1" {
		c.logger.Warn("tls_guard: " + OptOut + "=1: this collector starts without a guard")
		return nil
	}
	id := guardType
	section, _ := conf.Get("extensions").(map[string]any)
	written := false
	for _, name := range sortedNames(section) {
		if isGuard(name) {
			id, written = name, true
			break
		}
	}
	added := map[string]any{"service": map[string]any{"extensions": append(asAny(started), id)}}
	if !written {
		added["extensions"] = map[string]any{id: map[string]any{}}
	}
	if err := conf.Merge(confmap.NewFromStringMap(added)); err != nil {
		return fmt.Errorf("tls_guard: cannot add the guard to the configuration: %w", err)
	}
	c.logger.Warn("tls_guard: the configuration starts no guard: one with the default policy was added; write extensions: {tls_guard: {}} and service::extensions: [tls_guard], or set " + OptOut + "=1")
	return nil
}

func isGuard(id string) bool {
	typ, _, _ := strings.Cut(id, "/")
	return strings.TrimSpace(typ) == guardType
}

func startedExtensions(conf *confmap.Conf) ([]string, error) {
	switch list := conf.Get("service::extensions").(type) {
	case nil:
		return nil, nil
	case []any:
		names := make([]string, len(list))
		for i, item := range list {
			name, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("service::extensions::%d: not the name of an extension", i)
			}
			names[i] = name
		}
		return names, nil
	case []string:
		return list, nil
	default:
		return nil, fmt.Errorf("service::extensions: must be a list of extensions")
	}
}

func asAny(names []string) []any {
	out := make([]any, len(names))
	for i, name := range names {
		out[i] = name
	}
	return out
}

func sortedNames(section map[string]any) []string {
	names := make([]string, 0, len(section))
	for name := range section {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
