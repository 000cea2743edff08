package redact

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestTraceState removes members. A hit that spans two of them leaves none, also
// where another member was removed.
func TestTraceState(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{"rules": []any{
		map[string]any{"name": "split", "regex": "SPLIT,b=VALUE", "action": "mask"},
		map[string]any{"name": "mail", "detect": []any{"email"}, "action": "mask"},
	}})
	r := e.Begin(Traces)
	defer r.End()
	for in, want := range map[string]string{
		"a=1,z=jane.doe@example.com,b=2":           "a=1,b=2",
		"z=jane.doe@example.com":                   "",
		"a=SPLIT,b=VALUE":                          "",
		"z=jane.doe@example.com,a=SPLIT,b=VALUE":   "",
		"a=SPLIT,z=jane.doe@example.com,b=VALUE":   "",
		"a=SPLIT,z=jane.doe@example.com,c=1,b=VAL": "a=SPLIT,c=1,b=VAL",
	} {
		assert.Equal(t, Outcome{Kind: SetText, Text: want}, r.TraceState(SpanTraceState, in), in)
	}
	assert.Equal(t, Keep, r.TraceState(SpanTraceState, "a=1,b=2").Kind)
}

// TestRemoveEmptiesWhatIsLookedUp applies a rule to places in which any text that we
// put there would be read as a wrong identifier.
func TestRemoveEmptiesWhatIsLookedUp(t *testing.T) {
	t.Parallel()
	for _, action := range []any{"remove", "mask", map[string]any{"replace": "x"}} {
		e := testEngine(t, map[string]any{"rules": []any{map[string]any{"name": "r", "in": []any{"schema_url", "metric.unit", "trace_state"}, "action": action}}})
		r := e.Begin(Traces)
		for _, l := range []Location{ResourceSchemaURL, ScopeSchemaURL, MetricUnit} {
			assert.Equal(t, Outcome{Kind: SetText}, r.String(l, r.Plain(l), "https://example.com/1.2.3"), "%v in %s", action, l)
		}
		for _, l := range []Location{SpanTraceState, SpanLinkTraceState} {
			assert.Equal(t, Outcome{Kind: SetText}, r.TraceState(l, "a=1,b=2"), "%v in %s", action, l)
		}
		assert.Len(t, r.End().Redactions, 5)
	}
}
