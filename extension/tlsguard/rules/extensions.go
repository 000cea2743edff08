package rules

// checkExtensions holds TG032 and TG033: pages and endpoints of extensions
// that show the collector's inside, and health endpoints.
func checkExtensions(ctx *verdict) {
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
	if l.address == (address{}) || l.address.loopback(ctx.input.Environment) {
		return false
	}
	if l.address.socket != "" {
		return !l.address.local(ctx.input.Environment, ctx.policy.Allow)
	}
	return l.tls == nil || stringAt(l.tls, "client_ca_file") == "" && !l.auth
}
