package redact

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestAllowedValuesAreComparedOnceForEachHit gives a literal of SQL that holds thousands
// of runs of base64. Who compared the literal with the allowed values for each of
// them would not come to an end while this test runs.
func TestAllowedValuesAreComparedOnceForEachHit(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{
		"allow_values": []any{map[string]any{"regex": `.*@example\.com`}},
		"rules":        []any{map[string]any{"name": "all", "detect": []any{"all"}, "action": "mask"}},
	})
	s := "SELECT a FROM t WHERE b = '" + strings.Repeat("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo ", 1<<17/36) + "'"
	o, _ := rewrite(e, SpanAttributes, "k", s)
	assert.Equal(t, "SELECT a FROM t WHERE b = '****'", o.Text)
}

func TestAllowedValueOverridesNoKeyRuleInBase64(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{
		"allow_values": []any{"bob@example.com"},
		"rules": []any{
			map[string]any{"name": "key", "keys": []any{"owner"}, "action": "mask"},
			map[string]any{"name": "mail", "detect": []any{"email"}, "action": "mask"},
		},
	})
	for text, hidden := range map[string]bool{
		`{"id":1,"owner":"bob@example.com"}`: true,
		`{"id":1,"other":"bob@example.com"}`: false,
	} {
		o, _ := rewrite(e, SpanAttributes, "k", text)
		assert.Equal(t, hidden, o.Kind == SetText, text)
		o, _ = rewrite(e, SpanAttributes, "k", base64.StdEncoding.EncodeToString([]byte(text)))
		assert.Equal(t, hidden, o.Kind == SetText, "%s in base64", text)
	}
}
