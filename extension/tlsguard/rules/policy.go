package rules

import "time"

// Mode is what a group of rules does.
type Mode string

const (
	// ModeEnforce refuses the start.
	ModeEnforce Mode = "enforce"
	// ModeWarn logs and counts.
	ModeWarn Mode = "warn"
	// ModeOff leaves the group out.
	ModeOff Mode = "off"
	// ModeAuto, for storage only: enforce where the host has the
	// encrypted_storage factory, else warn.
	ModeAuto Mode = "auto"
	// ModeFail, for receivers.unknown only: the same as enforce.
	ModeFail Mode = "fail"
)

// ClientAuth is what a listener must ask of its clients.
type ClientAuth string

const (
	// ClientAuthRequired wants a verified client certificate.
	ClientAuthRequired ClientAuth = "required"
	// ClientAuthAuth wants a client certificate or an authenticator extension.
	ClientAuthAuth ClientAuth = "auth"
	// ClientAuthOptional is content with TLS.
	ClientAuthOptional ClientAuth = "optional"
)

// PostQuantum is what the guard says about a listener whose key exchange a
// recorded session could be opened from by a later quantum computer.
type PostQuantum string

const (
	// PostQuantumWarn logs it.
	PostQuantumWarn PostQuantum = "warn"
	// PostQuantumRequire refuses the start.
	PostQuantumRequire PostQuantum = "require"
	// PostQuantumOff says nothing.
	PostQuantumOff PostQuantum = "off"
)

// FIPS is whether the FIPS 140-3 module must be on.
type FIPS string

const (
	// FIPSRequired refuses the start of a process without it.
	FIPSRequired FIPS = "required"
	// FIPSOff asks for nothing.
	FIPSOff FIPS = "off"
)

// Policy is the guard's configuration: what users write below tls_guard.
type Policy struct {
	Receivers    ReceiverPolicy    `mapstructure:"receivers"`
	Exporters    Mode              `mapstructure:"exporters"`
	Telemetry    Mode              `mapstructure:"telemetry"`
	Storage      Mode              `mapstructure:"storage"`
	Pipelines    Mode              `mapstructure:"pipelines"`
	Certificates CertificatePolicy `mapstructure:"certificates"`
	Allow        AllowPolicy       `mapstructure:"allow"`
	FIPS         FIPS              `mapstructure:"fips"`
	Exemptions   []Exemption       `mapstructure:"exemptions"`
	Probe        ProbePolicy       `mapstructure:"probe"`
}

// ReceiverPolicy is what every listener must keep.
type ReceiverPolicy struct {
	ClientAuth ClientAuth `mapstructure:"client_auth"`
	// MinVersion is the lowest TLS version: "1.2" or "1.3".
	MinVersion string `mapstructure:"min_version"`
	// Unknown says what happens to a type that nothing is known about.
	Unknown     Mode        `mapstructure:"unknown"`
	PostQuantum PostQuantum `mapstructure:"post_quantum"`
	// Override loosens or tightens single components; the key is a path.
	Override map[string]ReceiverOverride `mapstructure:"override"`
}

// ReceiverOverride replaces parts of [ReceiverPolicy]; empty keeps.
type ReceiverOverride struct {
	ClientAuth  ClientAuth  `mapstructure:"client_auth,omitempty"`
	MinVersion  string      `mapstructure:"min_version,omitempty"`
	PostQuantum PostQuantum `mapstructure:"post_quantum,omitempty"`
}

// CertificatePolicy is about the files behind TLS settings.
type CertificatePolicy struct {
	// ExpiryWarning is how long before its end a certificate warns.
	ExpiryWarning  time.Duration `mapstructure:"expiry_warning"`
	KeyPermissions Mode          `mapstructure:"key_permissions"`
}

// AllowPolicy lists what may stay in clear because it never leaves the host.
type AllowPolicy struct {
	UnixSockets       bool `mapstructure:"unix_sockets"`
	LoopbackPlaintext bool `mapstructure:"loopback_plaintext"`
}

// Exemption hides findings at or below a path until a day.
type Exemption struct {
	Path  string   `mapstructure:"path"`
	Rules []string `mapstructure:"rules"`
	// Reason is for the reader of the configuration in a year.
	Reason string `mapstructure:"reason"`
	// Expires is the last day, 2027-01-31, or "never".
	Expires string `mapstructure:"expires"`
}

// ProbePolicy is about the proof at run time; the rules ignore it.
type ProbePolicy struct {
	Enabled bool `mapstructure:"enabled"`
	// Interval between two looks at the process's own sockets.
	Interval time.Duration `mapstructure:"interval"`
	// Timeout of one probe, and of the probes of a start together.
	Timeout time.Duration `mapstructure:"timeout"`
}

// DefaultPolicy is strict: what an empty tls_guard section means.
func DefaultPolicy() Policy {
	return Policy{
		Receivers: ReceiverPolicy{
			ClientAuth:  ClientAuthRequired,
			MinVersion:  "1.2",
			Unknown:     ModeFail,
			PostQuantum: PostQuantumWarn,
		},
		Exporters: ModeEnforce,
		Telemetry: ModeEnforce,
		Storage:   ModeAuto,
		Pipelines: ModeWarn,
		Certificates: CertificatePolicy{
			ExpiryWarning:  14 * 24 * time.Hour,
			KeyPermissions: ModeEnforce,
		},
		Allow: AllowPolicy{UnixSockets: true},
		FIPS:  FIPSOff,
		Probe: ProbePolicy{Enabled: true, Interval: time.Minute, Timeout: 2 * time.Second},
	}
}
