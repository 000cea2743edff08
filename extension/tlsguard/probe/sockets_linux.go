package probe

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// listenState is TCP_LISTEN in the kernel's tcp_states.h.
const listenState = "0A"

// Sockets lists the listening TCP sockets of this process: the inodes behind
// its descriptors, joined with the kernel's tables. It needs no privilege.
func Sockets() ([]Socket, error) {
	inodes, err := ownInodes("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	var out []Socket
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		file, err := os.Open(table)
		if errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(table, "6") {
			continue // a kernel without IPv6
		}
		if err != nil {
			return nil, fmt.Errorf("cannot enumerate sockets: %w", err)
		}
		found, err := parseTable(file, inodes)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("cannot enumerate sockets: %s: %w", table, err)
		}
		out = append(out, found...)
	}
	return out, nil
}

func ownInodes(folder string) (map[uint64]bool, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("cannot enumerate sockets: %w", err)
	}
	inodes := make(map[uint64]bool)
	for _, entry := range entries {
		target, err := os.Readlink(folder + "/" + entry.Name())
		if err != nil {
			continue // closed since
		}
		text, ok := strings.CutPrefix(target, "socket:[")
		if !ok {
			continue
		}
		if inode, err := strconv.ParseUint(strings.TrimSuffix(text, "]"), 10, 64); err == nil {
			inodes[inode] = true
		}
	}
	return inodes, nil
}

// parseTable reads /proc/net/tcp (proc(5)): after a heading, each line holds
// slot, local address, remote address, state and, as its tenth field, the
// inode.
func parseTable(table io.Reader, inodes map[uint64]bool) ([]Socket, error) {
	var out []Socket
	scanner := bufio.NewScanner(table)
	for heading := true; scanner.Scan(); heading = false {
		fields := strings.Fields(scanner.Text())
		if heading || len(fields) < 10 || fields[3] != listenState {
			continue
		}
		inode, err := strconv.ParseUint(fields[9], 10, 64)
		if err != nil || !inodes[inode] {
			continue
		}
		address, err := parseHexAddress(fields[1])
		if err != nil {
			return nil, err
		}
		out = append(out, Socket{Address: address, Inode: inode})
	}
	return out, scanner.Err()
}

// parseHexAddress reads 0100007F:10DD. The kernel prints each 32-bit word of
// an address in host byte order.
func parseHexAddress(text string) (netip.AddrPort, error) {
	host, port, ok := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	if !ok || err != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, fmt.Errorf("unreadable address %q", text)
	}
	for i := 0; i < len(raw); i += 4 {
		binary.NativeEndian.PutUint32(raw[i:], binary.BigEndian.Uint32(raw[i:]))
	}
	address, ok := netip.AddrFromSlice(raw)
	number, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return netip.AddrPort{}, fmt.Errorf("unreadable address %q", text)
	}
	return netip.AddrPortFrom(address.Unmap(), uint16(number)), nil
}
