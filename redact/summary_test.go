package redact

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSummaryNamesTheRulesThatActedAndNoOthers(t *testing.T) {
	t.Parallel()
	var rules []any
	for i := range 130 {
		rules = append(rules, map[string]any{"name": fmt.Sprintf("r%d", i), "keys": []any{fmt.Sprintf("key%d.x", i)}, "action": "mask"})
	}
	r := testEngine(t, map[string]any{"rules": rules}).Begin(Traces)
	defer r.End()
	for i := range 130 {
		r.Item()
		d, _ := r.Key(SpanAttributes, fmt.Sprintf("key%d.x", i))
		r.String(SpanAttributes, d, "value")
		n, names := r.Summary(nil)
		assert.Equal(t, 1, n)
		assert.Equal(t, []string{fmt.Sprintf("r%d", i)}, names)
	}
}

// TestCatalogueHoldsNoValueInPieces spreads an address over the keys of nested maps,
// whose dotted path puts it together.
func TestCatalogueHoldsNoValueInPieces(t *testing.T) {
	t.Parallel()
	catalog := NewCatalog(10, nil)
	e, err := New(Standard(), Options{Catalog: catalog})
	require.NoError(t, err)
	r := e.Begin(Traces)
	d, _ := r.Key(SpanAttributes, "jane.doe@example")
	d, _ = r.Child(SpanAttributes, d, "com")
	r.Child(SpanAttributes, d, "count")
	d, _ = r.Key(SpanAttributes, "http")
	r.Child(SpanAttributes, d, "route")
	r.End()
	var b bytes.Buffer
	require.NoError(t, catalog.Write(&b, e.Policy()))
	assert.NotContains(t, b.String(), "example.com")
	assert.Contains(t, b.String(), "http.route")
}
