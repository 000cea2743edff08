package rules

import (
	"strconv"
	"strings"
)

// checkTelemetry holds TG030 and TG031: what the collector says about itself.
func checkTelemetry(ctx *verdict) {
	if ctx.policy.Telemetry == ModeOff {
		return
	}
	telemetry := mapAt(ctx.input.Config, "service", "telemetry")
	base := Path("service", "telemetry")
	metrics := mapAt(telemetry, "metrics")
	if stringAt(metrics, "level") != "none" {
		for i, item := range listAt(metrics, "readers") {
			reader, _ := asMap(item)
			at := Path(base, "metrics", "readers", strconv.Itoa(i))
			ctx.checkOTLPExport("metrics", Path(at, "periodic", "exporter"), mapAt(reader, "periodic", "exporter"))
			ctx.checkReader(Path(at, "pull", "exporter", "prometheus"), mapAt(reader, "pull", "exporter", "prometheus"))
		}
		if address := stringAt(metrics, "address"); address != "" && !parseAddress(address, "").loopback(ctx.input.Environment) {
			ctx.add("TG031", Warn, Path(base, "metrics", "address"), "the metrics reader listens off loopback", "listen on localhost unless Prometheus scrapes it from another host")
		}
	}
	for _, signal := range []string{"traces", "logs"} {
		section := mapAt(telemetry, signal)
		if stringAt(section, "level") == "none" {
			continue
		}
		for i, item := range listAt(section, "processors") {
			processor, _ := asMap(item)
			at := Path(base, signal, "processors", strconv.Itoa(i))
			for _, style := range []string{"batch", "simple"} {
				ctx.checkOTLPExport(signal, Path(at, style, "exporter"), mapAt(processor, style, "exporter"))
			}
		}
	}
}

// checkOTLPExport is TG030. An exporter of the SDK configuration is plaintext
// with an http scheme, or without a scheme and with insecure: true (gRPC); a
// bare host:port for http/protobuf is read as a URL and needs its scheme.
func (ctx *verdict) checkOTLPExport(signal, at string, exporter map[string]any) {
	for _, name := range []string{"otlp", "otlp_grpc", "otlp_http", "zipkin"} {
		section := mapAt(exporter, name)
		if section == nil {
			continue
		}
		endpoint := stringAt(section, "endpoint")
		if endpoint == "" {
			endpoint, _ = ctx.sdkVariable(signal, "ENDPOINT")
		}
		to := parseAddress(endpoint, "")
		plain, setting := to.plainScheme(), "endpoint"
		remedy := "use an https endpoint and no insecure"
		if boolAt(section, "insecure") || boolAt(mapAt(section, "tls"), "insecure") {
			// The Go SDK sends plaintext to an https endpoint as well when
			// insecure is true.
			plain, setting = true, "insecure"
		} else if value, variable := ctx.sdkVariable(signal, "INSECURE"); strings.EqualFold(value, "true") && name != "zipkin" {
			// So it does for the variable, which beats the endpoint's https.
			plain, remedy = true, "unset "+variable
		}
		if !plain || to.loopback(ctx.input.Environment) {
			continue
		}
		if to.socket != "" && to.local(ctx.input.Environment, ctx.policy.Allow) {
			continue
		}
		ctx.addMode(ctx.policy.Telemetry, "TG030", Path(at, name, setting), "sends the collector's own telemetry over plaintext", remedy)
	}
}

// sdkVariable reads an exporter's variable as the SDK does: the one of the
// signal wins over the common one.
func (ctx *verdict) sdkVariable(signal, name string) (value, variable string) {
	for _, variable := range []string{"OTEL_EXPORTER_OTLP_" + strings.ToUpper(signal) + "_" + name, "OTEL_EXPORTER_OTLP_" + name} {
		if value := ctx.input.Environment.getenv(variable); value != "" {
			return value, variable
		}
	}
	return "", ""
}

// checkReader is TG031. The reader's default host is localhost.
func (ctx *verdict) checkReader(at string, section map[string]any) {
	if section == nil {
		return
	}
	host := stringAt(section, "host")
	if !isSet(section, "host") || (address{host: hostOf(host)}).loopback(ctx.input.Environment) {
		return
	}
	ctx.add("TG031", Warn, Path(at, "host"), "the metrics reader listens off loopback", "set host: localhost unless Prometheus scrapes it from another host")
}
