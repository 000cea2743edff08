package rules

// checkPulls holds TG007: receivers that fetch telemetry from others.
func checkPulls(ctx *verdict) {
	for _, c := range ctx.graph.components[Receiver] {
		if c.typ == "prometheus" {
			ctx.checkScrapes(c)
		}
		if brokers[c.typ] {
			continue
		}
		for _, d := range dialersOf(c) {
			ctx.checkProxy(ModeEnforce, "TG007", Path(d.path, "proxy_url"), stringAt(d.section, "proxy_url"))
			at, to := d.plaintextAt(ctx.local)
			if len(d.addresses) == 0 && d.shape != TLSClient {
				continue
			}
			if at != "" && !to.local(ctx.input.Environment, ctx.policy.Allow) {
				ctx.add("TG007", Error, at, "fetches telemetry over plaintext", "use https and tls.ca_file")
				if credentials := d.credentials(); credentials != "" {
					ctx.add("TG009", Error, credentials, "sends credentials over plaintext", "use https")
				}
			}
			if at != "" {
				continue
			}
			if boolAt(d.tls, "insecure_skip_verify") {
				ctx.add("TG007", Error, Path(d.path, "tls", "insecure_skip_verify"), "does not verify whom it fetches telemetry from", "remove insecure_skip_verify and set tls.ca_file")
			}
			ctx.checkClientTLS(ModeEnforce, Path(d.path, "tls"), d.tls)
		}
	}
}
