package probe

import (
	"net"
	"net/netip"
	"strings"
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

func TestParseTableTakesOwnListenersOnly(t *testing.T) {
	t.Parallel()
	table := `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:10DD 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 x
   1: 0100007F:10DE 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12 1 x
   2: 0100007F:10DF 0100007F:1000 01 00000000:00000000 00:00000000 00000000     0        0 11 1 x
   3: 00000000000000000000000001000000:10E0 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 13 1 x
`
	got, err := parseTable(strings.NewReader(table), map[uint64]bool{11: true, 13: true})
	require.NoError(t, err)
	assert.Equal(t, []Socket{
		{Address: netip.MustParseAddrPort("127.0.0.1:4317"), Inode: 11},
		{Address: netip.MustParseAddrPort("[::1]:4320"), Inode: 13},
	}, got)
}

func FuzzParseHexAddress(f *testing.F) {
	f.Add("0100007F:10DD")
	f.Add(":")
	f.Fuzz(func(t *testing.T, text string) {
		address, err := parseHexAddress(text)
		if err == nil && !address.IsValid() {
			t.Fatalf("%q became an invalid address", text)
		}
	})
}
