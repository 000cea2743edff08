package freeport

import (
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddressesDifferAndAreFree(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 200 {
		address, err := Address()
		require.NoError(t, err)
		assert.False(t, seen[address], address)
		seen[address] = true
		listener, err := net.Listen("tcp", address)
		require.NoError(t, err)
		assert.Less(t, listener.Addr().(*net.TCPAddr).Port, highest)
		assert.NoError(t, listener.Close())
	}
}
