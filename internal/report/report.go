// Package report writes what a check found: as text for a terminal, as JSON
// for scripts, as SARIF 2.1.0 for code scanning and as one HTML file for
// people.
//
// Fill a [Report] and call one of WriteText, WriteJSON, WriteSARIF, WriteHTML.
// No writer prints a value of the configuration: findings carry addresses and
// file names only, the drawing shows component ids.
package report

import (
	"slices"
	"strings"
	"time"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
	"github.com/sealed-otel/otelcol-sealed/internal/yamlpos"
)

// Origin says how the effective configuration was made.
type Origin string

const (
	// Collector means that a collector binary printed it.
	Collector Origin = "collector"
	// Offline means that the files were merged here and completed with the
	// embedded defaults of the otelcol-sealed distribution.
	Offline Origin = "offline"
)

// Finding is a rule's verdict with the place where it is written.
type Finding struct {
	rules.Finding
	// Position is the nearest written setting; zero when no file is known.
	Position yamlpos.Position
	// Accepted is true when the policy or an exemption lets the finding pass.
	Accepted bool
}

// Report is the outcome of one check.
type Report struct {
	// Version of sealctl.
	Version string
	// Made is when the check ran; shown in the HTML only, so that the other
	// formats of an unchanged configuration stay equal.
	Made time.Time
	// Files that were read, in merge order.
	Files []string
	// Origin of the effective configuration.
	Origin Origin
	// Findings in the order of Sort.
	Findings []Finding
	// Accepted are findings that the strict policy has and the configured one
	// lets pass. They never fail a check and are never hidden from a reader.
	Accepted []Finding
	// Notes are facts that limit the verdict, one sentence each.
	Notes []string
	// Pipelines of the configuration, for the drawing.
	Pipelines []Pipeline
}

// Sort orders findings by severity, then rule, then path.
func (r *Report) Sort() {
	order(r.Findings)
	order(r.Accepted)
}

func order(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		if a.Severity != b.Severity {
			if a.Severity == rules.Error {
				return -1
			}
			return 1
		}
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return c
		}
		return strings.Compare(a.Path, b.Path)
	})
}

// Count returns the number of errors and of warnings.
func (r *Report) Count() (errs, warnings int) {
	for _, f := range r.Findings {
		if f.Severity == rules.Error {
			errs++
		} else {
			warnings++
		}
	}
	return errs, warnings
}

// Leaks counts the distinct places that are open in the drawing.
func (r *Report) Leaks() int {
	open := make(map[string]struct{})
	for _, p := range r.Pipelines {
		for _, c := range p.components() {
			for _, s := range c.Spots {
				if s.State == Open {
					open[string(c.Kind)+"/"+c.ID+"/"+string(s.Point)+p.contentKey(s.Point)] = struct{}{}
				}
			}
		}
	}
	return len(open)
}

// AtLeast reports whether any finding reaches the severity.
func (r *Report) AtLeast(least rules.Severity) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return least == rules.Warn || f.Severity == rules.Error
	})
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return itoa(n) + " " + many
}
