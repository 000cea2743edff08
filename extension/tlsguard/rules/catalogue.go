package rules

// catalogue is the one list of rules. Examples stand in examples/, as whole
// configurations that tests run.
var catalogue = withExamples([]Rule{
	{
		ID: "TG001", Family: "listeners", Title: "listener accepts plaintext", Severity: Error, BadPath: "receivers::otlp::protocols::http",
		Help: "The listener has no TLS settings: tls is absent, null, or switched off with enabled: false, which all look the same to the collector. Anybody on the way reads and changes what arrives.",
	},
	{
		ID: "TG002", Family: "listeners", Title: "no client certificate required", Severity: Error, BadPath: "receivers::otlp::protocols::grpc::tls",
		Help: "Anybody who can reach the port can send. A server's ca_file does nothing for its clients; client_ca_file makes the server require and verify a client certificate.",
	},
	{
		ID: "TG003", Family: "listeners", Title: "system roots as client CA", Severity: Error, BadPath: "receivers::otlp::protocols::grpc::tls::include_system_ca_certs_pool",
		Help: "With include_system_ca_certs_pool every client certificate that any public CA ever issued is let in.",
	},
	{
		ID: "TG004", Family: "listeners, pulls, brokers, exporters", Title: "TLS version below policy", Severity: Error, BadPath: "receivers::otlp::protocols::grpc::tls::min_version",
		Help: "TLS 1.0 and 1.1 are deprecated by RFC 8996. The collector accepts them when asked to, as a server and as a client. The floor for listeners is receivers.min_version, for clients always TLS 1.2.",
	},
	{
		ID: "TG005", Family: "listeners, pulls, brokers, exporters", Title: "weak suite or curve, or no post-quantum group", Severity: Error, BadPath: "receivers::otlp::protocols::grpc::tls::cipher_suites",
		Help: "Suites that Go calls insecure are refused. A key exchange without X25519MLKEM768 is a warning: who records the traffic today may open it later. post_quantum: require makes it an error.",
	},
	{
		ID: "TG006", Family: "listeners", Title: "listener cannot do TLS", Severity: Error, BadPath: "receivers::statsd",
		Help: "UDP receivers and line protocols have no place for TLS settings. Keep them on a network of their own and say so in an exemption, or replace them.",
	},
	{
		ID: "TG007", Family: "pulls", Title: "pull receiver over plaintext or unverified", Severity: Error, BadPath: "receivers::prometheus::config::scrape_configs::0::scheme",
		Help: "A receiver that fetches telemetry takes it from whoever answers. The prometheus receiver's scheme is http by default; a target's label, a relabelling rule or a service discovery over http can turn https back.",
	},
	{
		ID: "TG008", Family: "brokers", Title: "broker without TLS", Severity: Error, BadPath: "receivers::kafka::tls",
		Help: "A kafka component without a tls section speaks plaintext to its brokers.",
	},
	{
		ID: "TG009", Family: "listeners, pulls, brokers, exporters", Title: "credentials over plaintext", Severity: Error, BadPath: "exporters::otlp_http::headers",
		Help: "A password or token that crosses the network in clear belongs to whoever listens.",
	},
	{
		ID: "TG010", Family: "listeners", Title: "no authentication where policy asks for it", Severity: Error, BadPath: "receivers::otlp::protocols::grpc",
		Help: "client_auth: auth asks for a client certificate or an authenticator; the listener has neither.",
	},
	{
		ID: "TG011", Family: "certificates", Title: "certificate or key unusable", Severity: Error, BadPath: "receivers::otlp::protocols::grpc::tls::cert_file",
		Help: "The file cannot be read, certificate and key do not belong together, the chain is broken, the certificate is for another use or has no name, or its key or signature is weak (RSA below 2048 bits, SHA-1).",
	},
	{
		ID: "TG012", Family: "certificates", Title: "certificate expired", Severity: Error, BadPath: "receivers::otlp::protocols::grpc::tls::cert_file",
		Help: "Peers refuse an expired certificate; operators then switch verification off.",
	},
	{
		ID: "TG013", Family: "certificates", Title: "certificate expires soon", Severity: Warn, BadPath: "receivers::otlp::protocols::grpc::tls::cert_file",
		Help: "The certificate ends within certificates.expiry_warning, or it is short-lived and reload_interval is not set, so that a renewed file would not be read.",
	},
	{
		ID: "TG014", Family: "certificates", Title: "private key readable by others", Severity: Error, BadPath: "receivers::otlp::protocols::grpc::tls::key_file",
		Help: "Who reads the key can be the collector. A key that the process's own group reads is fine: Kubernetes mounts secrets that way.",
	},
	{
		ID: "TG020", Family: "exporters", Title: "exporter in plaintext", Severity: Error, BadPath: "exporters::otlp::tls::insecure",
		Help: "insecure: true, an http:// endpoint or a missing tls section: everything the exporter sends is readable on the way. A proxy that is reached over http:// sees and shows the destination's name and its own password.",
	},
	{
		ID: "TG021", Family: "exporters", Title: "exporter skips verification", Severity: Error, BadPath: "exporters::otlp::tls::insecure_skip_verify",
		Help: "Encrypted to whoever answers. Anybody on the way can answer.",
	},
	{
		ID: "TG022", Family: "exporters", Title: "exporter's TLS settings silently ignored", Severity: Error, BadPath: "exporters::otlp::tls::insecure",
		Help: "insecure: true beside a CA is ignored; with https:// it drops the certificates and the CA and uses the system roots; certificates of a plaintext connection are never used. What is written is not what happens.",
	},
	{
		ID: "TG030", Family: "telemetry", Title: "own telemetry exported in plaintext", Severity: Error, BadPath: "service::telemetry::metrics::readers::0::periodic::exporter::otlp::endpoint",
		Help: "The collector's own traces, metrics and logs name hosts, tenants and errors.",
	},
	{
		ID: "TG031", Family: "telemetry", Title: "metrics reader off loopback", Severity: Warn, BadPath: "service::telemetry::metrics::readers::0::pull::exporter::prometheus::host",
		Help: "The reader speaks plaintext HTTP. Prometheus often needs it from another host, and it holds no payload: a warning.",
	},
	{
		ID: "TG032", Family: "extensions", Title: "zpages or pprof off loopback", Severity: Error, BadPath: "extensions::zpages::endpoint",
		Help: "zpages shows spans in flight, pprof the memory of the process.",
	},
	{
		ID: "TG033", Family: "extensions", Title: "health endpoint off loopback", Severity: Warn, BadPath: "extensions::health_check::endpoint",
		Help: "The kubelet asks from outside the pod; elsewhere localhost is enough.",
	},
	{
		ID: "TG034", Family: "extensions", Title: "extension or processor connects over plaintext", Severity: Error, BadPath: "extensions::oidc::providers::0::issuer_url",
		Help: "An authenticator that fetches its provider's keys in clear lets in whoever answers in the provider's place; a key service or a lookup in clear gives away what passes.",
	},
	{
		ID: "TG040", Family: "storage", Title: "queue on plaintext storage", Severity: Error, BadPath: "exporters::otlp::sending_queue::storage",
		Help: "A queue that spills to file_storage writes telemetry to disk in clear. encrypted_storage seals it; a folder on dm-crypt passes.",
	},
	{
		ID: "TG041", Family: "storage", Title: "file or debug exporter writes payload in clear", Severity: Warn, BadPath: "exporters::debug",
		Help: "Files and logs are read, shipped and kept by others.",
	},
	{
		ID: "TG050", Family: "pipelines", Title: "pipeline without redaction", Severity: Warn, BadPath: "service::pipelines::traces",
		Help: "Secrets and personal data in the telemetry leave with it. redact in report mode only counts.",
	},
	{
		ID: "TG051", Family: "pipelines", Title: "redaction after a fan-out", Severity: Warn, BadPath: "service::pipelines::traces/out::processors",
		Help: "The data went to other exporters before it was redacted.",
	},
	{
		ID: "TG052", Family: "pipelines", Title: "memory_limiter not first", Severity: Warn, BadPath: "service::pipelines::traces::processors",
		Help: "What stands before the limiter takes memory without a limit.",
	},
	{
		ID: "TG053", Family: "pipelines", Title: "acknowledged data can be lost", Severity: Warn, BadPath: "service::pipelines::traces::processors",
		Help: "batch, tail_sampling and groupbytrace answer before the data is stored, and a queue in memory dies with the process.",
	},
	{
		ID: "TG060", Family: "build", Title: "feature gate bypasses the guard", Severity: Error, BadPath: "feature_gates::service.partialReload",
		Help: "service.partialReload restarts receivers without telling any extension.",
	},
	{
		ID: "TG061", Family: "build", Title: "FIPS required but off", Severity: Error, BadPath: "extensions::tls_guard::fips",
		Help: "fips: required, and the process runs without the FIPS 140-3 module.",
	},
	{
		ID: "TG070", Family: "unknown", Title: "unknown component that may listen", Severity: Error, BadPath: "receivers::mystery",
		Help: "Nothing is known about the type, or it holds an address and its settings do not say whether it listens. Silence would be a guess.",
	},
	{
		ID: "TG080", Family: "probe", Title: "probe: answered without TLS", Severity: Error,
		Help: "A socket of the running collector took a plaintext request, whatever the configuration says. Found only at run time.",
	},
	{
		ID: "TG081", Family: "probe", Title: "probe: no client certificate asked for", Severity: Error,
		Help: "A socket of the running collector let a client without a certificate in. Found only at run time.",
	},
	{
		ID: "TG082", Family: "probe", Title: "probe: unknown CA accepted", Severity: Error,
		Help: "A socket of the running collector let a self-signed client certificate in. Found only at run time.",
	},
	{
		ID: "TG090", Family: "exemptions", Title: "exemption near its end, or without one", Severity: Warn, BadPath: "extensions::tls_guard::exemptions::0",
		Help: "From 30 days before its end an exemption warns; after its end the next start is refused. never is allowed and shown at each start.",
	},
})
