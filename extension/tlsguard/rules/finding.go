package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Severity says what a finding does to the start of a collector.
type Severity string

const (
	// Error refuses the start.
	Error Severity = "error"
	// Warn is logged and counted.
	Warn Severity = "warn"
)

// Finding is one violation at one place of the configuration.
//
// Message and Remedy never quote a value of the configuration that could be a
// secret: addresses, versions and file names only.
type Finding struct {
	// ID is the rule, such as TG001.
	ID string `json:"id"`
	// Severity after the policy's modes were applied.
	Severity Severity `json:"severity"`
	// Path of the offending setting, such as receivers::otlp::protocols::http.
	Path string `json:"path"`
	// Message says what is wrong, lower case, without a final stop.
	Message string `json:"message"`
	// Remedy says what to do next.
	Remedy string `json:"remedy"`
}

// String is the one line that the collector prints for a finding.
func (f Finding) String() string {
	return fmt.Sprintf("tls_guard: %s %s: %s; %s", f.ID, f.Path, f.Message, f.Remedy)
}

// HasErrors reports whether any finding refuses the start.
func HasErrors(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity == Error })
}

// Path joins segments in the form that refusals use.
func Path(segments ...string) string { return strings.Join(segments, "::") }

// covers reports whether path lies at or below prefix, by whole segments:
// receivers::otlp does not cover receivers::otlp/edge.
func covers(prefix, path string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"::")
}
