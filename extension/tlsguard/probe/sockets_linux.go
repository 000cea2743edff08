package probe

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Sockets lists the listening TCP sockets of this process: it asks each of its
// own descriptors. That needs no privilege, and its cost depends on this
// process alone, not on how many connections the host has.
func Sockets() ([]Socket, error) {
	const folder = "/proc/self/fd"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("cannot enumerate sockets: %w", err)
	}
	var out []Socket
	for _, entry := range entries {
		target, err := os.Readlink(folder + "/" + entry.Name())
		if err != nil {
			continue // closed since
		}
		text, ok := strings.CutPrefix(target, "socket:[")
		if !ok {
			continue
		}
		inode, err := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("cannot enumerate sockets: %s is %q", entry.Name(), target)
		}
		descriptor, err := strconv.Atoi(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("cannot enumerate sockets: descriptor %q", entry.Name())
		}
		address, ok, err := listening(descriptor)
		if err != nil {
			return nil, fmt.Errorf("cannot enumerate sockets: descriptor %d: %w", descriptor, err)
		}
		if ok {
			out = append(out, Socket{Address: address, Inode: inode})
		}
	}
	return out, nil
}

// listening returns where a descriptor accepts connections over IP. A
// descriptor that was closed meanwhile, or taken by a file, listens nowhere.
func listening(descriptor int) (netip.AddrPort, bool, error) {
	accepts, err := syscall.GetsockoptInt(descriptor, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	if errors.Is(err, syscall.EBADF) || errors.Is(err, syscall.ENOTSOCK) || errors.Is(err, syscall.ENOPROTOOPT) || errors.Is(err, syscall.EOPNOTSUPP) {
		return netip.AddrPort{}, false, nil
	}
	if err != nil || accepts == 0 {
		return netip.AddrPort{}, false, err
	}
	name, err := syscall.Getsockname(descriptor)
	if errors.Is(err, syscall.EBADF) || errors.Is(err, syscall.ENOTSOCK) || errors.Is(err, syscall.EAFNOSUPPORT) {
		// The standard library reads no names of vsock and the like.
		return netip.AddrPort{}, false, nil
	}
	if err != nil {
		return netip.AddrPort{}, false, err
	}
	switch address := name.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(address.Addr), uint16(address.Port)), true, nil
	case *syscall.SockaddrInet6:
		ip := netip.AddrFrom16(address.Addr).Unmap()
		if address.ZoneId != 0 && ip.Is6() {
			ip = ip.WithZone(strconv.FormatUint(uint64(address.ZoneId), 10))
		}
		return netip.AddrPortFrom(ip, uint16(address.Port)), true, nil
	}
	return netip.AddrPort{}, false, nil // unix sockets are decided by the configuration
}
