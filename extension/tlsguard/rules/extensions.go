package rules

// checkExtensions holds TG032, TG033 and TG034: pages and endpoints of
// extensions that show the collector's inside, health endpoints, and what
// extensions themselves connect to.
func checkExtensions(ctx *verdict) {
	ctx.checkOutbound()
	if ctx.policy.Telemetry == ModeOff {
		return
	}
	for _, c := range ctx.graph.components[Extension] {
		switch c.typ {
		case "zpages", "pprof":
			if l := extensionListener(c, nil); ctx.exposed(l) {
				ctx.addMode(ctx.policy.Telemetry, "TG032", c.path("endpoint"), "shows the collector's inside off loopback", "listen on localhost")
			}
		case "health_check", "healthcheckv2":
			sections := [][]string{nil}
			if c.typ == "healthcheckv2" || boolAt(c.body, "use_v2") {
				sections = [][]string{{"http"}, {"grpc"}}
			}
			for _, section := range sections {
				if len(section) > 0 && mapAt(c.body, section...) == nil {
					continue
				}
				if l := extensionListener(c, section); ctx.exposed(l) {
					ctx.add("TG033", Warn, c.path(append(section, "endpoint")...), "the health endpoint listens off loopback", "listen on localhost unless the kubelet asks from outside")
				}
			}
		}
	}
}

func extensionListener(c component, section []string) listener {
	return serverListener(c.path(section...), mapAt(c.body, section...))
}

// exposed is true for a listener that others can reach without proving who
// they are.
func (ctx *verdict) exposed(l listener) bool {
	if !l.address.written() || l.address.loopback(ctx.input.Environment) {
		return false
	}
	if l.address.socket != "" {
		return !l.address.servedLocally(ctx.input.Environment, ctx.policy.Allow)
	}
	return l.tls == nil || stringAt(l.tls, "client_ca_file") == "" && !l.auth
}

// checkOutbound is TG034. An authenticator that fetches its keys in clear lets
// in whoever can answer in the provider's place.
func (ctx *verdict) checkOutbound() {
	const remedy = "use an https address"
	for _, kind := range []Kind{Extension, Processor} {
		for _, c := range ctx.graph.components[kind] {
			if ownRules(c) {
				continue
			}
			for _, d := range dialersOf(c) {
				at, to := d.plaintextAt(ctx.local)
				switch {
				case at != "" && !to.local(ctx.input.Environment, ctx.policy.Allow):
					ctx.add("TG034", Error, at, "connects over plaintext", remedy)
				case at == "" && boolAt(d.tls, "insecure_skip_verify"):
					ctx.add("TG034", Error, Path(d.path, "tls", "insecure_skip_verify"), "does not verify whom it connects to", "remove insecure_skip_verify and set tls.ca_file")
				}
			}
			for _, field := range c.shape.Fields {
				if field.Shape != Address {
					continue
				}
				for _, p := range expand(c.body, field.Path) {
					if stringAt(p.parent, "public_keys_file") != "" {
						continue // oidc then compares the issuer's name and asks nobody
					}
					for _, text := range textsOf(p.value) {
						if to := parseAddress(text, ""); to.plainScheme() && !to.local(ctx.input.Environment, ctx.policy.Allow) {
							ctx.add("TG034", Error, c.path(p.path...), "connects over plaintext", remedy)
						}
					}
				}
			}
		}
	}
}
