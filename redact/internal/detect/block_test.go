package detect

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// blockOf classifies byte by byte.
func blockOf(s string) (b block) {
	for i := range min(len(s), 64) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			b.letters |= 1 << i
		case c >= '0' && c <= '9':
			b.digits |= 1 << i
		case c != ' ' && c != '.' && c != '/':
			b.others |= 1 << i
		}
	}
	return b
}

func TestBlockOfEveryByteAtEveryPlace(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 80; n++ {
		for at := range n {
			for c := range 256 {
				s := strings.Repeat(" ", at) + string([]byte{byte(c)}) + strings.Repeat("a", n-at-1)
				want := blockOf(s)
				if got := readBlock(s, 0); got != want {
					require.Equal(t, want, got, "byte %#x at %d of %d", c, at, n)
				}
				if got := classify(s, 0); got != want {
					require.Equal(t, want, got, "portable: byte %#x at %d of %d", c, at, n)
				}
			}
		}
	}
}

func TestBlockOfRandomBytes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		b := make([]byte, r.IntN(300))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		s := string(b)
		for base := 0; base < len(s); base += 64 {
			assert.Equal(t, blockOf(s[base:]), readBlock(s, base))
			assert.Equal(t, blockOf(s[base:]), classify(s, base))
		}
	}
}
