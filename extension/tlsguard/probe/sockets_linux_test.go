package probe

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSocketsFindsOwnListeners(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"127.0.0.1:0", "0.0.0.0:0", "[::]:0"} {
		listener, err := net.Listen("tcp", network)
		if err != nil {
			t.Skipf("no %s here: %v", network, err)
		}
		defer listener.Close()
		port := netip.MustParseAddrPort(listener.Addr().String()).Port()
		sockets, err := Sockets()
		require.NoError(t, err)
		found := false
		for _, socket := range sockets {
			if socket.Address.Port() != port {
				continue
			}
			found = true
			assert.NotZero(t, socket.Inode)
			conn, err := net.Dial("tcp", socket.Reachable().String())
			require.NoError(t, err)
			conn.Close()
		}
		assert.True(t, found, "%s is not in %v", listener.Addr(), sockets)
	}
}

func TestSocketsTakesOnlyWhatListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	server, err := listener.Accept()
	require.NoError(t, err)
	defer server.Close()
	datagrams, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer datagrams.Close()
	local, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	require.NoError(t, err)
	defer local.Close()

	sockets, err := Sockets()
	require.NoError(t, err)
	count := func(address net.Addr) int {
		n := 0
		for _, socket := range sockets {
			if socket.Address == netip.MustParseAddrPort(address.String()) {
				n++
			}
		}
		return n
	}
	assert.Equal(t, 1, count(listener.Addr()), "the accepted connection has the same address and does not listen")
	assert.Zero(t, count(client.LocalAddr()))
	assert.Zero(t, count(datagrams.LocalAddr()))
}

func TestAClosedDescriptorListensNowhere(t *testing.T) {
	t.Parallel()
	_, ok, err := listening(1 << 20)
	require.NoError(t, err)
	assert.False(t, ok)
	file, err := os.Open(os.DevNull)
	require.NoError(t, err)
	defer file.Close()
	_, ok, err = listening(int(file.Fd()))
	require.NoError(t, err)
	assert.False(t, ok)
}
