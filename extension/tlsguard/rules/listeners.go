package rules

import (
	"crypto/tls"
	"slices"
	"strings"
)

// listener is one place where a component takes connections.
type listener struct {
	path    string
	address address
	// section holds the address.
	section map[string]any
	// lines is true for a line protocol among the operators of a receiver.
	lines bool
	// udp is true when the transport itself knows no TLS.
	udp bool
	// canTLS is false when the component's settings have no place for TLS.
	canTLS bool
	// tls is nil when the listener is plaintext. Effective configurations show
	// neither tls: null nor tls: {enabled: false}: both are plaintext.
	tls map[string]any
	// auth is true when the listener names an authenticator.
	auth bool
}

// addressNames are the keys that hold a network address in the collector's
// components, own and contrib.
var addressNames = []string{"endpoint", "listen_address", "address", "addr", "bind_address", "host_endpoint", "endpoints", "brokers", "hosts", "url", "uri"}

func firstAddress(section map[string]any) address {
	for _, name := range addressNames {
		if value := stringsAt(section, name); len(value) > 0 && value[0] != "" {
			return parseAddress(value[0], stringAt(section, "transport"))
		}
	}
	return address{}
}

// listenersOf lists where a component listens, judged by the types of its
// configuration.
func listenersOf(c component) []listener {
	var out []listener
	for _, field := range c.shape.Fields {
		switch field.Shape {
		case HTTPServer, GRPCServer:
			for _, p := range expand(c.body, field.Path) {
				section := p.section()
				if !p.present || (section == nil && field.Path != "") {
					continue
				}
				out = append(out, serverListener(c.path(p.path...), section))
			}
		case TLSServer:
			parent, _ := splitLast(field.Path)
			for _, p := range expand(c.body, parent) {
				section := p.section()
				if !p.present || section == nil {
					continue
				}
				out = append(out, serverListener(c.path(p.path...), section))
			}
		case NetAddr, Address:
			if c.kind != Receiver || c.hasTLSBeside(field) || dials[c.kind][c.typ] {
				continue
			}
			out = append(out, c.bareListeners(field)...)
		}
	}
	return dedupe(append(out, operatorListeners(c)...))
}

func serverListener(path string, section map[string]any) listener {
	var settings map[string]any
	if isSet(section, "tls") {
		settings = mapAt(section, "tls")
		if enabled, ok := settings["enabled"].(bool); ok && !enabled {
			settings = nil
		}
	}
	return listener{
		path:    path,
		address: firstAddress(section),
		section: section,
		udp:     strings.HasPrefix(stringAt(section, "transport"), "udp"),
		canTLS:  true,
		tls:     settings,
		auth:    isSet(section, "auth"),
	}
}

// bareListeners are addresses without a place for TLS beside them. A string
// named endpoint may as well be dialled: only names that say listen, the
// confignet type, or a type from the table count here; see unknown.go.
func (c component) bareListeners(field Field) []listener {
	var out []listener
	for _, p := range expand(c.body, field.Path) {
		section, path := p.section(), p.path
		if field.Shape == Address {
			_, name := splitLast(field.Path)
			if !p.present || p.value == "" || !listensByName(c, name) {
				continue
			}
			section, path = p.parent, p.path[:len(p.path)-1]
			if section == nil {
				section = c.body
			}
		}
		if section == nil || !p.present || !firstAddress(section).written() {
			continue
		}
		transport := stringAt(section, "transport")
		out = append(out, listener{
			path:    c.path(path...),
			address: firstAddress(section),
			section: section,
			udp:     strings.HasPrefix(transport, "udp") || datagrams[c.typ] || len(path) > 0 && path[len(path)-1] == "udp",
		})
	}
	return out
}

func listensByName(c component, name string) bool {
	return strings.HasPrefix(name, "listen") || strings.HasPrefix(name, "bind") || listens[c.kind][c.typ]
}

// hasTLSBeside is true when a TLS shape stands in the same section.
func (c component) hasTLSBeside(field Field) bool {
	parent := field.Path
	if field.Shape == Address {
		parent, _ = splitLast(field.Path)
	}
	return slices.ContainsFunc(c.shape.Fields, func(other Field) bool {
		switch other.Shape {
		case TLSServer, TLSClient, TLSCommon:
			beside, _ := splitLast(other.Path)
			return beside == parent
		case HTTPServer, GRPCServer, HTTPClient, GRPCClient:
			return other.Path == parent
		}
		return false
	})
}

func splitLast(path string) (parent, last string) {
	i := strings.LastIndex(path, "::")
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+2:]
}

func dedupe(in []listener) []listener {
	var out []listener
	for _, l := range in {
		if !slices.ContainsFunc(out, func(seen listener) bool { return seen.path == l.path }) {
			out = append(out, l)
		}
	}
	return out
}

