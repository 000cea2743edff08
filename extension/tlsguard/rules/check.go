package rules

import (
	"cmp"
	"slices"
	"strings"
)

// Report is a verdict with what exemptions took out of it.
type Report struct {
	// Findings count: errors refuse the start.
	Findings []Finding `json:"findings"`
	// Exempted were found and are hidden by an exemption.
	Exempted []ExemptedFinding `json:"exempted"`
}

// ExemptedFinding is a finding with the exemption that hides it.
type ExemptedFinding struct {
	Finding Finding `json:"finding"`
	Reason  string  `json:"reason"`
	Expires string  `json:"expires"`
}

// Check returns all findings that count, sorted by path and id.
func Check(input Input, policy Policy) []Finding {
	return Evaluate(input, policy).Findings
}

// Evaluate runs every rule and applies the exemptions.
func Evaluate(input Input, policy Policy) Report {
	ctx := &verdict{input: input, policy: policy, graph: newGraph(input.Config, input.Classifier)}
	for _, family := range families {
		family(ctx)
	}
	report := applyExemptions(ctx.findings, policy, input)
	order := func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.ID, b.ID), strings.Compare(a.Message, b.Message))
	}
	slices.SortFunc(report.Findings, order)
	report.Findings = slices.Compact(report.Findings)
	slices.SortFunc(report.Exempted, func(a, b ExemptedFinding) int { return order(a.Finding, b.Finding) })
	return report
}

// families run in this order; each lives in a file of its own.
var families = []func(*verdict){
	checkListeners,
	checkPulls,
	checkBrokers,
	checkExporters,
	checkUnknown,
	checkTelemetry,
	checkExtensions,
	checkStorage,
	checkPayloadSinks,
	checkPipelines,
	checkCertificates,
	checkBuild,
}

// verdict collects findings while the families run.
type verdict struct {
	input    Input
	policy   Policy
	graph    graph
	findings []Finding
	// chains and pairs remember files that were read.
	chains map[string]parsedChain
	pairs  map[[2]string][2]string
}

func (ctx *verdict) add(id string, severity Severity, path, message, remedy string) {
	ctx.findings = append(ctx.findings, Finding{ID: id, Severity: severity, Path: path, Message: message, Remedy: remedy})
}

// addMode adds a finding of a group that the policy has a mode for.
func (ctx *verdict) addMode(mode Mode, id, path, message, remedy string) {
	switch mode {
	case ModeOff:
	case ModeWarn:
		ctx.add(id, Warn, path, message, remedy)
	default:
		ctx.add(id, Error, path, message, remedy)
	}
}

// receiverPolicy is the policy for one listener: the longest override whose
// path covers it wins.
func (ctx *verdict) receiverPolicy(path string) ReceiverPolicy {
	policy := ctx.policy.Receivers
	best := -1
	for _, key := range sortedKeys(policy.Override) {
		if !covers(key, path) || len(key) <= best {
			continue
		}
		best = len(key)
		override := policy.Override[key]
		base := ctx.policy.Receivers
		policy.ClientAuth = cmp.Or(override.ClientAuth, base.ClientAuth)
		policy.MinVersion = cmp.Or(override.MinVersion, base.MinVersion)
		policy.PostQuantum = cmp.Or(override.PostQuantum, base.PostQuantum)
	}
	return policy
}
