package report

import (
	"slices"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// Unguarded is the rule of sealctl's own: the guard cannot report its absence.
const Unguarded = "SC001"

var ownRules = []rules.Rule{{
	ID:       Unguarded,
	Family:   "guard",
	Title:    "No tls_guard in the service",
	Severity: rules.Error,
	Help: "Without the tls_guard extension nothing stops a later change of this configuration from starting a " +
		"plaintext listener: the rules run in this check only, and the proof on the live sockets is missing. " +
		"List the extension in service::extensions. The otelcol-sealed distribution adds it by itself and warns; " +
		"other distributions do not.",
	Bad:     "service:\n  extensions: []\n",
	BadPath: "service::extensions",
	Good:    "extensions:\n  tls_guard: {}\nservice:\n  extensions: [tls_guard]\n",
}}

// allRules are the guard's rules and those of sealctl, in the order of the ids.
func allRules() []rules.Rule { return slices.Concat(ownRules, rules.All()) }

func lookupRule(id string) (rules.Rule, bool) {
	for _, rule := range ownRules {
		if rule.ID == id {
			return rule, true
		}
	}
	return rules.Lookup(id)
}
