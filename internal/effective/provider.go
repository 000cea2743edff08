package effective

import (
	"context"
	"errors"
	"runtime"
	"strings"

	"go.opentelemetry.io/collector/confmap"
)

// References may be nested, and a file may include itself several times: each
// step then multiplies the text. Retrievals and memory are bounded, so that a
// hostile file ends in an error and not in the kernel's out-of-memory killer.
const (
	maxRetrievals = 20_000
	maxIncluded   = 64 << 10 // bytes of an included file that includes others
	maxSame       = 12       // inclusions of one file that includes others
	maxHeap       = 128 << 20
)

var errTooLarge = errors.New("the ${…} references of the configuration expand without end; does a file include itself?")

// fileProvider reads file: URIs within the size limit.
type fileProvider struct{}

func (fileProvider) Retrieve(_ context.Context, uri string, _ confmap.WatcherFunc) (*confmap.Retrieved, error) {
	data, err := readFile(strings.TrimPrefix(uri, "file:"))
	if err != nil {
		return nil, err
	}
	return confmap.NewRetrievedFromYAML(data)
}

func (fileProvider) Scheme() string { return "file" }

func (fileProvider) Shutdown(context.Context) error { return nil }

// budget counts what all providers of one resolution return, and tells the
// scrubber what the values are.
type budget struct {
	secrets    *scrubber
	retrievals int
	nested     map[string]int // by URI: files that include others
}

func (b *budget) watch(factory confmap.ProviderFactory) confmap.ProviderFactory {
	return confmap.NewProviderFactory(func(set confmap.ProviderSettings) confmap.Provider {
		return &watched{Provider: factory.Create(set), budget: b}
	})
}

type watched struct {
	confmap.Provider
	budget *budget
}

func (w *watched) Retrieve(ctx context.Context, uri string, _ confmap.WatcherFunc) (*confmap.Retrieved, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := w.budget
	if b.retrievals++; b.retrievals > maxRetrievals {
		return nil, errTooLarge
	}
	if b.retrievals > 8 && strings.HasPrefix(uri, "file:") {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		if memory.HeapAlloc > maxHeap {
			return nil, errTooLarge
		}
	}
	retrieved, err := w.Provider.Retrieve(ctx, uri, nil)
	if err != nil {
		return nil, err
	}
	if text, err := retrieved.AsString(); err == nil {
		if strings.Contains(text, "${file:") {
			b.nested[uri]++
			if len(text) > maxIncluded || b.nested[uri] > maxSame {
				return nil, errTooLarge
			}
		}
		b.secrets.learnYAML([]byte(text))
	}
	return retrieved, nil
}
