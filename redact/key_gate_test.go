package redact

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The quick look of the gate turns no key away that the exact one lets through.
func TestKeyGateMissesNoKey(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]any{
		"standard": nil,
		"short":    []any{map[string]any{"name": "r", "keys": []any{"pw", "*id*"}, "action": "remove"}},
		"regex":    []any{map[string]any{"name": "r", "keys": []any{map[string]any{"regex": "^a.c$"}}, "action": "remove"}},
		"globs":    []any{map[string]any{"name": "r", "keys": []any{"*Pass*Word*", "http.*.cookie"}, "action": "remove"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := map[string]any(nil)
			if rules != nil {
				doc = map[string]any{"name": name, "rules": rules}
			}
			p, err := Parse(doc)
			require.NoError(t, err)
			k := newKeyGate(p.rules)
			words := []string{"pass", "word", "PASSWORD", "secret", "tok", "en", "pw", "id", "abc", "a", "cookie", "http", ".", "_", "-", "ü", "authorization"}
			rng := rand.New(rand.NewPCG(1, 2))
			passed := 0
			for range 20_000 {
				key := ""
				for range 1 + rng.IntN(4) {
					key += words[rng.IntN(len(words))]
				}
				want := k.g.pass(key) != 0
				assert.Equal(t, want, k.mayMatch(key), "%q", key)
				if want {
					passed++
				}
			}
			assert.Positive(t, passed)
		})
	}
}
