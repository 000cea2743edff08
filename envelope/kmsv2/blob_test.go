package kmsv2

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBlobIsCanonical(t *testing.T) {
	t.Parallel()
	encoded, err := blob{[]byte{1, 2}, map[string][]byte{"b": {3}, "a": nil}}.encode()
	require.NoError(t, err)
	assert.Equal(t, []byte{1, 0, 2, 1, 2, 2, 0, 1, 'a', 0, 0, 0, 1, 'b', 0, 1, 3}, encoded)
	for name, in := range map[string][]byte{
		"descending": {1, 0, 1, 9, 2, 0, 1, 'b', 0, 0, 0, 1, 'a', 0, 0},
		"twice":      {1, 0, 1, 9, 2, 0, 1, 'a', 0, 0, 0, 1, 'a', 0, 0},
		"tail":       {1, 0, 1, 9, 0, 0},
		"version":    {2, 0, 1, 9, 0},
		"not UTF-8":  {1, 0, 1, 9, 1, 0, 1, 0xff, 0, 0},
	} {
		_, err := parseBlob(in)
		assert.ErrorIs(t, err, errBlob, name)
	}
}

func FuzzParseBlob(f *testing.F) {
	good, err := blob{[]byte("ciphertext"), map[string][]byte{"a.example.org": []byte("v"), "b": nil}}.encode()
	require.NoError(f, err)
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte{1, 0, 1, 9, 0})
	f.Fuzz(func(t *testing.T, in []byte) {
		b, err := parseBlob(in)
		if err != nil {
			return
		}
		out, err := b.encode()
		require.NoError(t, err)
		require.Equal(t, in, out, "one set has one encoding")
	})
}
