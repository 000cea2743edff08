package rules

// What the types of a configuration cannot say stands here, by kind and type.
// Everything else is judged by reflection.

// listens holds types whose plain address strings are listened on.
var listens = map[Kind]map[string]bool{
	Receiver: {
		"jaeger": true, "statsd": true, "syslog": true, "tcplog": true, "udplog": true,
		"netflow": true, "carbon": true, "collectd": true, "awsxray": true, "wavefront": true,
		"signalfx": true, "splunk_hec": true, "fluent_forward": true, "fluentforward": true,
		"influxdb": true, "loki": true, "zipkin": true, "otlp": true, "sflow": true, "snmptrap": true,
	},
	Extension: {"pprof": true},
}

// dials holds receivers whose addresses are dialled, never listened on.
var dials = map[Kind]map[string]bool{
	Receiver: {
		"kafka": true, "kafkametrics": true, "pulsar": true, "rabbitmq": true, "solace": true,
		"mysql": true, "postgresql": true, "redis": true, "mongodb": true, "elasticsearch": true,
		"docker_stats": true, "nginx": true, "apache": true, "httpcheck": true, "tcpcheck": true,
		"sshcheck": true, "snmp": true, "kubeletstats": true, "prometheus": true, "memcached": true,
		"zookeeper": true, "oracledb": true, "sqlserver": true, "sqlquery": true, "haproxy": true,
		"filelog": true, "file_log": true, "hostmetrics": true, "k8s_cluster": true, "k8sobjects": true, "journald": true,
	},
}

// overwritesEndpoint holds types whose written endpoint is replaced by what a
// resolver finds.
var overwritesEndpoint = map[Kind]map[string]bool{Exporter: {"loadbalancing": true, "load_balancing": true}}

// brokers holds receivers and exporters that speak to a message broker.
var brokers = map[string]bool{"kafka": true, "kafkametrics": true}

// lineProtocols holds receivers that take any bytes as telemetry: a probe's
// handshake would become a log line.
var lineProtocols = map[string]bool{
	"syslog": true, "tcplog": true, "tcp_log": true, "udplog": true, "udp_log": true, "statsd": true, "carbon": true,
	"collectd": true, "netflow": true, "fluent_forward": true, "fluentforward": true, "wavefront": true,
}

// datagrams holds receivers whose addresses without TLS settings are UDP's, so
// that no TCP socket is ever theirs.
var datagrams = map[string]bool{"jaeger": true, "netflow": true, "sflow": true, "snmptrap": true, "udplog": true, "udp_log": true}

// asynchronous holds processors that answer before the data has gone on.
var asynchronous = map[string]bool{"batch": true, "tail_sampling": true, "groupbytrace": true, "group_by_trace": true}

// ownRules is true for extensions that have a rule of their own instead of
// the listener rules: what they serve holds no payload.
func ownRules(c component) bool {
	switch c.typ {
	case "zpages", "pprof", "health_check", "healthcheckv2":
		return true
	}
	return false
}
