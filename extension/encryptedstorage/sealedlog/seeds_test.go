package sealedlog_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// seeds yields as many seeds as SEALEDLOG_SEEDS says, else n.
func seeds(t *testing.T, n uint64) func(func(uint64) bool) {
	if s := os.Getenv("SEALEDLOG_SEEDS"); s != "" {
		var err error
		n, err = strconv.ParseUint(s, 10, 32)
		require.NoError(t, err)
	}
	return func(yield func(uint64) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}
