package redact

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestUnfoldedTellsWhereEachByteComesFrom joins pieces whose meaning is known:
// each byte of a form comes from the form's beginning, and the end from the end.
func TestUnfoldedTellsWhereEachByteComesFrom(t *testing.T) {
	t.Parallel()
	type piece struct {
		source, text string
		form         bool
	}
	pieces := []piece{
		{"a", "a", false},
		{"card 4111", "card 4111", false},
		{"é", "é", false},
		{"\\", "\\", false},
		{"%z", "%z", false},
		{"& ", "& ", false},
		{`\"`, `"`, true},
		{"%40", "@", true},
		{"%C3", "\xc3", true},
		{`\u0041`, "A", true},
		{`\u00e9`, "é", true},
		{`\x3d`, "=", true},
		{`\xc3\xa9`, "é", true},
		{`\xe2\x80\x91`, "-", true},
		{`\xe2\x80\x8b`, "", true},
		{`\xf0\x9f\x98\x80`, "😀", true},
		{"&amp;", "&", true},
		{"&#64;", "@", true},
		{"４", "4", true},
		{"\u200b", "", true},
		{"\u00a0", " ", true},
		{`\n`, "\n", true},
	}
	r := rand.New(rand.NewPCG(3, 4))
	var u unfolded
	for range 5_000 {
		source, text := "", ""
		var from []int
		changed := false
		for range 1 + r.IntN(12) {
			p := pieces[r.IntN(len(pieces))]
			if p.source == "\\" { // what follows would belong to it
				p.source, p.text = "\\ ", "\\ "
			}
			for k := range len(p.text) {
				if p.form {
					k = 0
				}
				from = append(from, len(source)+k)
			}
			source += p.source
			text += p.text
			changed = changed || p.form
		}
		from = append(from, len(source))
		require.Equal(t, changed, u.read(source, len(source)), "%q", source)
		if !changed {
			continue
		}
		require.Equal(t, text, string(u.text), "%q", source)
		for k, want := range from {
			assert.Equal(t, want, u.source(k), "%q: byte %d", source, k)
		}
	}
}
