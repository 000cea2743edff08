package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// maxProbeTimeout bounds how long a start can hang on one probe.
const maxProbeTimeout = 30 * time.Second

var pathPattern = regexp.MustCompile(`^[^:\s]+(::[^:\s]+)+$`)

// Problems checks the policy without touching disk or network. Every error
// names the path of the bad entry below the tls_guard section; all of them
// are reported. It is not called Validate: the collector would call it by itself
// and report each error a second time, below a key that nobody writes.
func (p Policy) Problems() error {
	var errs []error
	word := func(path string, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			errs = append(errs, fmt.Errorf("%s: %q is not one of %s", path, value, strings.Join(allowed, ", ")))
		}
	}
	modes := []string{string(ModeEnforce), string(ModeWarn), string(ModeOff)}
	word("receivers::client_auth", string(p.Receivers.ClientAuth), "required", "auth", "optional")
	word("receivers::min_version", p.Receivers.MinVersion, "1.2", "1.3")
	word("receivers::unknown", string(p.Receivers.Unknown), "fail", "warn", "off")
	word("receivers::post_quantum", string(p.Receivers.PostQuantum), "warn", "require", "off")
	for _, key := range sortedKeys(p.Receivers.Override) {
		path, override := "receivers::override::"+key, p.Receivers.Override[key]
		if !pathPattern.MatchString(key) {
			errs = append(errs, fmt.Errorf("%s: not a path such as receivers::otlp/edge", path))
		}
		if override == (ReceiverOverride{}) {
			errs = append(errs, fmt.Errorf("%s: overrides nothing: set client_auth, min_version or post_quantum, or remove it", path))
		}
		if override.ClientAuth != "" {
			word(path+"::client_auth", string(override.ClientAuth), "required", "auth", "optional")
		}
		if override.MinVersion != "" {
			word(path+"::min_version", override.MinVersion, "1.2", "1.3")
		}
		if override.PostQuantum != "" {
			word(path+"::post_quantum", string(override.PostQuantum), "warn", "require", "off")
		}
	}
	word("exporters", string(p.Exporters), modes...)
	word("telemetry", string(p.Telemetry), modes...)
	word("storage", string(p.Storage), append([]string{string(ModeAuto)}, modes...)...)
	word("pipelines", string(p.Pipelines), modes...)
	word("certificates::key_permissions", string(p.Certificates.KeyPermissions), modes...)
	if p.Certificates.ExpiryWarning < 0 {
		errs = append(errs, errors.New("certificates::expiry_warning: must not be negative"))
	}
	word("fips", string(p.FIPS), "required", "off")
	for i, e := range p.Exemptions {
		errs = append(errs, e.validate(fmt.Sprintf("exemptions::%d", i))...)
	}
	if p.Probe.Enabled {
		if p.Probe.Interval < time.Second {
			errs = append(errs, errors.New("probe::interval: must be at least 1s"))
		}
		if p.Probe.Timeout <= 0 || p.Probe.Timeout > maxProbeTimeout {
			errs = append(errs, fmt.Errorf("probe::timeout: must be above 0 and at most %s", maxProbeTimeout))
		}
	}
	return errors.Join(errs...)
}

func (e Exemption) validate(path string) []error {
	var errs []error
	if !pathPattern.MatchString(e.Path) {
		errs = append(errs, fmt.Errorf("%s::path: %q is not a path such as receivers::statsd", path, e.Path))
	}
	if len(e.Rules) == 0 {
		errs = append(errs, fmt.Errorf("%s::rules: must name the rules that it exempts from", path))
	}
	for j, id := range e.Rules {
		if _, ok := Lookup(id); !ok || id == "TG090" {
			errs = append(errs, fmt.Errorf("%s::rules::%d: %q is not a rule that can be exempted from", path, j, id))
		}
	}
	if strings.TrimSpace(e.Reason) == "" {
		errs = append(errs, fmt.Errorf("%s::reason: must say why", path))
	}
	if e.Expires != Never {
		if _, err := e.ends(); err != nil {
			errs = append(errs, fmt.Errorf("%s::expires: %q is neither a day such as 2027-01-31 nor never", path, e.Expires))
		}
	}
	return errs
}
