// Package effective makes the configuration that a collector would run from
// the files that its operator wrote: merged, variables expanded, component
// defaults applied.
//
// [Collector] asks a collector binary, which is exact for every distribution.
// [Offline] does it alone, with the defaults of the otelcol-sealed
// distribution; nothing but the named files and the environment is read, and
// nothing is fetched from a network.
//
// Errors never quote a value of the configuration. Values may be passwords.
package effective

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"

	"github.com/sealed-otel/otelcol-sealed/internal/yamlpos"
)

// maxFile bounds every file that is read, in bytes. Real configurations have
// some ten kilobytes; a path such as /dev/zero has no end.
const maxFile = 4 << 20

// Source is what the operator wrote.
type Source struct {
	// URIs as the collector takes them: a path, file:…, env:NAME or yaml:….
	URIs []string
	// Index of the documents behind them, in merge order.
	Index yamlpos.Index

	documents [][]byte
	secrets   *scrubber
}

// Read opens and parses every URI, so that errors of form are told with their
// line before anything else happens.
func Read(uris []string) (*Source, error) {
	s := &Source{URIs: uris, secrets: newScrubber()}
	for _, uri := range uris {
		name, data, err := readURI(uri)
		if err != nil {
			return nil, err
		}
		doc, err := yamlpos.Parse(name, data)
		if err != nil {
			return nil, err
		}
		s.Index = append(s.Index, doc)
		s.documents = append(s.documents, data)
		s.secrets.learnYAML(data)
	}
	if !slices.ContainsFunc(s.Index, func(d *yamlpos.Document) bool { return !d.Empty() }) {
		return nil, fmt.Errorf("%s: %w", strings.Join(uris, ", "), yamlpos.ErrNoMapping)
	}
	return s, nil
}

// Names of the documents for people: files without the file: scheme.
func (s *Source) Names() []string {
	names := make([]string, len(s.Index))
	for i, doc := range s.Index {
		names[i] = doc.Name()
	}
	return names
}

func readURI(uri string) (name string, data []byte, err error) {
	scheme, rest, found := strings.Cut(uri, ":")
	// One letter before the colon is a Windows drive, as in confmap.
	if !found || len(scheme) == 1 {
		scheme, rest = "file", uri
	}
	switch scheme {
	case "file":
		data, err = readFile(rest)
		return rest, data, err
	case "yaml":
		return "yaml:", []byte(rest), nil
	case "env":
		variable, _, _ := strings.Cut(rest, ":-")
		return "env:" + variable, []byte(os.Getenv(variable)), nil
	}
	// The rest is not repeated: https://user:password@host stands there.
	return "", nil, fmt.Errorf("configuration source %s: is not supported; give a file, file:, env: or yaml: instead", scheme)
}

func readFile(path string) ([]byte, error) {
	path = filepath.Clean(path)
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	defer file.Close() // read only: nothing can be lost
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a directory; name the files in it", path)
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the configuration: %w", err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d MiB; that is no collector configuration", path, maxFile>>20)
	}
	return data, nil
}

// Merged merges and expands the source the way the collector does, with the
// providers env, file and yaml. Component defaults are not in it.
func (s *Source) Merged(ctx context.Context) (map[string]any, error) {
	budget := &budget{secrets: s.secrets, nested: make(map[string]int)}
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs: s.URIs,
		ProviderFactories: []confmap.ProviderFactory{
			budget.watch(envprovider.NewFactory()),
			budget.watch(confmap.NewProviderFactory(func(confmap.ProviderSettings) confmap.Provider { return fileProvider{} })),
			budget.watch(yamlprovider.NewFactory()),
		},
		DefaultScheme: "env",
	})
	if err != nil {
		return nil, s.secrets.error("configuration", err)
	}
	conf, err := resolver.Resolve(ctx)
	if err = errors.Join(err, resolver.Shutdown(ctx)); err != nil {
		return nil, s.secrets.error("configuration", err)
	}
	return conf.ToStringMap(), nil
}

// Redact takes the values of secret-looking keys out of a text that may name
// addresses and files.
func (s *Source) Redact(text string) string { return s.secrets.redact(text) }

// Error makes one line of an error of others, without values of this
// configuration.
func (s *Source) Error(what string, err error) error { return s.secrets.error(what, err) }
