package redact

import (
	"strings"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// RemovedText stands where a value was removed that must leave a text: an
// element of an array, a log body, a name.
const RemovedText = redactedText

// The attributes that `summary: counts` adds to spans and log records.
const (
	SummaryCount = "redact.count"
	SummaryRules = "redact.rules"
)

// Whole reports that a key rule applies to the value as a whole.
func (d *Decision) Whole() bool { return d.verdict == verdictRule }

// Nesting returns the depth of maps and arrays beyond which a value is masked.
func (p *Policy) Nesting() int { return p.limits.nesting }

// Map judges a map whose key a rule names. Its own keys may be as telling as
// its values, so it is replaced as a whole.
func (r *Run) Map(l Location, d *Decision) Outcome {
	a := &r.e.policy.rules[d.rule].action
	r.tally.Values++
	o := Outcome{Kind: SetText, Text: maskText}
	switch a.verb {
	case Drop:
		o = Outcome{Kind: DropItem}
	case Remove:
		o = Outcome{Kind: RemoveValue, Text: redactedText}
	case Replace, Mask:
		if a.text != "" {
			o.Text = a.text
		}
	}
	return r.changed(l, d, o)
}

// TooDeep judges a value that is nested beyond the policy's limit: it is
// masked unseen.
func (r *Run) TooDeep(l Location, _ *Decision) Outcome {
	r.tally.Limits++
	r.count(l, len(r.e.policy.rules)+RuleFailClosed, -1)
	if r.e.policy.mode == Report {
		return Outcome{}
	}
	return Outcome{Kind: SetText, Text: maskText}
}

// Neighbour returns the decision for an array element that follows previous:
// after an option such as --password comes its value, which is judged as the
// value of a key of that name, by key rules and by the detectors that know it.
func (r *Run) Neighbour(l Location, d *Decision, previous string) *Decision {
	if d.verdict != verdictScan || len(previous) < 2 || previous[0] != '-' || len(previous) > maxCachedKey || strings.IndexByte(previous, '=') >= 0 {
		return d
	}
	name := strings.TrimLeft(previous, "-")
	if name == "" {
		return d
	}
	return r.named(l, d, name)
}

// Paired returns the decision for the value of a map {"name": name, "value": …},
// which is judged as the value of a key of that name. See [IsPairName].
func (r *Run) Paired(l Location, d *Decision, name string) *Decision {
	if d.verdict != verdictScan || name == "" || len(name) > maxCachedKey {
		return d
	}
	return r.named(l, d, name)
}

// IsPairName reports the key of the name, IsPairValue that of the value, in a list
// of settings: the environment of a container, the headers of a request, tags.
func IsPairName(key string) bool { return detect.IsNameWord(key) }

// IsPairValue is the counterpart of [IsPairName].
func IsPairValue(key string) bool { return len(key) == len("value") && detect.HasFold(key, "value") }

// named is d, or what it is beside a name that says more.
func (r *Run) named(l Location, d *Decision, name string) *Decision {
	if !r.e.telling(name) {
		return d
	}
	if p := r.e.keyedBeside(l, d, name); p.says(d) {
		return p
	}
	return d
}

// telling reports whether a key may say something of its value.
func (e *Engine) telling(key string) bool {
	if e.keyGate.mayMatch(key) {
		return true
	}
	for k := range e.detectors {
		if f := e.detectors[k].Key; f != nil && f(key) {
			return true
		}
	}
	return false
}
