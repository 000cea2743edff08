package pair

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var component = regexp.MustCompile(`([a-z0-9./-]+\.[a-z]+/[a-z0-9./-]+) (v[0-9]+\.[0-9]+\.[0-9]+)`)

// A comparison with another release than the one that the project is built on
// would say nothing: every module of the peer is of the version that stands in
// the distribution's manifest or in this module's go.mod.
func TestPeerIsOfTheSameRelease(t *testing.T) {
	t.Parallel()
	known := make(map[string]string)
	for _, path := range []string{filepath.Join("..", "..", "builder-config.yaml"), filepath.Join("..", "go.mod")} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, match := range component.FindAllStringSubmatch(string(text), -1) {
			known[match[1]] = match[2]
		}
	}
	manifest, err := os.ReadFile(filepath.Join("testdata", "peer-builder.yaml"))
	require.NoError(t, err)
	modules := component.FindAllStringSubmatch(string(manifest), -1)
	require.Len(t, modules, 6)
	for _, match := range modules {
		assert.Equal(t, known[match[1]], match[2], match[1])
	}
}
