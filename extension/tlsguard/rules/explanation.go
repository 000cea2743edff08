package rules

import (
	"net/netip"
	"strings"
)

// Explanation says which setting a socket comes from.
type Explanation struct {
	// Surface is the setting; the zero value when none explains the socket.
	Surface Surface
	// Known is true when a setting explains the socket.
	Known bool
	// Ambiguous is true when the socket may belong to a setting that must not be
	// probed, and as well be one that nobody has written down.
	Ambiguous bool
}

// Explain finds the surface behind each socket: the one at its host and port,
// else one whose port the kernel chose at its host. Where two fit, the one
// that is probed wins: a health endpoint must not hide a receiver.
//
// A setting with port 0 opens one socket. When more sockets remain than such
// settings, one of them is not what it seems, and no look at them shows which:
// all of them are ambiguous.
func Explain(surfaces []Surface, sockets []netip.AddrPort) []Explanation {
	out := make([]Explanation, len(sockets))
	var decided []int
	for i, socket := range sockets {
		if s, ok := written(surfaces, socket); ok {
			out[i] = Explanation{Surface: s, Known: true}
			continue
		}
		s, ok, ambiguous := chosen(surfaces, socket)
		out[i] = Explanation{Surface: s, Known: ok, Ambiguous: ambiguous}
		if ok && s.Decided {
			decided = append(decided, i)
		}
	}
	free := 0
	for _, s := range surfaces {
		if s.Decided && s.Port == 0 {
			free++
		}
	}
	for _, i := range decided {
		out[i].Ambiguous = out[i].Ambiguous || len(decided) > free
	}
	return out
}

// written is the surface whose port is the socket's.
func written(surfaces []Surface, socket netip.AddrPort) (Surface, bool) {
	best, rank := Surface{}, 0
	for _, s := range surfaces {
		if s.Port != socket.Port() {
			continue
		}
		score := hostRank(s.Host, socket.Addr())
		if score > 0 && !s.Decided {
			score++
		}
		if score > rank {
			best, rank = s, score
		}
	}
	return best, rank > 0
}

// chosen is the surface with port 0 at the socket's host. It is ambiguous when
// one that is probed and one that must not be both fit.
func chosen(surfaces []Surface, socket netip.AddrPort) (best Surface, found, ambiguous bool) {
	ingests, probed := false, false
	for _, s := range surfaces {
		if s.Port != 0 || hostRank(s.Host, socket.Addr()) == 0 {
			continue
		}
		ingests, probed = ingests || s.Ingests, probed || !s.Decided
		if !found || best.Decided && !s.Decided {
			best, found = s, true
		}
	}
	return best, found, ingests && probed
}

// hostRank is 4 for the same host, 2 for a name that may stand for it, 0 for
// another host.
func hostRank(host string, address netip.Addr) int {
	same := false
	if ip, err := netip.ParseAddr(host); err == nil {
		ip = ip.Unmap().WithZone("")
		same = ip == address.WithZone("") || ip.IsUnspecified() && address.IsUnspecified()
	} else if host == "" {
		same = address.IsUnspecified()
	} else if strings.EqualFold(host, "localhost") {
		same = address.IsLoopback()
	} else {
		return 2
	}
	if same {
		return 4
	}
	return 0
}

// AmbiguousFinding refuses a socket that cannot be told from one that must not
// be probed.
func AmbiguousFinding(socket netip.AddrPort, surface Surface) Finding {
	return Finding{
		"TG080", Error, SocketPath(socket),
		"this socket cannot be told from that of " + surface.Path + ", whose port the kernel chooses",
		"give every listener a port of its own",
	}
}
