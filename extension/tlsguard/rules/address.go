package rules

import (
	"net"
	"net/netip"
	"net/url"
	"path"
	"strings"
)

// address is a network address as written in a configuration; the zero value
// means that none is written.
type address struct {
	// text as written; it tells :4317, every interface, from no address at all.
	// It may hold credentials and is never printed.
	text string
	// scheme in lower case; empty when the address has none.
	scheme string
	// host without port and brackets; empty stands for every interface.
	host string
	// socket is the path of a unix socket, @name for an abstract one.
	socket string
}

// parseAddress reads host:port, URLs and unix sockets. transport is the value
// of a sibling transport key and may be empty.
func parseAddress(value, transport string) address {
	value = strings.TrimSpace(value)
	if value == "" {
		return address{}
	}
	if strings.HasPrefix(strings.ToLower(transport), "unix") {
		return address{text: value, scheme: "unix", socket: value}
	}
	for _, prefix := range []string{"unix-abstract:", "unix://", "unix:"} {
		// unix:9092 is a port of a host of that name to all but gRPC.
		if rest, ok := strings.CutPrefix(value, prefix); ok && strings.Trim(rest, "0123456789") != "" {
			if prefix == "unix-abstract:" {
				rest = "@" + rest
			}
			return address{text: value, scheme: "unix", socket: rest}
		}
	}
	if strings.Contains(value, "://") {
		parsed, err := url.Parse(value)
		if err != nil {
			// An address that nobody can read must not count as loopback.
			scheme, _, _ := strings.Cut(strings.ToLower(value), "://")
			return address{text: value, scheme: scheme, host: "unreadable.invalid"}
		}
		scheme := strings.ToLower(parsed.Scheme)
		target := parsed.Host
		// gRPC resolver schemes carry the target in the path: dns:///host:port.
		if resolved := strings.TrimPrefix(parsed.Path, "/"); resolved != "" && !isWebScheme(scheme) {
			target = resolved
		}
		return address{text: value, scheme: scheme, host: hostOf(target)}
	}
	return address{text: value, host: hostOf(value)}
}

func isWebScheme(scheme string) bool {
	switch scheme {
	case "http", "https", "ws", "wss", "tcp", "tls", "ssl":
		return true
	}
	return false
}

func hostOf(hostPort string) string {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = strings.Trim(hostPort, "[]")
	}
	return host
}

// written is false when there is no address at all.
func (a address) written() bool { return a.text != "" }

// plainScheme is true when the scheme itself says plaintext.
func (a address) plainScheme() bool {
	switch a.scheme {
	case "http", "ws", "tcp", "mqtt", "amqp", "redis", "nats":
		return true
	}
	return false
}

// loopback is true when every address that the host stands for is loopback. A
// name is resolved first: an /etc/hosts that points localhost elsewhere must
// not open a door. An empty host listens on every interface.
func (a address) loopback(env Environment) bool {
	if a.socket != "" || a.host == "" {
		return false
	}
	if ip, err := netip.ParseAddr(a.host); err == nil {
		return ip.Unmap().IsLoopback()
	}
	if env.LookupHost == nil {
		return false
	}
	addrs, err := env.LookupHost(a.host)
	if err != nil || len(addrs) == 0 {
		return false
	}
	for _, ip := range addrs {
		if !ip.Unmap().IsLoopback() {
			return false
		}
	}
	return true
}

// local is true when the address never leaves the host under the policy.
func (a address) local(env Environment, allow AllowPolicy) bool {
	if a.socket != "" {
		return allow.UnixSockets && (ownFile(env.Files, a.socket) || privateSocket(env.Files, a.socket))
	}
	return allow.LoopbackPlaintext && a.loopback(env)
}

// servedLocally is local for an address that is listened on. A socket that stands
// there already says nothing: it is made anew, with another mode.
func (a address) servedLocally(env Environment, allow AllowPolicy) bool {
	if a.socket != "" {
		return allow.UnixSockets && privateSocket(env.Files, a.socket)
	}
	return a.local(env, allow)
}

// ownFile is true when the socket's file keeps other users out: connect(2) needs
// write permission on it.
func ownFile(files Files, socket string) bool {
	if files == nil || strings.HasPrefix(socket, "@") || strings.HasPrefix(socket, "\x00") {
		return false
	}
	access, err := files.Access(socket)
	return err == nil && (!access.Known || access.Mode.Perm()&0o002 == 0)
}

// privateSocket is true when one of the folders above the socket's file keeps other
// users out: connect(2) needs search permission on every one. An abstract socket has
// none.
func privateSocket(files Files, socket string) bool {
	if socket == "" || strings.HasPrefix(socket, "@") || strings.HasPrefix(socket, "\x00") {
		return false
	}
	if files == nil {
		return true
	}
	if !path.IsAbs(socket) {
		return false
	}
	for folder := path.Dir(path.Clean(socket)); ; folder = path.Dir(folder) {
		if access, err := files.Access(folder); err == nil && access.Known && access.Mode.Perm()&0o001 == 0 {
			return true
		}
		if folder == "/" || folder == "." {
			return false
		}
	}
}
