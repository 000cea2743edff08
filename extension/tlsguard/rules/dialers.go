package rules

import (
	"net/url"
	"strings"
)

// dialer is one place where a component opens connections.
type dialer struct {
	path  string
	shape Shape
	// section holds endpoint, tls, auth and headers.
	section map[string]any
	// tls is empty when the component's own default applies.
	tls map[string]any
	// absent is true where TLS must be asked for (a pointer or an optional)
	// and was not.
	absent bool
	// addresses with the key each was read from.
	addresses map[string]address
}

// dialersOf lists where a component connects to.
func dialersOf(c component) []dialer {
	var out []dialer
	for _, field := range c.shape.Fields {
		switch field.Shape {
		case HTTPClient, GRPCClient:
			for _, p := range expand(c.body, field.Path) {
				section := p.section()
				if section == nil {
					continue
				}
				addresses := addressesOf(section)
				if overwritesEndpoint[c.kind][c.typ] {
					addresses = nil // where it connects to is found at run time
				}
				out = append(out, dialer{
					path: c.path(p.path...), shape: field.Shape, section: section,
					tls: mapAt(section, "tls"), addresses: addresses,
				})
			}
		case TLSClient:
			parent, _ := splitLast(field.Path)
			for _, p := range expand(c.body, parent) {
				section := p.section()
				if !p.present || section == nil {
					continue
				}
				settings := mapAt(section, "tls")
				out = append(out, dialer{
					path: c.path(p.path...), shape: TLSClient, section: section, tls: settings,
					absent: field.Optional && settings == nil, addresses: addressesOf(section),
				})
			}
		}
	}
	return out
}

// addressesOf reads every key that holds an address: otlp_http has an
// endpoint for each signal beside the common one.
func addressesOf(section map[string]any) map[string]address {
	out := make(map[string]address)
	for _, key := range sortedKeys(section) {
		if !isAddressName(key) {
			continue
		}
		for _, value := range stringsAt(section, key) {
			// Of a list, one address in clear is enough.
			if value != "" && !out[key].plainScheme() {
				out[key] = parseAddress(value, "")
			}
		}
	}
	return out
}

// isAddressName is false for a proxy: what goes through it may be encrypted all
// the same.
func isAddressName(key string) bool {
	if key == "proxy_url" {
		return false
	}
	for _, name := range addressNames {
		if key == name || strings.HasSuffix(key, "_"+name) {
			return true
		}
	}
	return false
}

// plaintextAt returns the path of the setting that makes the connection
// plaintext, empty when it is encrypted. What each client really does with
// insecure and the scheme was read from configgrpc and confighttp v0.158.
func (d dialer) plaintextAt(local func(address) bool) (path string, to address) {
	insecure := boolAt(d.tls, "insecure")
	hasCA := stringAt(d.tls, "ca_file") != "" || stringAt(d.tls, "ca_pem") != ""
	switch d.shape {
	case HTTPClient:
		// The scheme alone decides; insecure only drops the TLS settings.
		for _, key := range sortedKeys(d.addresses) {
			if a := d.addresses[key]; a.plainScheme() && (path == "" || !local(a)) {
				path, to = Path(d.path, key), a
				if !local(a) {
					break // one that leaves the host decides
				}
			}
		}
		return path, to
	case GRPCClient:
		a := d.first()
		// https:// in small letters and a CA each turn TLS on, whatever insecure
		// says.
		if insecure && !hasCA && !strings.HasPrefix(a.text, "https://") {
			return Path(d.path, "tls", "insecure"), a
		}
		return "", address{}
	default:
		a := d.first()
		switch {
		case d.absent:
			return Path(d.path, "tls"), a
		case insecure && !hasCA:
			return Path(d.path, "tls", "insecure"), a
		}
		for _, key := range sortedKeys(d.addresses) {
			if to := d.addresses[key]; to.plainScheme() {
				return Path(d.path, key), to
			}
		}
		return "", address{}
	}
}

func (d dialer) first() address {
	for _, key := range sortedKeys(d.addresses) {
		return d.addresses[key]
	}
	return address{}
}

// ignoredAt returns the setting that TLS ignores without a word, and why.
func (d dialer) ignoredAt() (path, message string) {
	insecure := boolAt(d.tls, "insecure")
	hasCA := stringAt(d.tls, "ca_file") != "" || stringAt(d.tls, "ca_pem") != ""
	hasCert := stringAt(d.tls, "cert_file") != "" || stringAt(d.tls, "cert_pem") != ""
	plain, _ := d.plaintextAt(func(address) bool { return false })
	switch {
	case insecure && hasCA && plain == "":
		return Path(d.path, "tls", "insecure"), "insecure: true is ignored beside a CA"
	case plain != "" && (hasCA || hasCert):
		return Path(d.path, "tls"), "certificates are set and never used: the connection is plaintext"
	case insecure && plain == "":
		return Path(d.path, "tls", "insecure"), "insecure: true drops the certificates and the CA: TLS runs with system roots only"
	case d.shape == GRPCClient && d.first().scheme == "http" && plain == "":
		return Path(d.path, "endpoint"), "the scheme http:// is ignored: the connection uses TLS"
	}
	return "", ""
}

// credentials returns the path of a credential that the dialer sends.
func (d dialer) credentials() string {
	if isSet(d.section, "auth") {
		return Path(d.path, "auth")
	}
	headers := d.section["headers"]
	names := sortedKeys(mapAt(headers))
	for _, item := range listAt(d.section, "headers") {
		entry, _ := asMap(item)
		names = append(names, stringAt(entry, "name"))
	}
	for _, name := range names {
		lower := strings.ToLower(name)
		for _, word := range []string{"authorization", "api-key", "apikey", "api_key", "token", "cookie", "secret"} {
			if strings.Contains(lower, word) {
				return Path(d.path, "headers")
			}
		}
	}
	return ""
}

// checkProxy judges the way to a proxy. TLS runs through it from end to end;
// the name of the destination and the proxy's own password do not.
func (ctx *verdict) checkProxy(mode Mode, id, at, value string) {
	if to := parseAddress(value, ""); !to.plainScheme() || to.local(ctx.input.Environment, ctx.policy.Allow) {
		return
	}
	ctx.addMode(mode, id, at, "speaks to the proxy over plaintext: where it connects to can be read on the way", "use an https proxy, or exempt it with a reason and an end")
	if parsed, err := url.Parse(value); err == nil && parsed.User != nil {
		ctx.addMode(mode, "TG009", at, "sends the proxy's credentials over plaintext", "use an https proxy")
	}
}

// checkClientTLS judges the versions and suites that a client accepts: whoever
// answers chooses among them. The floor is RFC 8996's whatever the receivers'
// policy asks for: the other side may not be able to do more.
func (ctx *verdict) checkClientTLS(mode Mode, at string, settings map[string]any) {
	for _, p := range oldVersions(settings, "1.2") {
		ctx.addMode(mode, "TG004", Path(at, p.key), p.message, p.remedy)
	}
	for _, p := range insecureSuites(settings) {
		ctx.addMode(mode, "TG005", Path(at, p.key), p.message, p.remedy)
	}
}

// local is true for an address that the policy lets plaintext reach.
func (ctx *verdict) local(a address) bool { return a.local(ctx.input.Environment, ctx.policy.Allow) }
