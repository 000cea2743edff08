package effective

import (
	"context"

	"github.com/sealed-otel/otelcol-sealed/internal/classification"
)

// Offline merges and expands the source and applies the given defaults.
func (s *Source) Offline(ctx context.Context, defaults classification.Defaults) (map[string]any, error) {
	merged, err := s.Merged(ctx)
	if err != nil {
		return nil, err
	}
	return defaults.Complete(merged), nil
}
