package redact

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// keyRule is an engine that masks the value of one key.
func keyRule(t *testing.T, glob any) *Engine {
	t.Helper()
	return testEngine(t, map[string]any{"rules": []any{map[string]any{"name": "r", "keys": []any{glob}, "action": "mask"}}})
}

// TestKeysAreComparedWithoutCase writes globs and keys in capitals of other scripts: a
// glob has to name at least the key that is written like itself.
func TestKeysAreComparedWithoutCase(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ glob, key string }{
		{"Пароль", "Пароль"}, {"Пароль", "ПАРОЛЬ"}, {"пароль", "Пароль"}, {"*ПАРОЛЬ*", "db.Пароль.x"}, {"KÖNIG*", "König.Name"}, {"*.ÖL", "x.öl"}, {"Account", "ACCOUNT"},
	} {
		e := keyRule(t, tc.glob)
		o, _ := rewrite(e, SpanAttributes, tc.key, "geheim")
		assert.Equal(t, "****", o.Text, "%s on %s", tc.glob, tc.key)
		o, _ = rewrite(e, SpanAttributes, "body", `{"`+tc.key+`":"geheim"}`)
		assert.Equal(t, `{"`+tc.key+`":"****"}`, o.Text, "%s on %s", tc.glob, tc.key)
	}
}

// TestLongKeyIsNotJudgedAndGoes gives keys and paths that would have to be judged for
// each of the small keys below them, a million bytes each time.
func TestLongKeyIsNotJudgedAndGoes(t *testing.T) {
	t.Parallel()
	r := testEngine(t, nil).Begin(Traces)
	_, kind := r.Key(SpanAttributes, strings.Repeat("a", maxKey+1))
	assert.Equal(t, RemoveValue, kind)
	d, kind := r.Key(SpanAttributes, strings.Repeat("a", maxKey))
	require.Equal(t, Keep, kind)
	for i := range 20_000 {
		_, kind = r.Child(SpanAttributes, d, strconv.Itoa(i))
		assert.Equal(t, RemoveValue, kind)
	}
	tally := r.End()
	assert.EqualValues(t, 20_001, tally.Limits)

	r = testEngine(t, map[string]any{"mode": "report"}).Begin(Traces)
	d, kind = r.Key(SpanAttributes, strings.Repeat("a", 1<<20)+"_token_count")
	require.Equal(t, Keep, kind, "report changes nothing")
	for i := range 20_000 {
		_, kind = r.Child(SpanAttributes, d, strconv.Itoa(i)+"_token_count")
		assert.Equal(t, Keep, kind)
	}
	assert.EqualValues(t, 1, r.End().Limits)
}

func TestLongNameInJSONIsHeldAgainstKeyRules(t *testing.T) {
	t.Parallel()
	e := keyRule(t, "*account*")
	for _, n := range []int{10, maxCachedKey, maxCachedKey + 1, maxKey, 2 * maxKey} {
		name := strings.Repeat("a", n) + "_account"
		o, _ := rewrite(e, SpanAttributes, "body", `{"`+name+`":"Bob Smith"}`)
		assert.Equal(t, `{"`+name+`":"****"}`, o.Text, "%d", n)
	}
}
