package guard

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	tlsServer = "{cert_file: certs/server.crt, key_file: certs/server.key, client_ca_file: certs/clients-ca.crt}"
	tlsOnly   = "{cert_file: certs/server.crt, key_file: certs/server.key}"
	otlpTLS   = "{protocols: {grpc: {endpoint: 127.0.0.1:0, tls: " + tlsServer + "}}}"
)

// parts of a configuration; what a case leaves out is in order.
type parts struct {
	receiver, receiverName string
	exporter, exporterName string
	extensions, started    string
	processors, procs      string
	guard, telemetry       string
	connectors, pipelines  string
	signal                 string
}

func (p parts) yaml() string {
	or := func(value, fallback string) string {
		if value == "" {
			return fallback
		}
		return value
	}
	receiver, exporter := or(p.receiverName, "otlp"), or(p.exporterName, "nop")
	return strings.Join([]string{
		"receivers:", "  " + receiver + ": " + or(p.receiver, otlpTLS),
		"processors: " + or(p.processors, "{}"),
		"exporters:", "  " + exporter + ": " + or(p.exporter, "{}"),
		"connectors: " + or(p.connectors, "{}"),
		"extensions:", "  tls_guard: " + or(p.guard, "{}"), p.extensions,
		"service:",
		"  extensions: [tls_guard" + p.started + "]",
		"  telemetry: " + or(p.telemetry, "{metrics: {level: none}}"),
		"  pipelines: " + or(p.pipelines, "{"+or(p.signal, "traces")+": {receivers: ["+receiver+"], processors: ["+p.procs+"], exporters: ["+exporter+"]}}"),
	}, "\n") + "\n"
}

