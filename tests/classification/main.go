// Command classification writes internal/classification: the shapes and the
// defaults of every component of the distribution, read from its factories.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"go.opentelemetry.io/collector/component"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/classify"
	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
	"github.com/sealed-otel/otelcol-sealed/internal/classification"
)

//go:generate go run . -out ../../internal/classification

func main() {
	out := flag.String("out", ".", "folder of the two files")
	flag.Parse()
	if err := write(*out); err != nil {
		fmt.Fprintf(os.Stderr, "classification: %v\n", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	shapes, defaults, err := classified()
	if err != nil {
		return err
	}
	for name, content := range map[string]any{"classification.json": shapes, "defaults.json": defaults} {
		data, err := encode(content)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func encode(content any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(content)
	return b.Bytes(), err
}

// aliased is a factory that also answers to an older type name.
type aliased interface{ DeprecatedAlias() component.Type }

func classified() (rules.Classification, classification.Defaults, error) {
	var shapes rules.Classification
	defaults := make(classification.Defaults)
	for kind, factories := range distribution() {
		defaults[kind] = make(map[string]classification.Default)
		for _, factory := range factories {
			config := factory.CreateDefaultConfig()
			d, err := defaultOf(config)
			if err != nil {
				return shapes, nil, fmt.Errorf("%s %s: %w", kind, factory.Type(), err)
			}
			names := []string{factory.Type().String()}
			if a, ok := factory.(aliased); ok && a.DeprecatedAlias().String() != "" {
				names = append(names, a.DeprecatedAlias().String())
			}
			for _, name := range names {
				shapes.Add(kind, name, classify.Config(config))
				defaults[kind][name] = d
			}
		}
	}
	return shapes, defaults, nil
}
