package redact

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A text that shared memory with a later one, or with the scratch it was made in,
// would change under its owner.
func TestTextsNeverChange(t *testing.T) {
	t.Parallel()
	var b slab
	var got, want []string
	random, scratch := rand.New(rand.NewPCG(1, 1)), []byte(nil)
	for i := range 5_000 {
		head, middle := strings.Repeat(string(rune('a'+i%26)), random.IntN(100)), strings.Repeat("*", random.IntN(2*maxCut))
		if i%2 == 0 {
			got = append(got, b.cut(head, middle, "."))
		} else {
			scratch = append(append(append(scratch[:0], head...), middle...), '.')
			got = append(got, b.copied(scratch))
		}
		want = append(want, head+middle+".")
	}
	clear(scratch[:cap(scratch)])
	assert.Equal(t, want, got)
}

func TestSlabsAreShared(t *testing.T) {
	var b slab
	perText := testing.AllocsPerRun(1_000, func() { b.cut("user ", "****", " ok") })
	assert.Zero(t, perText, "one slab for dozens of texts: less than one in the mean")
	assert.Empty(t, b.cut("", "", ""))
}
