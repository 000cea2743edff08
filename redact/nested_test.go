package redact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOptionNamesItsValue judges the element after an option by what the
// option's name says, with key rules and without.
func TestOptionNamesItsValue(t *testing.T) {
	t.Parallel()
	for name, doc := range map[string]map[string]any{
		"key rules": nil,
		"detectors": {"rules": []any{map[string]any{"name": "all", "detect": []any{"all"}, "action": "mask"}}},
	} {
		e := testEngine(t, doc)
		r := e.Begin(Traces)
		d, _ := r.Key(SpanAttributes, "process.command_args")
		for _, option := range []string{"--password", "-password", "--db-password", "--client-secret"} {
			assert.NotEqual(t, Keep, r.String(SpanAttributes, r.Neighbour(SpanAttributes, d, option), "correct horse").Kind, "%s: %s", name, option)
		}
		for _, option := range []string{"--verbose", "-", "--", "", "--password=x", "password"} {
			assert.Equal(t, Keep, r.String(SpanAttributes, r.Neighbour(SpanAttributes, d, option), "correct horse").Kind, "%s: %s", name, option)
		}
		r.End()
	}
}

// TestPairedValue judges a value by the name that stands beside it, which is a value
// itself and stays out of the catalogue.
func TestPairedValue(t *testing.T) {
	t.Parallel()
	catalog := NewCatalog(10, nil)
	e, err := New(Standard(), Options{Catalog: catalog})
	require.NoError(t, err)
	r := e.Begin(Logs)
	d, _ := r.Key(LogBody, "value")
	assert.NotEqual(t, Keep, r.String(LogBody, r.Paired(LogBody, d, "DB_PASSWORD"), "correct horse").Kind)
	for _, name := range []string{"", "LOG_LEVEL", "Jane Doe", strings.Repeat("password", 100)} {
		assert.Equal(t, Keep, r.String(LogBody, r.Paired(LogBody, d, name), "correct horse").Kind, name)
	}
	secret, _ := r.Key(LogBody, "password")
	assert.Same(t, secret, r.Paired(LogBody, secret, "api_token"), "its own key says enough")
	r.End()
	assert.NotContains(t, catalog.entries, catalogKey{LogBody, "Jane Doe"})
}
