package detect

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

// TestEveryFoldedCharacterIsATrigger would fail if the scanner did not stop at
// a character that stands for an ASCII one.
func TestEveryFoldedCharacterIsATrigger(t *testing.T) {
	t.Parallel()
	n := 0
	for r := rune(0x80); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) || FoldRune(r) == r {
			continue
		}
		n++
		b := utf8.AppendRune(nil, r)
		assert.True(t, wideLead(b[0], b[1]), "%U", r)
	}
	assert.Greater(t, n, 500)
}
