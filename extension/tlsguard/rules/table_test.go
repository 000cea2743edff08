package rules

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sealedTLS = "{cert_file: certs/server.crt, key_file: certs/server.key, client_ca_file: certs/clients-ca.crt}"

// config fills a configuration: everything that a case does not name is in
// order.
func config(parts map[string]string) string {
	get := func(key, fallback string) string {
		if value, ok := parts[key]; ok {
			return value
		}
		return fallback
	}
	return strings.Join([]string{
		"receivers: " + get("receivers", "{otlp: {protocols: {grpc: {endpoint: 0.0.0.0:4317, tls: "+sealedTLS+"}}}}"),
		"processors: " + get("processors", "{}"),
		"exporters: " + get("exporters", "{nop: {}}"),
		"connectors: " + get("connectors", "{}"),
		"extensions: " + get("extensions", "{tls_guard: "+get("guard", "{}")+"}"),
		"service:",
		"  extensions: " + get("started", "[tls_guard]"),
		"  telemetry: " + get("telemetry", "{}"),
		"  pipelines: " + get("pipelines", "{traces: {receivers: ["+get("receiver", "otlp")+"], exporters: ["+get("exporter", "nop")+"]}}"),
	}, "\n")
}

func TestBad(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		parts    map[string]string
		id, path string
	}{
		"null tls":                               {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: null}}}}"}, "TG001", "receivers::otlp::protocols::grpc"},
		"disabled tls":                           {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {enabled: false, cert_file: x}}}}}"}, "TG001", "receivers::otlp::protocols::grpc"},
		"loopback is no excuse":                  {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: localhost:1}}}}"}, "TG001", "receivers::otlp::protocols::grpc"},
		"half loopback name":                     {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: \"half:1\"}}}}", "guard": "{allow: {loopback_plaintext: true}}"}, "TG001", "receivers::otlp::protocols::grpc"},
		"every interface is not loopback":        {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: \":4317\"}}}}", "guard": "{allow: {loopback_plaintext: true}}"}, "TG001", "receivers::otlp::protocols::grpc"},
		"zipkin":                                 {map[string]string{"receivers": "{zipkin: {endpoint: 0.0.0.0:9411, tls: null}}", "receiver": "zipkin"}, "TG001", "receivers::zipkin"},
		"named receiver":                         {map[string]string{"receivers": "{zipkin/edge: {endpoint: 0.0.0.0:9411}}", "receiver": "zipkin/edge"}, "TG001", "receivers::zipkin/edge"},
		"jaeger thrift_http":                     {map[string]string{"receivers": "{jaeger: {protocols: {thrift_http: {endpoint: 0.0.0.0:14268}}}}", "receiver": "jaeger"}, "TG001", "receivers::jaeger::protocols::thrift_http"},
		"jaeger UDP":                             {map[string]string{"receivers": "{jaeger: {protocols: {thrift_compact: {endpoint: 0.0.0.0:6831}}}}", "receiver": "jaeger"}, "TG006", "receivers::jaeger::protocols::thrift_compact"},
		"syslog TCP":                             {map[string]string{"receivers": "{syslog: {tcp: {listen_address: 0.0.0.0:514}}}", "receiver": "syslog"}, "TG001", "receivers::syslog::tcp"},
		"syslog UDP":                             {map[string]string{"receivers": "{syslog: {udp: {listen_address: 0.0.0.0:514}}}", "receiver": "syslog"}, "TG006", "receivers::syslog::udp"},
		"statsd":                                 {map[string]string{"receivers": "{statsd: {endpoint: localhost:8125, transport: udp}}", "receiver": "statsd"}, "TG006", "receivers::statsd"},
		"abstract socket":                        {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: \"@otel\", transport: unix}}}}"}, "TG001", "receivers::otlp::protocols::grpc"},
		"prometheus exporter listens":            {map[string]string{"exporters": "{prometheus: {endpoint: 0.0.0.0:8889}}", "exporter": "prometheus"}, "TG001", "exporters::prometheus"},
		"prometheus api server":                  {map[string]string{"receivers": "{prometheus: {api_server: {enabled: true, server_config: {endpoint: 0.0.0.0:9090}}}}", "receiver": "prometheus"}, "TG001", "receivers::prometheus::api_server::server_config"},
		"extension that listens":                 {map[string]string{"extensions": "{tls_guard: {}, jaegerremotesampling: {http: {endpoint: 0.0.0.0:5778}}}", "started": "[tls_guard, jaegerremotesampling]"}, "TG001", "extensions::jaegerremotesampling::http"},
		"max_version":                            {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/server.crt, key_file: certs/server.key, client_ca_file: certs/clients-ca.crt, min_version: \"1.1\", max_version: \"1.1\"}}}}}"}, "TG004", "receivers::otlp::protocols::grpc::tls::max_version"},
		"policy wants 1.3":                       {map[string]string{"guard": "{receivers: {min_version: \"1.3\"}}"}, "TG004", "receivers::otlp::protocols::grpc::tls::min_version"},
		"post-quantum required":                  {map[string]string{"guard": "{receivers: {post_quantum: require}}", "receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/server.crt, key_file: certs/server.key, client_ca_file: certs/clients-ca.crt, curve_preferences: [P256]}}}}}"}, "TG005", "receivers::otlp::protocols::grpc::tls::curve_preferences"},
		"scrape without verification":            {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, tls_config: {insecure_skip_verify: true}}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::tls_config::insecure_skip_verify"},
		"scrape with a password":                 {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, basic_auth: {username: u, password: p}}]}}}", "receiver": "prometheus"}, "TG009", "receivers::prometheus::config::scrape_configs::0::basic_auth"},
		"scrape jobs in files":                   {map[string]string{"receivers": "{prometheus: {config: {scrape_config_files: [jobs.yaml]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_config_files"},
		"scheme set by a label":                  {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, relabel_configs: [{source_labels: [x], target_label: __scheme__}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::relabel_configs::0"},
		"pull over http":                         {map[string]string{"receivers": "{scraper: {endpoint: \"http://db:80\"}}", "receiver": "scraper"}, "TG007", "receivers::scraper::endpoint"},
		"pull without verification":              {map[string]string{"receivers": "{scraper: {endpoint: \"https://db\", tls: {insecure_skip_verify: true}}}", "receiver": "scraper"}, "TG007", "receivers::scraper::tls::insecure_skip_verify"},
		"kafka SASL PLAIN":                       {map[string]string{"receivers": "{kafka: {brokers: [\"k:9092\"], auth: {sasl: {mechanism: PLAIN}}}}", "receiver": "kafka"}, "TG009", "receivers::kafka::auth::sasl"},
		"kafka exporter":                         {map[string]string{"exporters": "{kafka: {brokers: [\"k:9092\"]}}", "exporter": "kafka"}, "TG020", "exporters::kafka::tls"},
		"kafka exporter, insecure":               {map[string]string{"exporters": "{kafka: {brokers: [\"k:9092\"], tls: {insecure: true}}}", "exporter": "kafka"}, "TG008", "exporters::kafka::tls"},
		"kafka exporter, unverified":             {map[string]string{"exporters": "{kafka: {brokers: [\"k:9093\"], tls: {insecure_skip_verify: true}}}", "exporter": "kafka"}, "TG021", "exporters::kafka::tls::insecure_skip_verify"},
		"http exporter":                          {map[string]string{"exporters": "{otlp_http: {endpoint: \"HTTP://store:4318\"}}", "exporter": "otlp_http"}, "TG020", "exporters::otlp_http::endpoint"},
		"one signal over http":                   {map[string]string{"exporters": "{otlp_http: {endpoint: \"https://store\", logs_endpoint: \"http://store/v1/logs\"}}", "exporter": "otlp_http"}, "TG020", "exporters::otlp_http::logs_endpoint"},
		"gRPC, http scheme and insecure":         {map[string]string{"exporters": "{otlp: {endpoint: \"http://store:4317\", tls: {insecure: true}}}", "exporter": "otlp"}, "TG020", "exporters::otlp::tls::insecure"},
		"gRPC to loopback":                       {map[string]string{"exporters": "{otlp: {endpoint: \"127.0.0.1:4317\", tls: {insecure: true}}}", "exporter": "otlp"}, "TG020", "exporters::otlp::tls::insecure"},
		"load balancer":                          {map[string]string{"exporters": "{load_balancing: {protocol: {otlp: {tls: {insecure: true}}}}}", "exporter": "load_balancing"}, "TG020", "exporters::load_balancing::protocol::otlp::tls::insecure"},
		"insecure beside a CA":                   {map[string]string{"exporters": "{otlp: {endpoint: \"s:1\", tls: {insecure: true, ca_file: certs/ca.crt}}}", "exporter": "otlp"}, "TG022", "exporters::otlp::tls::insecure"},
		"certificates of plaintext":              {map[string]string{"exporters": "{otlp: {endpoint: \"s:1\", tls: {insecure: true, cert_file: certs/client.crt, key_file: certs/client.key}}}", "exporter": "otlp"}, "TG022", "exporters::otlp::tls"},
		"token over plaintext":                   {map[string]string{"exporters": "{otlp: {endpoint: \"s:1\", headers: {X-Api-Key: secret}, tls: {insecure: true}}}", "exporter": "otlp"}, "TG009", "exporters::otlp::headers"},
		"own traces":                             {map[string]string{"telemetry": "{traces: {processors: [{batch: {exporter: {otlp: {protocol: grpc, endpoint: \"s:4317\", insecure: true}}}}]}}"}, "TG030", "service::telemetry::traces::processors::0::batch::exporter::otlp::insecure"},
		"own logs":                               {map[string]string{"telemetry": "{logs: {processors: [{simple: {exporter: {otlp: {endpoint: \"http://s:4318\"}}}}]}}"}, "TG030", "service::telemetry::logs::processors::0::simple::exporter::otlp::endpoint"},
		"insecure to https is plaintext":         {map[string]string{"telemetry": "{traces: {processors: [{batch: {exporter: {otlp: {endpoint: \"https://s:4317\", insecure: true}}}}]}}"}, "TG030", "service::telemetry::traces::processors::0::batch::exporter::otlp::insecure"},
		"pprof":                                  {map[string]string{"extensions": "{tls_guard: {}, pprof: {endpoint: \"0.0.0.0:1777\"}}", "started": "[pprof, tls_guard]"}, "TG032", "extensions::pprof::endpoint"},
		"certificate of a client":                {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/client.crt, key_file: certs/client.key, client_ca_file: certs/clients-ca.crt}}}}}"}, "TG011", "receivers::otlp::protocols::grpc::tls::cert_file"},
		"certificate without names":              {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/unnamed.crt, key_file: certs/server.key, client_ca_file: certs/clients-ca.crt}}}}}"}, "TG011", "receivers::otlp::protocols::grpc::tls::cert_file"},
		"certificate of tomorrow":                {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/early.crt, key_file: certs/server.key, client_ca_file: certs/clients-ca.crt}}}}}"}, "TG011", "receivers::otlp::protocols::grpc::tls::cert_file"},
		"broken chain":                           {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/broken.crt, key_file: certs/server.key, client_ca_file: certs/clients-ca.crt}}}}}"}, "TG011", "receivers::otlp::protocols::grpc::tls::cert_file"},
		"weak RSA":                               {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/weak.crt, key_file: certs/weak.key, client_ca_file: certs/clients-ca.crt}}}}}"}, "TG011", "receivers::otlp::protocols::grpc::tls::cert_file"},
		"key of another certificate":             {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/server.crt, key_file: certs/client.key, client_ca_file: certs/clients-ca.crt}}}}}"}, "TG011", "receivers::otlp::protocols::grpc::tls::key_file"},
		"no such certificate":                    {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/none.crt, key_file: certs/server.key, client_ca_file: certs/clients-ca.crt}}}}}"}, "TG011", "receivers::otlp::protocols::grpc::tls::cert_file"},
		"client CA is no CA":                     {map[string]string{"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/server.crt, key_file: certs/server.key, client_ca_file: certs/client.crt}}}}}"}, "TG011", "receivers::otlp::protocols::grpc::tls::client_ca_file"},
		"empty CA of an exporter":                {map[string]string{"exporters": "{otlp: {endpoint: \"s:1\", tls: {ca_file: certs/empty.crt}}}", "exporter": "otlp"}, "TG011", "exporters::otlp::tls::ca_file"},
		"odd receiver":                           {map[string]string{"receivers": "{odd: {endpoint: \"0.0.0.0:7\"}}", "receiver": "odd"}, "TG070", "receivers::odd::endpoint"},
		"override tightens":                      {map[string]string{"guard": "{receivers: {client_auth: optional, override: {\"receivers::otlp\": {client_auth: required}}}}", "receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/server.crt, key_file: certs/server.key}}}}}"}, "TG002", "receivers::otlp::protocols::grpc::tls"},
		"override of another receiver":           {map[string]string{"guard": "{receivers: {override: {\"receivers::otlp/edge\": {client_auth: optional}}}}", "receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/server.crt, key_file: certs/server.key}}}}}"}, "TG002", "receivers::otlp::protocols::grpc::tls"},
		"exemption has ended":                    {map[string]string{"guard": "{exemptions: [{path: \"receivers::statsd\", rules: [TG006], reason: r, expires: \"2026-05-31\"}]}", "receivers": "{statsd: {endpoint: \"localhost:1\"}}", "receiver": "statsd"}, "TG006", "receivers::statsd"},
		"ended exemption of nothing":             {map[string]string{"guard": "{exemptions: [{path: \"receivers::none\", rules: [TG006], reason: r, expires: \"2026-05-31\"}]}"}, "TG090", "extensions::tls_guard::exemptions::0"},
		"exemption of another rule":              {map[string]string{"guard": "{exemptions: [{path: \"receivers::statsd\", rules: [TG001], reason: r, expires: never}]}", "receivers": "{statsd: {endpoint: \"localhost:1\"}}", "receiver": "statsd"}, "TG006", "receivers::statsd"},
		"listener behind a connector":            {map[string]string{"receivers": "{zipkin: {endpoint: \"0.0.0.0:1\"}}", "connectors": "{forward: {}}", "pipelines": "{traces: {receivers: [zipkin], exporters: [forward]}, traces/b: {receivers: [forward], exporters: [nop]}}"}, "TG001", "receivers::zipkin"},
		"queue on another storage":               {map[string]string{"exporters": "{otlp: {endpoint: \"s:1\", sending_queue: {storage: file_storage/q}}}", "exporter": "otlp", "extensions": "{tls_guard: {}, file_storage/q: {directory: /plain}}", "started": "[tls_guard, file_storage/q]"}, "TG040", "exporters::otlp::sending_queue::storage"},
		"zpages on every interface":              {map[string]string{"extensions": "{tls_guard: {}, zpages: {endpoint: \":55679\"}}", "started": "[zpages, tls_guard]"}, "TG032", "extensions::zpages::endpoint"},
		"statsd on every interface":              {map[string]string{"receivers": "{statsd: {endpoint: \":8125\"}}", "receiver": "statsd"}, "TG006", "receivers::statsd"},
		"odd receiver, list of addresses":        {map[string]string{"receivers": "{odd: {endpoint: [\"0.0.0.0:7\"]}}", "receiver": "odd"}, "TG070", "receivers::odd::endpoint"},
		"scrape that accepts TLS 1.0":            {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, tls_config: {min_version: TLS10}}]}}}", "receiver": "prometheus"}, "TG004", "receivers::prometheus::config::scrape_configs::0::tls_config::min_version"},
		"scrape with another's key":              {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, tls_config: {cert_file: certs/client.crt, key_file: certs/server.key}}]}}}", "receiver": "prometheus"}, "TG011", "receivers::prometheus::config::scrape_configs::0::tls_config::key_file"},
		"scrape with an open key":                {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, tls_config: {cert_file: certs/server.crt, key_file: certs/open.key}}]}}}", "receiver": "prometheus"}, "TG014", "receivers::prometheus::config::scrape_configs::0::tls_config::key_file"},
		"scheme in a static label":               {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, static_configs: [{targets: [\"a:1\"], labels: {__scheme__: http}}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::static_configs::0::labels::__scheme__"},
		"scheme in lower case":                   {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, relabel_configs: [{action: lowercase, source_labels: [x], target_label: __scheme__, replacement: https}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::relabel_configs::0"},
		"scheme by a template":                   {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, relabel_configs: [{source_labels: [x], target_label: \"__$1__\"}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::relabel_configs::0"},
		"scheme by a label map":                  {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, relabel_configs: [{action: labelmap, regex: \"x_(.+)\", replacement: \"__$1__\"}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::relabel_configs::0"},
		"scheme by a label map of labels here":   {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, static_configs: [{targets: [\"a:1\"], labels: {x__scheme__: http}}], relabel_configs: [{action: labelmap, regex: \"x(.+)\"}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::relabel_configs::0"},
		"discovery over a plain TCP API":         {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, docker_sd_configs: [{host: \"tcp://192.0.2.1:2375\"}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::docker_sd_configs::0::host"},
		"token by a plain proxy":                 {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, oauth2: {token_url: \"https://idp/\", proxy_url: \"http://proxy:3128\"}}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::oauth2::proxy_url"},
		"second address leaves the host":         {map[string]string{"exporters": "{otlp_http: {endpoint: \"http://127.0.0.1:4318\", metrics_endpoint: \"http://192.0.2.1/x\"}}", "exporter": "otlp_http", "guard": "{allow: {loopback_plaintext: true}}"}, "TG020", "exporters::otlp_http::metrics_endpoint"},
		"load balancer to what it finds":         {map[string]string{"exporters": "{load_balancing: {protocol: {otlp: {endpoint: \"127.0.0.1:1\", tls: {insecure: true}}}, resolver: {static: {hostnames: [\"192.0.2.1:4317\"]}}}}", "exporter": "load_balancing", "guard": "{allow: {loopback_plaintext: true}}"}, "TG020", "exporters::load_balancing::protocol::otlp::tls::insecure"},
		"scheme after the pin":                   {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, relabel_configs: [{target_label: __scheme__, replacement: https}, {source_labels: [x], target_label: __scheme__}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::relabel_configs::1"},
		"pin for some targets only":              {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, static_configs: [{targets: [\"a:1\"], labels: {__scheme__: http}}], relabel_configs: [{source_labels: [x], target_label: __scheme__, replacement: https}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::static_configs::0::labels::__scheme__"},
		"discovery over http":                    {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, http_sd_configs: [{url: \"http://sd.example/\"}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::http_sd_configs::0::url"},
		"discovery by consul's default":          {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, consul_sd_configs: [{server: \"c:8500\", scheme: http}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::consul_sd_configs::0::scheme"},
		"discovery in a cluster over http":       {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, kubernetes_sd_configs: [{api_server: \"http://k:8080\", role: pod}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::kubernetes_sd_configs::0::api_server"},
		"discovery that knows no TLS":            {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, serverset_sd_configs: [{servers: [\"z:2181\"], paths: [/a]}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::serverset_sd_configs::0::servers"},
		"unverified discovery":                   {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, http_sd_configs: [{url: \"https://sd.example/\", tls_config: {insecure_skip_verify: true}}]}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::http_sd_configs::0::tls_config::insecure_skip_verify"},
		"scrape through a proxy in clear":        {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, proxy_url: \"http://proxy:3128\"}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::proxy_url"},
		"scrape with the proxy's password":       {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, proxy_url: \"http://u:p@proxy:3128\"}]}}}", "receiver": "prometheus"}, "TG009", "receivers::prometheus::config::scrape_configs::0::proxy_url"},
		"token over http":                        {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, oauth2: {client_id: a, client_secret: b, token_url: \"http://idp/\"}}]}}}", "receiver": "prometheus"}, "TG009", "receivers::prometheus::config::scrape_configs::0::oauth2::token_url"},
		"unverified token source":                {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, oauth2: {token_url: \"https://idp/\", tls_config: {insecure_skip_verify: true}}}]}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::config::scrape_configs::0::oauth2::tls_config::insecure_skip_verify"},
		"moved loopback scrape":                  {map[string]string{"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, static_configs: [{targets: [\"localhost:9100\"]}], relabel_configs: [{target_label: __address__, replacement: \"far:9100\"}]}]}}}", "receiver": "prometheus", "guard": "{allow: {loopback_plaintext: true}}"}, "TG007", "receivers::prometheus::config::scrape_configs::0::scheme"},
		"jobs from an allocator":                 {map[string]string{"receivers": "{prometheus: {target_allocator: {endpoint: \"https://ta\"}}}", "receiver": "prometheus"}, "TG007", "receivers::prometheus::target_allocator"},
		"exporter accepts TLS 1.0":               {map[string]string{"exporters": "{otlp: {endpoint: \"s:1\", tls: {min_version: \"1.0\"}}}", "exporter": "otlp"}, "TG004", "exporters::otlp::tls::min_version"},
		"exporter accepts a weak suite":          {map[string]string{"exporters": "{otlp: {endpoint: \"s:1\", tls: {cipher_suites: [TLS_RSA_WITH_3DES_EDE_CBC_SHA]}}}", "exporter": "otlp"}, "TG005", "exporters::otlp::tls::cipher_suites"},
		"broker of TLS 1.1":                      {map[string]string{"receivers": "{kafka: {brokers: [\"k:9093\"], tls: {min_version: \"1.1\", max_version: \"1.1\"}}}", "receiver": "kafka"}, "TG004", "receivers::kafka::tls::max_version"},
		"broker's CA in the older place":         {map[string]string{"receivers": "{kafka: {brokers: [\"k:9093\"], auth: {tls: {ca_file: certs/none.crt}}}}", "receiver": "kafka"}, "TG011", "receivers::kafka::auth::tls::ca_file"},
		"key of a broker client":                 {map[string]string{"exporters": "{kafka: {brokers: [\"k:9093\"], auth: {tls: {cert_file: certs/client.crt, key_file: certs/open.key}}}}", "exporter": "kafka"}, "TG014", "exporters::kafka::auth::tls::key_file"},
		"exporter's proxy":                       {map[string]string{"exporters": "{otlp_http: {endpoint: \"https://s\", proxy_url: \"http://u:p@proxy:3128\"}}", "exporter": "otlp_http"}, "TG020", "exporters::otlp_http::proxy_url"},
		"password of an exporter's proxy":        {map[string]string{"exporters": "{otlp_http: {endpoint: \"https://s\", proxy_url: \"http://u:p@proxy:3128\"}}", "exporter": "otlp_http"}, "TG009", "exporters::otlp_http::proxy_url"},
		"unreadable http address":                {map[string]string{"exporters": "{otlp_http: {endpoint: \"http://a b:4318\"}}", "exporter": "otlp_http"}, "TG020", "exporters::otlp_http::endpoint"},
		"gRPC knows https in small letters":      {map[string]string{"exporters": "{otlp: {endpoint: \"HTTPS://s:1\", tls: {insecure: true}}}", "exporter": "otlp"}, "TG020", "exporters::otlp::tls::insecure"},
		"second address of an exporter":          {map[string]string{"exporters": "{s3_sse_kms: {endpoint: \"https://s\", encryption: {kms_endpoint: \"http://kms\"}}}", "exporter": "s3_sse_kms"}, "TG020", "exporters::s3_sse_kms::encryption::kms_endpoint"},
		"extension over http":                    {map[string]string{"extensions": "{tls_guard: {}, opamp: {server: {http: {endpoint: \"http://o\"}}}}", "started": "[tls_guard, opamp]"}, "TG034", "extensions::opamp::server::http::endpoint"},
		"extension without verification":         {map[string]string{"extensions": "{tls_guard: {}, opamp: {server: {http: {endpoint: \"https://o\", tls: {insecure_skip_verify: true}}}}}", "started": "[tls_guard, opamp]"}, "TG034", "extensions::opamp::server::http::tls::insecure_skip_verify"},
		"UDP among the operators":                {map[string]string{"receivers": "{filelog: {include: [/a], operators: [{type: noop, id: x, output: y}, {type: udp_input, listen_address: \":514\"}, {type: noop, id: y}]}}", "receiver": "filelog"}, "TG006", "receivers::filelog::operators::1"},
		"UDP among the effective operators":      {map[string]string{"receivers": "{filelog: {include: [/a], operators: [{type: noop, id: x, output: y}, {builder: {type: udp_input, listen_address: \"0.0.0.0:514\"}}, {type: noop, id: y}]}}", "receiver": "filelog"}, "TG006", "receivers::filelog::operators::1"},
		"TCP among the operators":                {map[string]string{"receivers": "{filelog: {include: [/a], operators: [{type: noop, id: x, output: y}, {type: tcp_input, listen_address: \"0.0.0.0:514\"}, {type: noop, id: y}]}}", "receiver": "filelog"}, "TG001", "receivers::filelog::operators::1"},
		"TCP with TLS alone among the operators": {map[string]string{"receivers": "{filelog: {include: [/a], operators: [{type: noop, id: x, output: y}, {type: tcp_input, listen_address: \"0.0.0.0:514\", tls: {cert_file: certs/server.crt, key_file: certs/server.key}}, {type: noop, id: y}]}}", "receiver": "filelog"}, "TG002", "receivers::filelog::operators::1::tls"},
		"syslog among the operators":             {map[string]string{"receivers": "{filelog: {include: [/a], operators: [{type: noop, id: x, output: y}, {type: syslog_input, tcp: null, udp: {listen_address: \"0.0.0.0:514\"}}, {type: noop, id: y}]}}", "receiver": "filelog"}, "TG006", "receivers::filelog::operators::1::udp"},
		"receivers made at run time":             {map[string]string{"receivers": "{receiver_creator: {watch_observers: [k]}}", "receiver": "receiver_creator"}, "TG070", "receivers::receiver_creator"},
		"load balancer's queues on a disk":       {map[string]string{"exporters": "{load_balancing: {protocol: {otlp: {sending_queue: {storage: file_storage}}}}}", "exporter": "load_balancing"}, "TG040", "exporters::load_balancing::protocol::otlp::sending_queue::storage"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings := check(t, config(c.parts))
			require.True(t, has(findings, c.id, c.path), "%s at %s is not in %v", c.id, c.path, findings)
			assert.True(t, HasErrors(findings))
		})
	}
}

func TestGood(t *testing.T) {
	t.Parallel()
	plain := "{otlp: {protocols: {grpc: {endpoint: \"%\"}}}}"
	cases := map[string]map[string]string{
		"all defaults":                   {},
		"unused receiver":                {"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: " + sealedTLS + "}}}, zipkin: {endpoint: \"0.0.0.0:1\"}}"},
		"loopback allowed":               {"receivers": strings.ReplaceAll(plain, "%", "127.0.0.1:4317"), "guard": "{allow: {loopback_plaintext: true}}"},
		"loopback allowed, IPv6":         {"receivers": strings.ReplaceAll(plain, "%", "[::1]:4317"), "guard": "{allow: {loopback_plaintext: true}}"},
		"loopback allowed, name":         {"receivers": strings.ReplaceAll(plain, "%", "localhost:4317"), "guard": "{allow: {loopback_plaintext: true}}"},
		"loopback exporter allowed":      {"exporters": "{otlp: {endpoint: \"localhost:4317\", tls: {insecure: true}}}", "exporter": "otlp", "guard": "{allow: {loopback_plaintext: true}}"},
		"unix socket in a closed folder": {"receivers": "{otlp: {protocols: {grpc: {endpoint: /run/otel/otlp.sock, transport: unix}}}}"},
		"authenticator is enough":        {"guard": "{receivers: {client_auth: auth}}", "receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, auth: {authenticator: bearertokenauth}, tls: {cert_file: certs/server.crt, key_file: certs/server.key}}}}}"},
		"certificate is enough for auth": {"guard": "{receivers: {client_auth: auth}}"},
		"optional":                       {"guard": "{receivers: {client_auth: optional}}", "receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/server.crt, key_file: certs/server.key}}}}}"},
		"override":                       {"guard": "{receivers: {override: {\"receivers::otlp\": {client_auth: optional}}}}", "receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/server.crt, key_file: certs/server.key}}}}}"},
		"certificates in memory":         {"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_pem: \"[REDACTED]\", key_pem: \"[REDACTED]\", client_ca_file: certs/clients-ca.crt}}}}}"},
		"chain":                          {"receivers": "{otlp: {protocols: {grpc: {endpoint: 1.2.3.4:1, tls: {cert_file: certs/chain.crt, key_file: certs/server.key, client_ca_file: certs/clients-ca.crt}}}}}"},
		"file log":                       {"receivers": "{filelog: {include: [/var/log/*.log]}}", "receiver": "filelog"},
		"syslog over TLS":                {"receivers": "{syslog: {tcp: {listen_address: \"0.0.0.0:6514\", tls: " + sealedTLS + "}}}", "receiver": "syslog"},
		"kafka over TLS":                 {"receivers": "{kafka: {brokers: [\"k:9093\"], tls: {ca_file: certs/ca.crt}, auth: {sasl: {mechanism: PLAIN}}}}", "receiver": "kafka"},
		"kafka, system roots":            {"receivers": "{kafka: {brokers: [\"k:9093\"], tls: {}}}", "receiver": "kafka"},
		"kafka, older place":             {"exporters": "{kafka: {brokers: [\"k:9093\"], auth: {tls: {ca_file: certs/ca.crt}}}}", "exporter": "kafka"},
		"scrape":                         {"receivers": "{prometheus: {api_server: {enabled: false, server_config: {endpoint: \"127.0.0.1:9090\"}}, config: {scrape_configs: [{job_name: a, scheme: https, tls_config: {ca_file: certs/ca.crt}}]}}}", "receiver": "prometheus"},
		"scrape loopback":                {"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, static_configs: [{targets: [\"localhost:9100\"]}]}]}}}", "receiver": "prometheus", "guard": "{allow: {loopback_plaintext: true}}"},
		"https exporter":                 {"exporters": "{otlp_http: {endpoint: \"https://store:4318\", headers: {authorization: x}}}", "exporter": "otlp_http"},
		"gRPC exporter, default TLS":     {"exporters": "{otlp: {endpoint: \"store:4317\"}}", "exporter": "otlp"},
		"gRPC exporter, https":           {"exporters": "{otlp: {endpoint: \"https://store:4317\", tls: {ca_file: certs/ca.crt, cert_file: certs/client.crt, key_file: certs/client.key}}}", "exporter": "otlp"},
		"gRPC exporter, resolver":        {"exporters": "{otlp: {endpoint: \"dns:///store:4317\"}}", "exporter": "otlp"},
		"load balancer":                  {"exporters": "{load_balancing: {protocol: {otlp: {tls: {ca_file: certs/ca.crt}}}, resolver: {static: {hostnames: [a]}}}}", "exporter": "load_balancing"},
		"prometheus exporter over mTLS":  {"exporters": "{prometheus: {endpoint: \"0.0.0.0:8889\", tls: " + sealedTLS + "}}", "exporter": "prometheus"},
		"exporters are off":              {"exporters": "{otlp: {endpoint: \"s:1\", tls: {insecure: true}}}", "exporter": "otlp", "guard": "{exporters: off}"},
		"exporters only warn":            {"exporters": "{otlp: {endpoint: \"s:1\", tls: {insecure: true}}}", "exporter": "otlp", "guard": "{exporters: warn}"},
		"own telemetry on loopback":      {"telemetry": "{traces: {processors: [{batch: {exporter: {otlp: {endpoint: \"http://localhost:4318\"}}}}]}, metrics: {readers: [{pull: {exporter: {prometheus: {host: localhost, port: 8888}}}}]}}"},
		"metrics reader for prometheus":  {"telemetry": "{metrics: {readers: [{pull: {exporter: {prometheus: {host: 0.0.0.0, port: 8888}}}}]}}"},
		"health for the kubelet":         {"extensions": "{tls_guard: {}, health_check: {endpoint: \"0.0.0.0:13133\"}}", "started": "[health_check, tls_guard]"},
		"zpages on loopback":             {"extensions": "{tls_guard: {}, zpages: {endpoint: \"localhost:55679\"}}", "started": "[zpages, tls_guard]"},
		"sealed queue":                   {"exporters": "{otlp: {endpoint: \"s:1\", sending_queue: {storage: encrypted_storage/q}}}", "exporter": "otlp"},
		"queue on dm-crypt":              {"exporters": "{otlp: {endpoint: \"s:1\", sending_queue: {storage: file_storage/q}}}", "exporter": "otlp", "extensions": "{tls_guard: {}, file_storage/q: {directory: /luks}}", "started": "[tls_guard, file_storage/q]"},
		"queue off":                      {"exporters": "{otlp: {endpoint: \"s:1\", sending_queue: {enabled: false, storage: file_storage}}}", "exporter": "otlp"},
		"exemption":                      {"guard": "{exemptions: [{path: \"receivers::statsd\", rules: [TG006], reason: sidecar, expires: 2027-01-31}]}", "receivers": "{statsd: {endpoint: \"localhost:1\"}}", "receiver": "statsd"},
		"last day of an exemption":       {"guard": "{exemptions: [{path: \"receivers::statsd\", rules: [TG006], reason: sidecar, expires: 2026-06-01}]}", "receivers": "{statsd: {endpoint: \"localhost:1\"}}", "receiver": "statsd"},
		"exemption of a whole receiver":  {"guard": "{exemptions: [{path: \"receivers::otlp\", rules: [TG001], reason: r, expires: never}]}", "receivers": strings.ReplaceAll(plain, "%", "0.0.0.0:4317")},
		"pinned scheme":                  {"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, file_sd_configs: [{files: [/a.json]}], static_configs: [{targets: [\"a:1\"], labels: {__scheme__: http}}], relabel_configs: [{action: labelmap, regex: \"__meta_kubernetes_pod_label_(.+)\"}, {source_labels: [x], target_label: __scheme__}, {action: replace, target_label: __scheme__, regex: \"(.*)\", replacement: https}]}]}}}", "receiver": "prometheus"},
		"discoveries over TLS":           {"receivers": "{prometheus: {config: {scrape_configs: [{job_name: a, scheme: https, http_sd_configs: [{url: \"https://sd/\"}], consul_sd_configs: [{server: \"c:8501\", scheme: https}], kubernetes_sd_configs: [{role: pod}], oauth2: {token_url: \"https://idp/\"}, proxy_url: \"https://proxy\", tls_config: {ca_file: certs/ca.crt, min_version: TLS13}}]}}}", "receiver": "prometheus"},
		"kafka client certificate":       {"exporters": "{kafka: {brokers: [\"k:9093\"], auth: {tls: {ca_file: certs/ca.crt, cert_file: certs/client.crt, key_file: certs/client.key}}}}", "exporter": "kafka"},
		"issuer whose keys are a file":   {"extensions": "{tls_guard: {}, oidc: {providers: [{issuer_url: \"http://idp\", public_keys_file: keys}]}}", "started": "[tls_guard, oidc]"},
		"loopback key service allowed":   {"extensions": "{tls_guard: {allow: {loopback_plaintext: true}}, opamp: {server: {http: {endpoint: \"http://127.0.0.1:1\"}}}}", "started": "[tls_guard, opamp]"},
		"unknown type is allowed":        {"guard": "{receivers: {unknown: warn}}", "receivers": "{mystery: {}}", "receiver": "mystery"},
	}
	for name, parts := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := config(parts)
			parsed := parse(t, text)
			policy, err := DecodePolicy(GuardSection(parsed))
			require.NoError(t, err)
			require.NoError(t, policy.Problems())
			env := environment(t)
			files := pki(t)
			files.access = map[string]Access{"/run/otel": {Mode: 0o750, Known: true}, "/run": {Mode: 0o755, Known: true}, "/": {Mode: 0o755, Known: true}}
			files.encrypted = map[string]bool{"/luks": true}
			env.Files = files
			for _, f := range Check(Input{Config: parsed, Classifier: distribution(), Environment: env}, policy) {
				assert.Equal(t, Warn, f.Severity, f.String())
			}
		})
	}
}
