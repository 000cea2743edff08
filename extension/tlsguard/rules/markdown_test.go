package rules

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReferenceIsUpToDate(t *testing.T) {
	t.Parallel()
	written, err := os.ReadFile("../../../docs/rules.md")
	require.NoError(t, err)
	assert.Equal(t, Markdown(), string(written), "run go generate in extension/tlsguard")
}
