package rules

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	health := func(host string, port uint16) Surface {
		return Surface{Path: "health", Host: host, Port: port, Decided: true}
	}
	lines := func(host string, port uint16) Surface {
		return Surface{Path: "lines", Host: host, Port: port, Decided: true, Ingests: true}
	}
	receiver := func(host string, port uint16) Surface { return Surface{Path: "receiver", Host: host, Port: port} }
	cases := map[string]struct {
		surfaces []Surface
		sockets  []string
		// want is the path for each socket, with ? when it is ambiguous and
		// empty when nothing explains it.
		want []string
	}{
		"a health endpoint of another address hides no receiver": {
			[]Surface{health("127.0.0.1", 4317)}, []string{"10.0.0.1:4317", "127.0.0.1:4317"}, []string{"", "health"},
		},
		"nor does localhost": {
			[]Surface{health("localhost", 4317)}, []string{"10.0.0.1:4317", "[::1]:4317"}, []string{"", "health"},
		},
		"nor does one for every interface": {
			[]Surface{health("", 4317), health("0.0.0.0", 4318)}, []string{"127.0.0.1:4317", "127.0.0.1:4318", "[::]:4317"}, []string{"", "", "health"},
		},
		"a name may stand for any address": {
			[]Surface{health("pod", 13133)}, []string{"10.0.0.1:13133"}, []string{"health"},
		},
		"an address is better than a name": {
			[]Surface{receiver("pod", 4317), health("10.0.0.1", 4317)}, []string{"10.0.0.1:4317"}, []string{"health"},
		},
		"two at one address": {
			[]Surface{health("10.0.0.1", 4317), receiver("10.0.0.1", 4317)}, []string{"10.0.0.1:4317"}, []string{"receiver"},
		},
		"zone of an address": {
			[]Surface{receiver("fe80::1%eth0", 4317)}, []string{"[fe80::1]:4317"}, []string{"receiver"},
		},
		"one socket of the kernel's choice": {
			[]Surface{health("localhost", 0)}, []string{"127.0.0.1:40000"}, []string{"health"},
		},
		"a socket beside it that nobody wrote down": {
			[]Surface{health("localhost", 0)}, []string{"127.0.0.1:40000", "127.0.0.1:40001"}, []string{"health?", "health?"},
		},
		"as many as settings": {
			[]Surface{health("localhost", 0), health("127.0.0.1", 0)}, []string{"127.0.0.1:40000", "127.0.0.1:40001"}, []string{"health", "health"},
		},
		"a written port is not counted": {
			[]Surface{health("localhost", 0), health("localhost", 13133)}, []string{"127.0.0.1:40000", "127.0.0.1:13133"}, []string{"health", "health"},
		},
		"a receiver of the kernel's choice is probed, and the health endpoint with it": {
			[]Surface{health("localhost", 0), receiver("localhost", 0)}, []string{"127.0.0.1:40000", "127.0.0.1:40001"}, []string{"receiver", "receiver"},
		},
		"nothing is sent to what may be a line protocol": {
			[]Surface{lines("localhost", 0), receiver("localhost", 0)}, []string{"127.0.0.1:40000", "127.0.0.1:40001"}, []string{"receiver?", "receiver?"},
		},
		"line protocol alone": {
			[]Surface{lines("localhost", 0), receiver("localhost", 4317)}, []string{"127.0.0.1:40000", "127.0.0.1:4317"}, []string{"lines", "receiver"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sockets []netip.AddrPort
			for _, text := range c.sockets {
				sockets = append(sockets, netip.MustParseAddrPort(text))
			}
			var got []string
			for _, e := range Explain(c.surfaces, sockets) {
				path := e.Surface.Path
				assert.Equal(t, path != "", e.Known)
				if e.Ambiguous {
					path += "?"
				}
				got = append(got, path)
			}
			assert.Equal(t, c.want, got)
		})
	}
}
