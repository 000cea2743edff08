package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNetworkAndDevices(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		detector, value string
		want            []string
	}{
		{"ipv4", "client 203.0.113.7:443 and 10.0.0.1, http://198.51.100.4/x 192.0.2.0/24.", []string{"203.0.113.7", "10.0.0.1", "198.51.100.4", "192.0.2.0"}},
		{"ipv4", "db/10.1.2.3:5432", []string{"10.1.2.3"}},
		{"ipv4", "Chrome/120.0.0.0 v1.2.3.4 version 1.2.3.4 1.3.6.1.4.1 0.0.0.0 127.0.0.1 256.1.1.1 255.255.255.0 lib-1.2.3.4 1.2.3", nil},
		{"ipv4", "/v1/203.0.113.7/x /api/v2/hosts/203.0.113.8 version/1.2.3.4 /v/1.2.3.5", []string{"203.0.113.7", "203.0.113.8"}},
		{"ipv4", "IP 203.0.113.7.443 > 198.51.100.4.5123: Flags [S]", []string{"203.0.113.7", "198.51.100.4"}},
		{"ipv4", "1.3.6.1.4 203.0.113.7.443 1.3.6.1.4.1 > 1.3.6.1.4.1", nil},
		{"mac", "mac eecf.76ae.a688 deaf.beef.a688 0011.beef.2233 001a.2b3c.4d5e.6f70", []string{"eecf.76ae.a688", "deaf.beef.a688", "0011.beef.2233"}},
		{"mac", "mac 0:1a:2b:3:4d:5e", []string{"0:1a:2b:3:4d:5e"}},
		{"mac", "at 0:1a:2b:3:4d:5e", nil},
		{"mac", "device up 1:02:03:04:05:06, mac 0:1a:2b:3:4d:5e:6f", nil},
		{"ipv6", "from 2001:db8::1, [2001:db8:0:0:0:0:2:1]:443 fe80::1ff:fe23:4567:890a%eth0 ::ffff:192.0.2.128", []string{"2001:db8::1", "2001:db8:0:0:0:0:2:1", "fe80::1ff:fe23:4567:890a", "::ffff:192.0.2.128"}},
		{"ipv6", "std::vector Face::Bed 10:15:30 ::1 :: 00:1a:2b:3c:4d:5e a::b {\"a\":1}", nil},
		{"mac", "00:1A:2b:3c:4d:5e 00-1a-2b-3c-4d-5e 001a.2b3c.4d5e aa:bb:cc:dd:ee:ff", []string{"00:1A:2b:3c:4d:5e", "00-1a-2b-3c-4d-5e", "001a.2b3c.4d5e", "aa:bb:cc:dd:ee:ff"}},
		{"mac", "00:00:00:00:00:00 ff:ff:ff:ff:ff:ff aa:bb:cc:dd:ee:ff:00:11 24-01-15-10-30-00 10:15:30:12:13:14", nil},
		{"mac", "mac=001122334455, macAddress: 00115E0053AF", []string{"001122334455", "00115E0053AF"}},
		{"mac", "id a1b2c3d4e5f6 account 123456789012 00:00:00", nil},
		{"btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa 3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", []string{"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"}},
		{"btc", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", []string{"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"}},
		{"btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", nil},
		{"eth", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", []string{"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}},
		{"eth", "0x0000000000000000000000000000000000000000 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed00", nil},
		{"imei", "imei: 490154203237518", []string{"490154203237518"}},
		{"imei", "49-015420-323751-8", []string{"49-015420-323751-8"}},
		{"imei", "490154203237518 imei 490154203237519", []string{"490154203237518"}},
		{"imei", "490154203237518", nil},
		{"vin", "1M8GDM9AXKP042788", []string{"1M8GDM9AXKP042788"}},
		{"vin", "vin=wvwzzz1jz3w386752", []string{"wvwzzz1jz3w386752"}},
		{"vin", "1M8GDM9AYKP042788 1M8GDM9AXKP04278O", nil},
	} {
		assert.Equal(t, tc.want, findKeyed(t, tc.detector, "", tc.value), "%s in %q", tc.detector, tc.value)
	}
}
