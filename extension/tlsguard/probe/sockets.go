package probe

import (
	"errors"
	"net/netip"
)

// ErrNoEnumeration says that this platform does not show a process its own
// sockets; only Linux does.
var ErrNoEnumeration = errors.New("the sockets of a process can be enumerated on Linux only")

// Socket is one listening TCP socket of this process.
type Socket struct {
	// Address as bound; the unspecified address means every interface.
	Address netip.AddrPort
	// Inode tells a socket from a later one at the same address.
	Inode uint64
}

// Reachable is an address at which this process can reach the socket.
func (s Socket) Reachable() netip.AddrPort {
	address := s.Address.Addr()
	if address.IsUnspecified() {
		if address.Is4() {
			address = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		} else {
			address = netip.IPv6Loopback()
		}
	}
	return netip.AddrPortFrom(address, s.Address.Port())
}
