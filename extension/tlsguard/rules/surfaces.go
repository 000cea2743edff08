package rules

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Surface is one place where the configuration makes the process listen on
// TCP, as the probe needs to know it.
type Surface struct {
	// Path of the listener.
	Path string
	// Host and Port as configured; port 0 lets the kernel choose.
	Host string
	Port uint16
	// Decided is true when the configuration has said all there is to say and
	// the probe must keep away: own telemetry and health endpoints, and line
	// protocols, which would take the probe's bytes as telemetry.
	Decided bool
	// Ingests is true for a line protocol: it would take a probe's bytes as
	// telemetry, so that nothing is ever sent to a socket that may be its.
	Ingests bool
	// Policy that holds for the listener.
	Policy ReceiverPolicy
	// Inline is true when its certificate is given as PEM text, so that only the
	// socket shows it.
	Inline bool
	// Auth is true when the listener names an authenticator.
	Auth bool
}

// Surfaces lists where a configuration listens.
func Surfaces(input Input, policy Policy) []Surface {
	ctx := &verdict{input: input, policy: policy, graph: newGraph(input.Config, input.Classifier)}
	var out []Surface
	for _, kind := range []Kind{Receiver, Processor, Exporter, Connector, Extension} {
		for _, c := range ctx.graph.components[kind] {
			found := false
			for _, s := range c.surfaces(ctx) {
				out = append(out, s)
				found = true
			}
			if !found && len(listenersOf(c)) == 0 {
				out = append(out, guessed(ctx, c)...)
			}
		}
	}
	metrics := mapAt(input.Config, "service", "telemetry", "metrics")
	for i, item := range listAt(metrics, "readers") {
		reader, _ := asMap(item)
		if section := mapAt(reader, "pull", "exporter", "prometheus"); section != nil && stringAt(metrics, "level") != "none" {
			port, _ := strconv.ParseUint(stringAt(section, "port"), 10, 16)
			out = append(out, Surface{
				Path: Path("service", "telemetry", "metrics", "readers", strconv.Itoa(i)),
				Host: hostOf(stringAt(section, "host")), Port: uint16(port), Decided: true,
			})
		}
	}
	return out
}

func (c component) surfaces(ctx *verdict) []Surface {
	var out []Surface
	own := c.kind == Extension && ownRules(c)
	add := func(path string, section map[string]any, ingests, auth bool) {
		for _, name := range addressNames {
			host, port, ok := hostPort(stringAt(section, name))
			if ok {
				out = append(out, Surface{
					Path: path, Host: host, Port: port, Policy: ctx.receiverPolicy(path), Auth: auth,
					Ingests: ingests, Decided: own || ingests,
					Inline: stringAt(mapAt(section, "tls"), "cert_pem") != "",
				})
				return
			}
		}
	}
	for _, l := range listenersOf(c) {
		if l.udp {
			continue // it explains no TCP socket, at its own port or at another
		}
		add(l.path, l.section, !own && (!l.canTLS || l.lines || lineProtocols[c.typ]), l.auth)
	}
	if own && len(out) == 0 {
		add(c.path(), c.body, false, false)
	}
	return out
}

// guessed finds the path for the socket of a component whose types say
// nothing about listening: any value that reads host:port.
func guessed(ctx *verdict, c component) []Surface {
	if dials[c.kind][c.typ] || c.kind == Exporter || c.kind == Extension {
		return nil
	}
	var out []Surface
	var walk func(value any, depth int)
	walk = func(value any, depth int) {
		if depth > 8 {
			return
		}
		if text, ok := value.(string); ok {
			if host, port, ok := hostPort(text); ok {
				out = append(out, Surface{Path: c.path(), Host: host, Port: port, Policy: ctx.receiverPolicy(c.path())})
			}
			return
		}
		if m, ok := asMap(value); ok {
			for _, key := range sortedKeys(m) {
				walk(m[key], depth+1)
			}
		}
	}
	walk(c.body, 0)
	return out
}

func hostPort(text string) (string, uint16, bool) {
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, false
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return host, uint16(number), err == nil
}

// SocketPath is the path of a socket that no setting explains.
func SocketPath(address netip.AddrPort) string { return Path("sockets", address.String()) }

// implied names the config-phase rules whose exemption also holds for what
// the probe sees of the same leak.
var implied = map[string][]string{
	"TG080": {"TG080", "TG001", "TG006", "TG070"},
	"TG081": {"TG081", "TG002", "TG010", "TG001", "TG006", "TG070"},
	"TG082": {"TG082", "TG002", "TG003", "TG001", "TG006", "TG070"},
}

// Exempt returns the exemption that holds for a finding of the probe.
func Exempt(f Finding, policy Policy, now time.Time) (Exemption, bool) {
	ids := implied[f.ID]
	if ids == nil {
		ids = []string{f.ID}
	}
	for _, e := range policy.Exemptions {
		for _, id := range ids {
			if e.holds(now) && e.matches(Finding{ID: id, Path: f.Path}) {
				return e, true
			}
		}
	}
	return Exemption{}, false
}

// OldFinding is what the guard says about a socket that speaks nothing above
// TLS 1.1, whatever its settings say.
func OldFinding(path string, socket netip.AddrPort, policy ReceiverPolicy) Finding {
	return Finding{
		"TG004", Error, path, fmt.Sprintf("the socket at %s speaks nothing above TLS 1.1", socket),
		"set tls.min_version: \"" + policy.MinVersion + "\"",
	}
}

// ProbeFinding is what the guard says about a socket that the probe found
// open; ok is false when the result is fine under the policy.
func ProbeFinding(result string, path string, socket netip.AddrPort, policy ReceiverPolicy, auth bool) (Finding, bool) {
	where := fmt.Sprintf("the socket at %s ", socket)
	switch result {
	case "plaintext":
		return Finding{"TG080", Error, path, where + "does not answer a handshake with TLS", "the component listens in plaintext whatever its settings say: remove it"}, true
	case "no_client_certificate":
		if policy.ClientAuth == ClientAuthOptional || policy.ClientAuth == ClientAuthAuth && auth {
			return Finding{}, false
		}
		return Finding{"TG081", Error, path, where + "lets a client without a certificate in", "set tls.client_ca_file"}, true
	case "unknown_ca_accepted":
		if policy.ClientAuth == ClientAuthOptional || policy.ClientAuth == ClientAuthAuth && auth {
			return Finding{}, false
		}
		return Finding{"TG082", Error, path, where + "lets a self-signed client certificate in", "set tls.client_ca_file to the CA of your clients"}, true
	case "unreachable":
		return Finding{"TG080", Error, path, where + "could not be probed", "check that the process may connect to itself, or set probe.enabled: false"}, true
	}
	return Finding{}, false
}
