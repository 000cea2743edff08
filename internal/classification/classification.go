// Package classification holds what the tool knows about the components of the
// otelcol-sealed distribution without linking them: the shape of their
// configuration, and their defaults. Both files are written from the
// factories by `make generate`.
package classification

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

//go:embed classification.json
var shapes []byte

//go:embed defaults.json
var defaults []byte

// Load returns the embedded classification.
var Load = sync.OnceValues(func() (rules.Classification, error) {
	return rules.DecodeClassification(shapes)
})

// LoadDefaults returns the embedded defaults.
var LoadDefaults = sync.OnceValues(func() (Defaults, error) {
	var d Defaults
	if err := json.Unmarshal(defaults, &d); err != nil {
		return nil, fmt.Errorf("embedded defaults: %w", err)
	}
	return d, nil
})
