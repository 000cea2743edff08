package redact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestKeyInPlaceOfItsNameIsNotShown writes a key where the name of its file or
// variable belongs, as ${env:KEY} makes it.
func TestKeyInPlaceOfItsNameIsNotShown(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("QUJD", 11)
	for _, place := range []string{secret, "k1 " + secret, secret + "=", "k2 " + secret + "\nk1 " + secret + "\n"} {
		for _, source := range []string{"file", "env"} {
			p, err := Parse(map[string]any{"extends": "standard", "keys": map[string]any{"k": map[string]any{source: place}}})
			require.NoError(t, err)
			_, err = LoadKeys(p)
			require.ErrorIs(t, err, ErrKey)
			assert.NotContains(t, err.Error(), "QUJD")
			assert.Contains(t, err.Error(), "policy::keys::k: ")
		}
	}
	p, err := Parse(map[string]any{"extends": "standard", "keys": map[string]any{"k": map[string]any{"file": "no/such/file"}}})
	require.NoError(t, err)
	_, err = LoadKeys(p)
	assert.ErrorContains(t, err, "no/such/file")
}
