package redact

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestKeyRulesInBrokenJSON cuts JSON off in the middle of a text and lets other JSON
// follow, writes quotes without their backslash, and puts stray ones around.
func TestKeyRulesInBrokenJSON(t *testing.T) {
	t.Parallel()
	e := keyRule(t, "account")
	for _, tc := range []struct{ text, want string }{
		{`{"msg":"abc... (cut) {"account":"Bob Smith"}`, `{"msg":"abc... (cut) {"account":"****"}`},
		{`{"msg":"abc {"account":"Bob Smith","x":"abc {"y":"z"}`, `{"msg":"abc {"account":"****","x":"abc {"y":"z"}`},
		{`{"a":"b","m":"cut {"a":"b","account":4711}`, `{"a":"b","m":"cut {"a":"b","account":"****"}`},
		{`{a 5" pipe} {"account":"Bob Smith"}`, `{a 5" pipe} {"account":"****"}`},
		{`{"account":"Bob "the Q" Smith","x":"y"}`, `{"account":"****","x":"y"}`},
		{`{"account":"He said "hi"","x":"y"}`, `{"account":"****","x":"y"}`},
		{`{"account":"Bob" x "y"}`, `{"account":"****" x "y"}`},
		{`{"account":"Bob \"Q\" Smith","x":"y"}`, `{"account":"****","x":"y"}`},
		{`{"account":"C:\\","x":"y"}`, `{"account":"****","x":"y"}`},
		{`{"x":"account","y":"a:b"} {"z":"account"}`, `{"x":"account","y":"a:b"} {"z":"account"}`},
	} {
		got := tc.text
		if o, _ := rewrite(e, SpanAttributes, "body", tc.text); o.Kind != Keep {
			got = o.Text
		}
		assert.Equal(t, tc.want, got, tc.text)
	}
}

// TestNothingOpenedStillReadsJSON has a policy that opens no encoding: JSON is none.
func TestNothingOpenedStillReadsJSON(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{
		"limits": map[string]any{"decode_depth": 0},
		"rules":  []any{map[string]any{"name": "r", "keys": []any{"account"}, "action": "mask"}},
	})
	o, _ := rewrite(e, SpanAttributes, "body", `{"account":"Bob Smith"}`)
	assert.JSONEq(t, `{"account":"****"}`, o.Text)
	assert.Len(t, e.Policy().Warnings(), 1)
	assert.Contains(t, e.Policy().Warnings()[0], "policy::limits::decode_depth: ")
}

// TestNoBooleanIsACredential spares booleans under the built-in key rules, and under no
// rule of the user's: they may tell of whom nothing shall be told.
func TestNoBooleanIsACredential(t *testing.T) {
	t.Parallel()
	rules := []any{map[string]any{"name": "own", "keys": []any{"positive"}, "action": "mask"}}
	e := testEngine(t, map[string]any{"extends": "standard", "rules": rules})
	for _, tc := range []struct{ text, want string }{
		{`{"cookies":true,"csrf":false,"secret":false}`, `{"cookies":true,"csrf":false,"secret":false}`},
		{`{"password": true}`, `{"password": true}`},
		{`{"log":"{\"password\":true}"}`, `{"log":"{\"password\":true}"}`},
		{`{"password":truehorse}`, `{"password":"****"}`},
		{`{"password":48213377}`, `{"password":"****"}`},
		{`{"positive":true}`, `{"positive":"****"}`},
	} {
		got := tc.text
		if o, _ := rewrite(e, SpanAttributes, "body", tc.text); o.Kind != Keep {
			got = o.Text
		}
		assert.Equal(t, tc.want, got, tc.text)
	}
	for key, hidden := range map[string]bool{"password": false, "positive": true} {
		r := e.Begin(Traces)
		d, _ := r.Key(SpanAttributes, key)
		assert.Equal(t, hidden, r.Bool(SpanAttributes, d, true).Kind == SetText, key)
		r.End()
	}
}
