package redact

import (
	"testing"

	"github.com/stretchr/testify/assert"
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
