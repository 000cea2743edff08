package redact

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// Mode says whether a policy changes what it finds.
type Mode uint8

const (
	// Enforce rewrites.
	Enforce Mode = iota
	// Report changes nothing and counts what would be changed.
	Report
)

func (m Mode) String() string { return [...]string{"enforce", "report"}[m] }

// Policy is a parsed and checked policy document. It is immutable.
type Policy struct {
	name       string
	mode       Mode
	removeIn   LocationSet // where unknown keys are removed
	allow      []keyPattern
	trusted    []scopedKey
	spare      []string
	spareRegex []*regexp.Regexp
	rules      []rule
	keys       map[string]KeySource
	locations  LocationSet
	limits     limits
	summary    bool
	warnings   []string
}

type scopedKey struct {
	pattern keyPattern
	in      LocationSet
}

// rule is one entry of the policy: selectors, all of which must hold, and an
// action.
type rule struct {
	name      string
	label     string // the name in the alphabet of pseudonyms
	keys      keyList
	except    keyList
	detectors []string
	regex     *regexp.Regexp
	in        LocationSet
	action    action
	builtIn   bool
}

// sparesBool reports whether a boolean is none of what the rule is for: none is
// a credential, while one under the key of a rule of the user's may tell something.
func (r *rule) sparesBool() bool { return r.builtIn }

// byKey reports whether the rule's key selector alone makes a value sensitive.
func (r *rule) byKey() bool { return r.detectors == nil && r.regex == nil }

// limits bound what one value may cost.
type limits struct {
	valueBytes  int
	decodeDepth int
	nesting     int
}

// KeySource says where a named key is read from: a file or an environment
// variable.
type KeySource struct {
	File string
	Env  string
}

// Name returns the policy's name.
func (p *Policy) Name() string { return p.name }

// Mode returns the policy's mode.
func (p *Policy) Mode() Mode { return p.mode }

// Warnings returns what is allowed but slow or weak, each with its path.
func (p *Policy) Warnings() []string { return slices.Clone(p.warnings) }

// Keys returns where the policy's keys are read from, by name.
func (p *Policy) Keys() map[string]KeySource {
	out := make(map[string]KeySource, len(p.keys))
	for k, v := range p.keys {
		out[k] = v
	}
	return out
}

// Rules returns the names of the rules, in order. A rule's index in it is the
// one that counts use.
func (p *Policy) Rules() []string {
	out := make([]string, len(p.rules))
	for i := range p.rules {
		out[i] = p.rules[i].name
	}
	return out
}

// RuleName returns the name of a rule that a [Count] refers to; unknown_keys
// and fail_closed stand for what no rule of the document did.
func (p *Policy) RuleName(i int) string {
	switch {
	case i < len(p.rules):
		return p.rules[i].name
	case i == len(p.rules)+RuleUnknownKey:
		return "unknown_keys"
	}
	return "fail_closed"
}

// Locations returns the locations that are scanned.
func (p *Policy) Locations() LocationSet { return p.locations }

// Summary reports whether the policy asks for summary attributes.
func (p *Policy) Summary() bool { return p.summary }

// TenantKeys returns the resource attributes that pseudonym keys are derived
// per, in the order that [Run.Tenant] counts them.
func (p *Policy) TenantKeys() []string {
	var out []string
	for i := range p.rules {
		if per := strings.TrimPrefix(p.rules[i].action.per, "resource."); per != "" && !slices.Contains(out, per) {
			out = append(out, per)
		}
	}
	return out
}

// UsesVerb reports whether a rule of the policy has the verb.
func (p *Policy) UsesVerb(v Verb) bool {
	return slices.ContainsFunc(p.rules, func(r rule) bool { return r.action.verb == v })
}

// DetectorNames returns the names of all detectors, in the order of the
// documentation.
func DetectorNames() []string {
	all := detect.All()
	out := make([]string, len(all))
	for i := range all {
		out[i] = all[i].Name
	}
	return out
}
