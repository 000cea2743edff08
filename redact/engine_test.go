package redact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testEngine(t testing.TB, doc map[string]any) *Engine {
	t.Helper()
	p, err := Parse(doc)
	require.NoError(t, err)
	keys := map[string]*Keyring{}
	for name := range p.Keys() {
		keys[name], err = ParseKeyring(strings.NewReader("k1 " + strings.Repeat("QUJD", 12)))
		require.NoError(t, err)
	}
	e, err := New(p, Options{Keys: keys})
	require.NoError(t, err)
	return e
}

// rewrite runs one attribute through the engine.
func rewrite(e *Engine, l Location, key, value string) (Outcome, Tally) {
	r := e.Begin(Traces)
	d, kind := r.Key(l, key)
	o := Outcome{Kind: kind}
	if kind == Keep {
		o = r.String(l, d, value)
	}
	return o, r.End()
}

func TestStandardPolicyMasksAttributes(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	for _, tc := range []struct{ key, value, want string }{
		{"note", "card 4111 1111 1111 1111 paid", "card **** paid"},
		{"note", "from bob@example.com to eve@example.org", "from **** to ****"},
		{"db_password", "hunter2", "****"},
		{"http.request.header.authorization", "Basic abc", "****"},
		{"http.request.header.cookie", "a=b", "****"},
	} {
		o, tally := rewrite(e, SpanAttributes, tc.key, tc.value)
		assert.Equal(t, SetText, o.Kind, tc.key)
		assert.Equal(t, tc.want, o.Text, tc.key)
		assert.NotEmpty(t, tally.Redactions)
	}
	for _, key := range []string{"gen_ai.usage.input_tokens", "aws.secretsmanager.secret.arn", "http.route"} {
		o, tally := rewrite(e, SpanAttributes, key, "value")
		assert.Equal(t, Keep, o.Kind, key)
		assert.Empty(t, tally.Redactions)
	}
}

func TestHitInKeyRemovesTheEntry(t *testing.T) {
	t.Parallel()
	o, _ := rewrite(testEngine(t, nil), SpanAttributes, "bob@example.com", "3")
	assert.Equal(t, RemoveValue, o.Kind)
}

func TestCleanValueAllocatesNothing(t *testing.T) {
	e := testEngine(t, nil)
	r := e.Begin(Logs)
	clean := "GET /api/v1/users/12345?limit=20 HTTP/1.1 status=200 took 12.5ms host=node-17.example.internal"
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		d, _ := r.Key(LogAttributes, "message.text")
		r.String(LogAttributes, d, clean)
		r.Int(LogAttributes, d, 1732100000123)
		r.Float(LogAttributes, d, 12.5)
	}))
}

func TestChangedValueAllocatesAtMostTwice(t *testing.T) {
	e := testEngine(t, map[string]any{
		"keys": map[string]any{"k": map[string]any{"env": "K"}},
		"rules": []any{
			map[string]any{"name": "mail", "detect": []any{"email"}, "action": map[string]any{"pseudonym": map[string]any{"key": "k"}}},
			map[string]any{"name": "cards", "detect": []any{"payment_card"}, "action": "mask"},
		},
	})
	r := e.Begin(Logs)
	for _, s := range []string{"mail bob@example.com now", "card 4111111111111111"} {
		assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { r.String(LogBody, r.Plain(LogBody), s) }), 2.0, s)
	}
}
