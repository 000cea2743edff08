package rules

// checkExporters holds TG020, TG021, TG022 and their half of TG009.
func checkExporters(ctx *verdict) {
	mode := ctx.policy.Exporters
	if mode == ModeOff {
		return
	}
	for _, kind := range []Kind{Exporter, Connector} {
		for _, c := range ctx.graph.components[kind] {
			if brokers[c.typ] {
				continue
			}
			dialled := dialersOf(c)
			for _, d := range dialled {
				ctx.checkDialer(d, mode)
			}
			if len(dialled) == 0 && kind == Exporter {
				ctx.checkBareExporter(c, mode)
			}
		}
	}
}

func (ctx *verdict) checkDialer(d dialer, mode Mode) {
	if d.shape != TLSClient && len(d.addresses) == 0 && len(d.tls) == 0 {
		return
	}
	at, to := d.plaintextAt()
	if at != "" && to.local(ctx.input.Environment, ctx.policy.Allow) {
		return
	}
	if at != "" {
		ctx.addMode(mode, "TG020", at, "sends over plaintext", "use an https endpoint, remove tls.insecure and set tls.ca_file")
		if credentials := d.credentials(); credentials != "" {
			ctx.addMode(mode, "TG009", credentials, "sends credentials over plaintext", "use TLS")
		}
	} else if boolAt(d.tls, "insecure_skip_verify") {
		ctx.addMode(mode, "TG021", Path(d.path, "tls", "insecure_skip_verify"), "does not verify the server", "remove insecure_skip_verify and set tls.ca_file")
	}
	if path, message := d.ignoredAt(); path != "" {
		ctx.addMode(mode, "TG022", path, message, "remove the contradiction: either certificates and no insecure, or an exemption")
	}
}

// checkBareExporter judges exporters whose settings hold an address and no
// TLS type: a scheme that says plaintext, or nowhere to set TLS at all.
func (ctx *verdict) checkBareExporter(c component, mode Mode) {
	for _, field := range c.shape.Fields {
		if field.Shape != Address && field.Shape != NetAddr {
			continue
		}
		if c.shape.Has(HTTPServer, GRPCServer, TLSServer) || c.hasTLSBeside(field) {
			continue
		}
		for _, p := range expand(c.body, field.Path) {
			var to address
			if field.Shape == NetAddr {
				to = firstAddress(p.section())
			} else if text, ok := p.value.(string); ok {
				to = parseAddress(text, "")
			}
			if to == (address{}) || to.local(ctx.input.Environment, ctx.policy.Allow) {
				continue
			}
			if to.plainScheme() || field.Shape == NetAddr {
				ctx.addMode(mode, "TG020", c.path(p.path...), "sends over plaintext", "use an https endpoint, or an exporter that can do TLS")
			}
		}
	}
	if boolAt(mapAt(c.body, "s3uploader"), "disable_ssl") {
		ctx.addMode(mode, "TG020", c.path("s3uploader", "disable_ssl"), "sends over plaintext", "remove disable_ssl")
	}
}
