package rules

import "strconv"

// operators returns the operators of a log receiver by their path. The
// effective configuration wraps each in a builder, a file does not.
func operators(c component) map[string]map[string]any {
	if c.kind != Receiver {
		return nil
	}
	out := make(map[string]map[string]any)
	for i, item := range listAt(c.body, "operators") {
		operator, ok := asMap(item)
		if !ok {
			continue
		}
		if built := mapAt(operator, "builder"); built != nil {
			operator = built
		}
		out[c.path("operators", strconv.Itoa(i))] = operator
	}
	return out
}

// operatorListeners finds inputs that stand among the operators of another
// input: a receiver that reads files can listen on UDP that way, and no type of
// its settings says so.
func operatorListeners(c component) []listener {
	var out []listener
	add := func(l listener) {
		l.lines = true
		out = append(out, l)
	}
	all := operators(c)
	for _, path := range sortedKeys(all) {
		operator := all[path]
		tcp, udp := map[string]any(nil), map[string]any(nil)
		tcpPath, udpPath := path, path
		switch stringAt(operator, "type") {
		case "tcp_input":
			tcp = operator
		case "udp_input":
			udp = operator
		case "syslog_input":
			tcp, udp = mapAt(operator, "tcp"), mapAt(operator, "udp")
			tcpPath, udpPath = Path(path, "tcp"), Path(path, "udp")
		}
		if tcp != nil {
			add(serverListener(tcpPath, tcp))
		}
		if udp != nil {
			add(listener{path: udpPath, address: firstAddress(udp), section: udp, udp: true})
		}
	}
	return out
}

// checkOperators is TG041 for operators that write what passes.
func (ctx *verdict) checkOperators(c component) {
	all := operators(c)
	for _, path := range sortedKeys(all) {
		switch stringAt(all[path], "type") {
		case "file_output", "stdout":
			ctx.add("TG041", Warn, path, "writes payload in clear", "remove it in production")
		}
	}
}
