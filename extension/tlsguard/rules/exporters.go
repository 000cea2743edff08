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
			for _, d := range dialersOf(c) {
				ctx.checkDialer(d, mode)
			}
			if kind == Exporter {
				ctx.checkBareExporter(c, mode)
			}
		}
	}
}

func (ctx *verdict) checkDialer(d dialer, mode Mode) {
	if d.shape != TLSClient && len(d.addresses) == 0 && len(d.tls) == 0 {
		return
	}
	ctx.checkProxy(mode, "TG020", Path(d.path, "proxy_url"), stringAt(d.section, "proxy_url"))
	at, to := d.plaintextAt(ctx.local)
	if at != "" && to.local(ctx.input.Environment, ctx.policy.Allow) {
		return
	}
	if at != "" {
		ctx.addMode(mode, "TG020", at, "sends over plaintext", "use an https endpoint, remove tls.insecure and set tls.ca_file")
		if credentials := d.credentials(); credentials != "" {
			ctx.addMode(mode, "TG009", credentials, "sends credentials over plaintext", "use TLS")
		}
	} else {
		if boolAt(d.tls, "insecure_skip_verify") {
			ctx.addMode(mode, "TG021", Path(d.path, "tls", "insecure_skip_verify"), "does not verify the server", "remove insecure_skip_verify and set tls.ca_file")
		}
		ctx.checkClientTLS(mode, Path(d.path, "tls"), d.tls)
	}
	if path, message := d.ignoredAt(); path != "" {
		ctx.addMode(mode, "TG022", path, message, "remove the contradiction: either certificates and no insecure, or an exemption")
	}
}

// checkBareExporter judges addresses of an exporter that no TLS type stands
// beside: a scheme that says plaintext, or nowhere to set TLS at all.
func (ctx *verdict) checkBareExporter(c component, mode Mode) {
	for _, field := range c.shape.Fields {
		if field.Shape != Address && field.Shape != NetAddr {
			continue
		}
		if c.shape.Has(HTTPServer, GRPCServer, TLSServer) || c.hasTLSBeside(field) {
			continue
		}
		for _, p := range expand(c.body, field.Path) {
			addresses := []address{firstAddress(p.section())}
			if field.Shape == Address {
				addresses = nil
				for _, text := range textsOf(p.value) {
					addresses = append(addresses, parseAddress(text, ""))
				}
			}
			for _, to := range addresses {
				if !to.written() || to.local(ctx.input.Environment, ctx.policy.Allow) {
					continue
				}
				if to.plainScheme() || field.Shape == NetAddr {
					ctx.addMode(mode, "TG020", c.path(p.path...), "sends over plaintext", "use an https endpoint, or an exporter that can do TLS")
				}
			}
		}
	}
	if boolAt(mapAt(c.body, "s3uploader"), "disable_ssl") {
		ctx.addMode(mode, "TG020", c.path("s3uploader", "disable_ssl"), "sends over plaintext", "remove disable_ssl")
	}
}