func TestBadTable(t *testing.T) {
	needCollector(t)
	t.Parallel()
	grpc := func(more string) string { return "{protocols: {grpc: {endpoint: 127.0.0.1:0" + more + "}}}" }
	cases := map[string]struct {
		parts parts
		line  string
	}{
		"tls null":                    {parts{receiver: grpc(", tls: null")}, "TG001 receivers::otlp::protocols::grpc: "},
		"tls disabled":                {parts{receiver: grpc(", tls: {enabled: false, cert_file: certs/server.crt, key_file: certs/server.key}")}, "TG001 receivers::otlp::protocols::grpc: "},
		"all defaults":                {parts{receiver: "{protocols: {grpc: , http: }}"}, "TG001 receivers::otlp::protocols::http: "},
		"named":                       {parts{receiverName: "otlp/edge", receiver: grpc("")}, "TG001 receivers::otlp/edge::protocols::grpc: "},
		"zipkin":                      {parts{receiverName: "zipkin", receiver: "{endpoint: 127.0.0.1:0}"}, "TG001 receivers::zipkin: "},
		"jaeger over HTTP":            {parts{receiverName: "jaeger", receiver: "{protocols: {thrift_http: {endpoint: 127.0.0.1:0}}}"}, "TG001 receivers::jaeger::protocols::thrift_http: "},
		"jaeger over UDP":             {parts{receiverName: "jaeger", receiver: "{protocols: {thrift_compact: {endpoint: 127.0.0.1:0}}}"}, "TG006 receivers::jaeger::protocols::thrift_compact: "},
		"syslog over TCP":             {parts{receiverName: "syslog", receiver: "{tcp: {listen_address: 127.0.0.1:0}, protocol: rfc5424}", signal: "logs"}, "TG001 receivers::syslog::tcp: "},
		"syslog over UDP":             {parts{receiverName: "syslog", receiver: "{udp: {listen_address: 127.0.0.1:0}, protocol: rfc5424}", signal: "logs"}, "TG006 receivers::syslog::udp: "},
		"statsd over TCP":             {parts{receiverName: "statsd", receiver: "{endpoint: 127.0.0.1:0, transport: tcp}", signal: "metrics"}, "TG006 receivers::statsd: "},
		"no client CA":                {parts{receiver: grpc(", tls: " + tlsOnly)}, "TG002 receivers::otlp::protocols::grpc::tls: "},
		"abstract socket":             {parts{receiver: "{protocols: {grpc: {endpoint: \"@guard-test\", transport: unix}}}"}, "TG001 receivers::otlp::protocols::grpc: "},
		"kafka receiver":              {parts{receiverName: "kafka", receiver: "{brokers: [\"kafka.example:9092\"]}"}, "TG008 receivers::kafka::tls: "},
		"kafka exporter":              {parts{exporterName: "kafka", exporter: "{brokers: [\"kafka.example:9092\"]}"}, "TG020 exporters::kafka::tls: "},
		"kafka with PLAIN":            {parts{exporterName: "kafka", exporter: "{brokers: [\"kafka.example:9092\"], auth: {sasl: {mechanism: PLAIN, username: u, password: p}}}"}, "TG009 exporters::kafka::auth::sasl: "},
		"http exporter":               {parts{exporterName: "otlphttp", exporter: "{endpoint: \"http://127.0.0.1:9\"}"}, "TG020 exporters::otlphttp::endpoint: "},
		"http for one signal":         {parts{exporterName: "otlp_http", exporter: "{endpoint: \"https://127.0.0.1:9\", traces_endpoint: \"http://127.0.0.1:9/v1/traces\"}"}, "TG020 exporters::otlp_http::traces_endpoint: "},
		"insecure load balancer":      {parts{exporterName: "loadbalancing", exporter: "{protocol: {otlp: {tls: {insecure: true}}}, resolver: {static: {hostnames: [\"127.0.0.1:9\"]}}}"}, "TG020 exporters::loadbalancing::protocol::otlp::tls::insecure: "},
		"prometheus exporter":         {parts{exporterName: "prometheus", exporter: "{endpoint: 127.0.0.1:0}", signal: "metrics"}, "TG001 exporters::prometheus: "},
		"prometheus api server":       {parts{receiverName: "prometheus", receiver: "{api_server: {enabled: true, server_config: {endpoint: 127.0.0.1:0}}, config: {scrape_configs: [{job_name: a, scheme: https, static_configs: [{targets: [\"a.example:1\"]}]}]}}", signal: "metrics"}, "TG001 receivers::prometheus::api_server::server_config: "},
		"unverified scrape":           {parts{receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, scheme: https, tls_config: {insecure_skip_verify: true}, static_configs: [{targets: [\"a.example:1\"]}]}]}}", signal: "metrics"}, "TG007 receivers::prometheus::config::scrape_configs::0::tls_config::insecure_skip_verify: "},
		"scrape with a password":      {parts{receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, basic_auth: {username: u, password: p}, static_configs: [{targets: [\"a.example:1\"]}]}]}}", signal: "metrics"}, "TG009 receivers::prometheus::config::scrape_configs::0::basic_auth: "},
		"own traces over http":        {parts{telemetry: "{metrics: {level: none}, traces: {processors: [{batch: {exporter: {otlp: {protocol: http/protobuf, endpoint: \"http://store.example:4318\"}}}}]}}"}, "TG030 service::telemetry::traces::processors::0::batch::exporter::otlp::endpoint: "},
		"own logs over insecure":      {parts{telemetry: "{metrics: {level: none}, logs: {processors: [{batch: {exporter: {otlp: {protocol: grpc, endpoint: \"store.example:4317\", insecure: true}}}}]}}"}, "TG030 service::telemetry::logs::processors::0::batch::exporter::otlp::insecure: "},
		"policy wants 1.3":            {parts{guard: "{receivers: {min_version: \"1.3\"}}"}, "TG004 receivers::otlp::protocols::grpc::tls::min_version: "},
		"ended exemption":             {parts{guard: "{exemptions: [{path: \"receivers::none\", rules: [TG001], reason: r, expires: 2020-01-31}]}"}, "TG090 extensions::tls_guard::exemptions::0: "},
		"enforced pipelines":          {parts{guard: "{pipelines: enforce}", exporterName: "otlp", exporter: "{endpoint: \"127.0.0.1:9\"}"}, "TG050 service::pipelines::traces: "},
		"discovery over http":         {parts{receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, scheme: https, http_sd_configs: [{url: \"http://127.0.0.1:9/\"}]}]}}", signal: "metrics"}, "TG007 receivers::prometheus::config::scrape_configs::0::http_sd_configs::0::url: "},
		"consul's default scheme":     {parts{receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, scheme: https, consul_sd_configs: [{server: \"127.0.0.1:9\"}]}]}}", signal: "metrics"}, "TG007 receivers::prometheus::config::scrape_configs::0::consul_sd_configs::0::scheme: "},
		"scheme in a label":           {parts{receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, scheme: https, static_configs: [{targets: [\"a.example:1\"], labels: {__scheme__: http}}]}]}}", signal: "metrics"}, "TG007 receivers::prometheus::config::scrape_configs::0::static_configs::0::labels::__scheme__: "},
		"scheme in upper case":        {parts{receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, scheme: https, static_configs: [{targets: [\"a.example:1\"]}], relabel_configs: [{action: uppercase, source_labels: [x], target_label: __scheme__}]}]}}", signal: "metrics"}, "TG007 receivers::prometheus::config::scrape_configs::0::relabel_configs::0: "},
		"scrape through a proxy":      {parts{receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, scheme: https, static_configs: [{targets: [\"a.example:1\"]}], proxy_url: \"http://u:p@127.0.0.1:9\"}]}}", signal: "metrics"}, "TG009 receivers::prometheus::config::scrape_configs::0::proxy_url: "},
		"scrape that accepts TLS 1.0": {parts{receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, scheme: https, static_configs: [{targets: [\"a.example:1\"]}], tls_config: {min_version: TLS10}}]}}", signal: "metrics"}, "TG004 receivers::prometheus::config::scrape_configs::0::tls_config::min_version: "},
		"scrape with an open key":     {parts{receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, scheme: https, static_configs: [{targets: [\"a.example:1\"]}], tls_config: {cert_file: certs/client.crt, key_file: certs/open.key}}]}}", signal: "metrics"}, "TG014 receivers::prometheus::config::scrape_configs::0::tls_config::key_file: "},
		"scrape token over http":      {parts{receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, scheme: https, static_configs: [{targets: [\"a.example:1\"]}], oauth2: {client_id: a, client_secret: b, token_url: \"http://127.0.0.1:9/\"}}]}}", signal: "metrics"}, "TG009 receivers::prometheus::config::scrape_configs::0::oauth2::token_url: "},
		"jobs from an allocator":      {parts{receiverName: "prometheus", receiver: "{target_allocator: {endpoint: \"https://127.0.0.1:9\", collector_id: a, interval: 30s}}", signal: "metrics"}, "TG007 receivers::prometheus::target_allocator: "},
		"zpages on every interface":   {parts{extensions: "  zpages: {endpoint: \":0\"}", started: ", zpages"}, "TG032 extensions::zpages::endpoint: "},
		"statsd on every interface":   {parts{receiverName: "statsd", receiver: "{endpoint: \":0\"}", signal: "metrics"}, "TG006 receivers::statsd: "},
		"syslog on every interface":   {parts{receiverName: "syslog", receiver: "{udp: {listen_address: \":0\"}, protocol: rfc5424}", signal: "logs"}, "TG006 receivers::syslog::udp: "},
		"exporter accepts TLS 1.0":    {parts{exporterName: "otlp", exporter: "{endpoint: \"127.0.0.1:9\", tls: {min_version: \"1.0\"}}"}, "TG004 exporters::otlp::tls::min_version: "},
		"exporter's proxy":            {parts{exporterName: "otlphttp", exporter: "{endpoint: \"https://127.0.0.1:9\", proxy_url: \"http://u:p@127.0.0.1:9\"}"}, "TG009 exporters::otlphttp::proxy_url: "},
		"kafka with an open key":      {parts{exporterName: "kafka", exporter: "{brokers: [\"127.0.0.1:9\"], auth: {tls: {ca_file: certs/ca.crt, cert_file: certs/client.crt, key_file: certs/open.key}}}"}, "TG014 exporters::kafka::auth::tls::key_file: "},
		"UDP among the operators":     {parts{receiverName: "filelog", receiver: "{include: [/nonexistent/*.log], operators: [{type: noop, id: x, output: y}, {type: udp_input, listen_address: 127.0.0.1:0, output: y}, {type: noop, id: y}]}", signal: "logs"}, "TG006 receivers::filelog::operators::1: "},
		"TCP among the operators":     {parts{receiverName: "filelog", receiver: "{include: [/nonexistent/*.log], operators: [{type: noop, id: x, output: y}, {type: tcp_input, listen_address: 127.0.0.1:0, output: y}, {type: noop, id: y}]}", signal: "logs"}, "TG001 receivers::filelog::operators::1: "},
		"listener behind connectors":  {parts{receiver: grpc(""), connectors: "{forward: {}}", pipelines: "{traces/a: {receivers: [otlp], exporters: [forward]}, traces/b: {receivers: [forward], exporters: [nop]}}"}, "TG001 receivers::otlp::protocols::grpc: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, address := newSite(t), freePort(t)
			refuses(t, s.options(t, s.fill(c.parts.yaml(), address)), address, "tls_guard: "+c.line)
		})
	}
}

func TestGoodTable(t *testing.T) {
	needCollector(t)
	t.Parallel()
	sockets, err := os.MkdirTemp("", "guard") //nolint:usetesting // a socket path has 108 bytes, the name of t.TempDir may be longer
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(sockets) })
	require.NoError(t, os.Chmod(sockets, 0o700))
	cases := map[string]parts{
		"unix socket":                 {receiver: "{protocols: {grpc: {endpoint: " + filepath.Join(sockets, "otlp.sock") + ", transport: unix}}}"},
		"loopback allowed":            {guard: "{allow: {loopback_plaintext: true}}", receiver: "{protocols: {grpc: {endpoint: 127.0.0.1:0}, http: {endpoint: \"localhost:0\"}}}", exporterName: "otlp", exporter: "{endpoint: \"localhost:9\", tls: {insecure: true}}"},
		"optional":                    {guard: "{receivers: {client_auth: optional}}", receiver: "{protocols: {grpc: {endpoint: 127.0.0.1:0, tls: " + tlsOnly + "}}}"},
		"override":                    {guard: "{receivers: {override: {receivers::otlp: {client_auth: optional}}}}", receiver: "{protocols: {http: {endpoint: 127.0.0.1:0, tls: " + tlsOnly + "}}}"},
		"authenticator":               {guard: "{receivers: {client_auth: auth}}", receiver: "{protocols: {http: {endpoint: 127.0.0.1:0, auth: {authenticator: bearertokenauth}, tls: " + tlsOnly + "}}}", extensions: "  bearertokenauth: {token: example}", started: ", bearertokenauth"},
		"both protocols":              {receiver: "{protocols: {grpc: {endpoint: 127.0.0.1:0, tls: " + tlsServer + "}, http: {endpoint: \"localhost:0\", tls: " + tlsServer + "}}}"},
		"every interface":             {receiver: "{protocols: {grpc: {endpoint: \"0.0.0.0:0\", tls: " + tlsServer + "}, http: {endpoint: \"[::]:0\", tls: " + tlsServer + "}}}"},
		"zipkin":                      {receiverName: "zipkin", receiver: "{endpoint: 127.0.0.1:0, tls: " + tlsServer + "}"},
		"jaeger":                      {receiverName: "jaeger", receiver: "{protocols: {grpc: {endpoint: 127.0.0.1:0, tls: " + tlsServer + "}, thrift_http: {endpoint: \"localhost:PORT\", tls: " + tlsServer + "}}}"},
		"syslog over TLS":             {receiverName: "syslog", receiver: "{tcp: {listen_address: 127.0.0.1:0, tls: " + tlsServer + "}, protocol: rfc5424}", signal: "logs"},
		"file log":                    {receiverName: "filelog", receiver: "{include: [/nonexistent/*.log]}", signal: "logs"},
		"exempted statsd":             {receiverName: "statsd", receiver: "{endpoint: 127.0.0.1:0}", signal: "metrics", guard: "{exemptions: [{path: receivers::statsd, rules: [TG006], reason: sidecar, expires: 2199-12-31}]}"},
		"exempted plaintext":          {receiver: "{protocols: {http: {endpoint: 127.0.0.1:0}}}", guard: "{exemptions: [{path: receivers::otlp, rules: [TG001], reason: sidecar, expires: never}]}"},
		"kafka over TLS":              {exporterName: "kafka", exporter: "{brokers: [\"127.0.0.1:9\"], tls: {ca_file: certs/ca.crt}, metadata: {full: false}}"},
		"https exporter":              {exporterName: "otlphttp", exporter: "{endpoint: \"https://127.0.0.1:9\", tls: {ca_file: certs/ca.crt, cert_file: certs/client.crt, key_file: certs/client.key}, headers: {authorization: x}}"},
		"load balancer":               {exporterName: "loadbalancing", exporter: "{protocol: {otlp: {tls: {ca_file: certs/ca.crt}}}, resolver: {static: {hostnames: [\"127.0.0.1:9\"]}}}"},
		"prometheus exporter":         {exporterName: "prometheus", exporter: "{endpoint: \"localhost:0\", tls: " + tlsServer + "}", signal: "metrics"},
		"scrape":                      {receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, scheme: https, tls_config: {ca_file: certs/ca.crt}, static_configs: [{targets: [\"127.0.0.1:9\"]}]}]}}", signal: "metrics"},
		"scrape with a pinned scheme": {receiverName: "prometheus", receiver: "{config: {scrape_configs: [{job_name: a, scheme: https, tls_config: {ca_file: certs/ca.crt, min_version: TLS13}, file_sd_configs: [{files: [/nonexistent/a.json]}], http_sd_configs: [{url: \"https://127.0.0.1:9/\"}], relabel_configs: [{source_labels: [x], target_label: __scheme__}, {target_label: __scheme__, replacement: https}]}]}}", signal: "metrics"},
		"own listeners on loopback":   {telemetry: "{metrics: {readers: [{pull: {exporter: {prometheus: {host: localhost, port: 0}}}}]}}", extensions: "  health_check: {endpoint: \"localhost:0\"}\n  zpages: {endpoint: \"localhost:0\"}", started: ", health_check, zpages"},
		"health for the kubelet":      {extensions: "  health_check: {endpoint: \"0.0.0.0:0\"}", started: ", health_check"},
		"exporters off":               {guard: "{exporters: off}", exporterName: "otlp", exporter: "{endpoint: \"store.example:4317\", tls: {insecure: true}}"},
		"probe off":                   {guard: "{probe: {enabled: false}}"},
		"connectors":                  {connectors: "{spanmetrics: {}, forward: {}}", pipelines: "{traces: {receivers: [otlp], exporters: [spanmetrics, forward]}, traces/b: {receivers: [forward], exporters: [nop]}, metrics: {receivers: [spanmetrics], exporters: [nop]}}"},
		"all processors":              {processors: "{memory_limiter: {check_interval: 1s, limit_mib: 100}, redact: {}, attributes: {actions: [{key: a, action: delete}]}, batch: {}}", procs: "memory_limiter, redact, attributes, batch"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			_, port, err := net.SplitHostPort(freePort(t))
			require.NoError(t, err)
			// jaeger refuses port 0.
			starts(t, s.options(t, s.fill(strings.ReplaceAll(c.yaml(), "localhost:PORT", "localhost:"+port), freePort(t))), "")
		})
	}
}
