package check

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
	"github.com/sealed-otel/otelcol-sealed/internal/classification"
	"github.com/sealed-otel/otelcol-sealed/internal/effective"
	"github.com/sealed-otel/otelcol-sealed/internal/report"
)

// check reads the configuration, runs the rules and places the findings.
func (o options) check(ctx context.Context, uris []string) (*report.Report, error) {
	source, err := effective.Read(uris)
	if err != nil {
		return nil, err
	}
	r := newReport(o, source.Names())
	config, input, err := o.input(ctx, source, r)
	if err != nil {
		return nil, err
	}
	policy, err := policyOf(config)
	if err != nil {
		return nil, source.Error("extensions", err)
	}
	if policy.FIPS == rules.FIPSRequired {
		// What this process runs with says nothing about the collector.
		input.Environment.FIPS = true
		r.Notes = append(r.Notes, "the policy requires the FIPS 140-3 module; only the running collector can show that it is on")
	}

	place := func(f rules.Finding, accepted bool) report.Finding {
		f.Message, f.Remedy = source.Redact(f.Message), source.Redact(f.Remedy)
		at, _ := source.Index.Find(f.Path)
		return report.Finding{Finding: f, Position: at, Accepted: accepted}
	}
	verdict := rules.Evaluate(input, policy)
	for _, f := range verdict.Findings {
		r.Findings = append(r.Findings, place(f, false))
	}
	for _, f := range accepted(input, policy, verdict) {
		r.Accepted = append(r.Accepted, place(f, true))
	}
	if f, missing := unguarded(config, guardWritten(ctx, source), o.collector != ""); missing {
		r.Findings = append(r.Findings, place(f, false))
	}
	r.Sort()
	r.Draw(config)
	return r, nil
}

// input makes the effective configuration and the facts around it.
func (o options) input(ctx context.Context, source *effective.Source, r *report.Report) (map[string]any, rules.Input, error) {
	shapes, err := classification.Load()
	if err != nil {
		return nil, rules.Input{}, err
	}
	input := rules.Input{
		Classifier:  shapes,
		Environment: rules.Environment{Now: o.at, LookupHost: lookupLocalhost},
	}
	if o.files {
		input.Environment.Files = rules.OSFiles{}
	}
	var config map[string]any
	if o.collector == "" {
		defaults, err := classification.LoadDefaults()
		if err != nil {
			return nil, rules.Input{}, err
		}
		config, err = source.Offline(ctx, defaults)
		if err != nil {
			return nil, rules.Input{}, err
		}
		input.Environment.EncryptedStorage = shapes.Has(rules.Extension, "encrypted_storage")
	} else {
		r.Origin = report.Collector
		config, err = source.Collector(ctx, o.collector)
		if err != nil {
			return nil, rules.Input{}, err
		}
		types, err := effective.Types(ctx, o.collector)
		if err != nil {
			r.Notes = append(r.Notes, "the collector binary does not list its components; those of otelcol-sealed are assumed")
			input.Environment.EncryptedStorage = shapes.Has(rules.Extension, "encrypted_storage")
		} else {
			input.Environment.EncryptedStorage = types[rules.Extension]["encrypted_storage"]
		}
	}
	input.Config = config
	return config, input, nil
}

// lookupLocalhost knows the one name that every host resolves alike (RFC 6761,
// 6.3). Other names mean what they mean on the collector's host, which is not
// this one, so they never count as loopback.
func lookupLocalhost(host string) ([]netip.Addr, error) {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}, nil
	}
	return nil, fmt.Errorf("%s is not resolved by a check", host)
}

// policyOf reads the tls_guard section; without one the strict policy holds.
func policyOf(config map[string]any) (rules.Policy, error) {
	section := rules.GuardSection(config)
	policy, err := rules.DecodePolicy(section)
	if err != nil {
		return policy, err
	}
	if err := policy.Problems(); err != nil {
		return policy, fmt.Errorf("tls_guard: %w", err)
	}
	return policy, nil
}

// accepted are the findings that the strict policy has and the configured one
// lets pass, exempted ones among them.
func accepted(input rules.Input, policy rules.Policy, verdict rules.Report) []rules.Finding {
	strict := rules.DefaultPolicy()
	strict.FIPS = policy.FIPS
	var passed []rules.Finding
	for _, e := range verdict.Exempted {
		passed = append(passed, e.Finding)
	}
	same := func(a rules.Finding) func(rules.Finding) bool {
		return func(b rules.Finding) bool { return a.ID == b.ID && a.Path == b.Path }
	}
	for _, f := range rules.Check(input, strict) {
		if !slices.ContainsFunc(verdict.Findings, same(f)) && !slices.ContainsFunc(passed, same(f)) {
			passed = append(passed, f)
		}
	}
	return passed
}

// unguarded reports a configuration that starts no tls_guard. A binary that
// adds the guard by itself shows it in its effective configuration.
func unguarded(config map[string]any, written, asked bool) (rules.Finding, bool) {
	f := rules.Finding{
		ID: report.Unguarded, Severity: rules.Error, Path: rules.Path("service", "extensions"),
		Message: "no tls_guard runs: nothing stops a plaintext listener from starting",
		Remedy:  "add tls_guard to extensions and list it in service::extensions",
	}
	switch {
	case rules.Guarded(config) && (written || !asked):
		return f, false
	case rules.Guarded(config):
		f.Severity = rules.Warn
		f.Message = "tls_guard is not written down: this binary adds it, another one would not"
		return f, true
	}
	return f, true
}

// guardWritten reports whether the files themselves list the guard. Files that
// only the binary can merge, because of providers of its own, count as not.
func guardWritten(ctx context.Context, source *effective.Source) bool {
	merged, err := source.Merged(ctx)
	return err == nil && rules.Guarded(merged)
}
