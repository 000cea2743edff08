package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A run of digits that is taken as it stands reads as the shape does.
func TestTakeIsMatchOfARun(t *testing.T) {
	t.Parallel()
	const run = "12345678901234567890"
	for _, shape := range []string{"d~dd~dd", "ddd?ddd", "ddddddddd", "dd~d?d", "dd.dd", "dda", "xdd", "d"} {
		n := countDigits(shape)
		if n == 0 {
			assert.NotEmpty(t, strings.Trim(shape, "d~?"), shape)
			continue
		}
		for _, after := range []string{"", " ", ".", "-x", "/ ", "a", "%"} {
			s := "no " + run[:n] + after
			var matched, taken shaped
			assert.True(t, matched.match(s, 3, shape), "%s in %q", shape, s)
			assert.True(t, taken.take(s, 3, n), "%s in %q", shape, s)
			assert.Equal(t, matched, taken, "%s in %q", shape, s)
		}
	}
}
