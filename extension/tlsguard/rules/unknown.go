package rules

// checkUnknown holds TG070: receivers that nothing is known about, or whose
// address may be listened on or dialled and whose types do not say which.
func checkUnknown(ctx *verdict) {
	mode := ctx.policy.Receivers.Unknown
	for _, c := range ctx.graph.components[Receiver] {
		if !c.known {
			ctx.addMode(mode, "TG070", c.path(), "is of a type that nothing is known about: it may listen in plaintext", "use a receiver of the distribution, or exempt it with a reason and an end")
			continue
		}
		if c.typ == "receiver_creator" {
			ctx.addMode(mode, "TG070", c.path(), "starts receivers at run time that nobody checks", "configure the receivers themselves, or exempt it with a reason and an end")
			continue
		}
		if listens[Receiver][c.typ] || dials[Receiver][c.typ] || ctx.judged(c) {
			continue
		}
		for _, field := range c.shape.Fields {
			_, name := splitLast(field.Path)
			if field.Shape != Address || c.hasTLSBeside(field) || listensByName(c, name) {
				continue
			}
			for _, p := range expand(c.body, field.Path) {
				for _, text := range textsOf(p.value) {
					if a := parseAddress(text, ""); a.written() && a.socket == "" && a.scheme != "https" && !a.local(ctx.input.Environment, ctx.policy.Allow) {
						ctx.addMode(mode, "TG070", c.path(p.path...), "holds an address and no TLS settings: it may listen in plaintext", "exempt it with a reason and an end if it does not")
					}
				}
			}
		}
	}
}

// judged is true when the listener or pull rules looked at the component.
func (ctx *verdict) judged(c component) bool {
	return len(listenersOf(c)) > 0 || len(dialersOf(c)) > 0
}
