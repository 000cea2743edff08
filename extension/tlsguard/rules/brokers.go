package rules

import "strings"

// checkBrokers holds TG008 and the SASL half of TG009. A kafka component
// without a tls section speaks plaintext; auth.tls is its older place.
func checkBrokers(ctx *verdict) {
	for _, kind := range []Kind{Receiver, Exporter} {
		mode := ModeEnforce
		if kind == Exporter {
			mode = ctx.policy.Exporters
		}
		for _, c := range ctx.graph.components[kind] {
			if brokers[c.typ] {
				ctx.checkBroker(c, mode)
			}
		}
	}
}

func (ctx *verdict) checkBroker(c component, mode Mode) {
	at, settings := c.path("tls"), mapAt(c.body, "tls")
	if settings == nil {
		if older := mapAt(c.body, "auth", "tls"); older != nil {
			at, settings = c.path("auth", "tls"), older
		}
	}
	hasCA := stringAt(settings, "ca_file") != "" || stringAt(settings, "ca_pem") != ""
	plain := settings == nil && !isSet(c.body, "tls") || boolAt(settings, "insecure") && !hasCA
	if !plain {
		if boolAt(settings, "insecure_skip_verify") {
			id := "TG007"
			if c.kind == Exporter {
				id = "TG021"
			}
			ctx.addMode(mode, id, Path(at, "insecure_skip_verify"), "does not verify the broker", "remove insecure_skip_verify and set tls.ca_file")
		}
		ctx.checkClientTLS(mode, at, settings)
		return
	}
	if ctx.brokersLocal(c) {
		return
	}
	ctx.addMode(mode, "TG008", at, "speaks to the broker over plaintext", "set tls.ca_file, or tls: {} for system roots")
	if c.kind == Exporter {
		ctx.addMode(mode, "TG020", at, "sends over plaintext", "set tls.ca_file, or tls: {} for system roots")
	}
	auth := mapAt(c.body, "auth")
	switch mechanism := strings.ToUpper(stringAt(mapAt(auth, "sasl"), "mechanism")); {
	case mechanism == "PLAIN" || mechanism == "OAUTHBEARER" || mechanism == "AWS_MSK_IAM_OAUTHBEARER":
		ctx.addMode(mode, "TG009", c.path("auth", "sasl"), "sends SASL "+mechanism+" credentials over plaintext", "set tls")
	case isSet(auth, "plain_text"):
		ctx.addMode(mode, "TG009", c.path("auth", "plain_text"), "sends credentials over plaintext", "set tls")
	}
}

func (ctx *verdict) brokersLocal(c component) bool {
	hosts := stringsAt(c.body, "brokers")
	for _, host := range hosts {
		if !parseAddress(host, "").local(ctx.input.Environment, ctx.policy.Allow) {
			return false
		}
	}
	return len(hosts) > 0
}