// checkListeners holds TG001 to TG006 and TG010 for every component that
// takes connections.
func checkListeners(ctx *verdict) {
	for _, kind := range []Kind{Receiver, Processor, Exporter, Connector, Extension} {
		for _, c := range ctx.graph.components[kind] {
			if kind == Extension && ownRules(c) {
				continue
			}
			for _, l := range listenersOf(c) {
				ctx.checkListener(l)
			}
		}
	}
}

func (ctx *verdict) checkListener(l listener) {
	if l.address.servedLocally(ctx.input.Environment, ctx.policy.Allow) {
		return
	}
	if !l.canTLS || l.udp {
		ctx.add("TG006", Error, l.path, "listens and cannot do TLS", "remove the receiver, put it behind one that can, or exempt it with a reason and an end")
		return
	}
	if l.tls == nil {
		ctx.add("TG001", Error, l.path, "accepts plaintext", "set tls.cert_file, tls.key_file and tls.client_ca_file")
		if l.auth {
			ctx.add("TG009", Error, Path(l.path, "auth"), "takes credentials over plaintext", "set tls.cert_file and tls.key_file")
		}
		return
	}
	at := Path(l.path, "tls")
	policy := ctx.receiverPolicy(l.path)
	clientCA := isSet(l.tls, "client_ca_file") && stringAt(l.tls, "client_ca_file") != ""
	switch {
	case clientCA && boolAt(l.tls, "include_system_ca_certs_pool"):
		ctx.add("TG003", Error, Path(at, "include_system_ca_certs_pool"), "lets in every client certificate of every public CA", "set include_system_ca_certs_pool: false")
	case clientCA:
	case policy.ClientAuth == ClientAuthRequired:
		message := "asks for no client certificate"
		if isSet(l.tls, "ca_file") {
			message += " (ca_file does nothing on a server)"
		}
		ctx.add("TG002", Error, at, message, "set tls.client_ca_file to the CA of your clients")
	case policy.ClientAuth == ClientAuthAuth && !l.auth:
		ctx.add("TG010", Error, l.path, "lets anybody in who speaks TLS", "set tls.client_ca_file or auth.authenticator")
	}
	for _, p := range oldVersions(l.tls, policy.MinVersion) {
		ctx.add("TG004", Error, Path(at, p.key), p.message, p.remedy)
	}
	for _, p := range insecureSuites(l.tls) {
		ctx.add("TG005", Error, Path(at, p.key), p.message, p.remedy)
	}
	ctx.checkKeyExchange(at, l.tls, policy)
}

var tlsVersions = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// problem is what is wrong with one setting of a TLS section.
type problem struct{ key, message, remedy string }

// oldVersions is TG004. configtls falls back to TLS 1.2 for an empty
// min_version and has no upper limit by default.
func oldVersions(settings map[string]any, floor string) []problem {
	var out []problem
	want := tlsVersions[floor]
	lowest := stringAt(settings, "min_version")
	if lowest == "" {
		lowest = "1.2"
	}
	if version, ok := tlsVersions[lowest]; !ok || version < want {
		out = append(out, problem{"min_version", "accepts TLS " + lowest, "set tls.min_version: \"" + floor + "\""})
	}
	if highest := stringAt(settings, "max_version"); highest != "" {
		if version, ok := tlsVersions[highest]; !ok || version < want {
			out = append(out, problem{"max_version", "accepts at most TLS " + highest, "remove tls.max_version"})
		}
	}
	return out
}

// insecureSuites is the hard half of TG005. Go chooses the TLS 1.3 suites
// itself; the list only matters for 1.2 and below.
func insecureSuites(settings map[string]any) []problem {
	var out []problem
	for _, suite := range stringsAt(settings, "cipher_suites") {
		if slices.ContainsFunc(tls.InsecureCipherSuites(), func(s *tls.CipherSuite) bool { return s.Name == suite }) {
			out = append(out, problem{"cipher_suites", "allows the insecure suite " + suite, "remove it"})
		}
	}
	if boolAt(settings, "include_insecure_cipher_suites") {
		out = append(out, problem{"include_insecure_cipher_suites", "allows insecure suites", "set include_insecure_cipher_suites: false"})
	}
	return out
}

// checkKeyExchange is the soft half of TG005.
func (ctx *verdict) checkKeyExchange(at string, settings map[string]any, policy ReceiverPolicy) {
	severity := Warn
	switch policy.PostQuantum {
	case PostQuantumOff:
		return
	case PostQuantumRequire:
		severity = Error
	}
	const remedy = "allow X25519MLKEM768 and TLS 1.3, or set receivers.post_quantum: off"
	if curves := stringsAt(settings, "curve_preferences"); len(curves) > 0 && !slices.ContainsFunc(curves, func(c string) bool { return strings.Contains(c, "MLKEM") }) {
		ctx.add("TG005", severity, Path(at, "curve_preferences"), "offers no post-quantum group", remedy)
	} else if highest := stringAt(settings, "max_version"); highest != "" && highest != "1.3" {
		ctx.add("TG005", severity, Path(at, "max_version"), "offers no post-quantum group, which TLS below 1.3 has not", remedy)
	}
}
