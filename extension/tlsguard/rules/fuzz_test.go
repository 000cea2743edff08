package rules

import (
	"net/netip"
	"testing"

	"go.yaml.in/yaml/v3"
)

// FuzzCheck feeds odd YAML to every rule: wrong types, nulls, lists in the
// place of maps, aliases. The collector's decoder refuses most of it before the
// guard is asked, but sealctl reads what somebody else wrote.
func FuzzCheck(f *testing.F) {
	for _, rule := range All() {
		f.Add(rule.Bad)
		f.Add(rule.Good)
	}
	for _, text := range []string{
		"service: {pipelines: {traces: {receivers: [otlp, [], {}], exporters: 3}}, extensions: {}}",
		"receivers: {otlp: []}\nservice: {telemetry: {metrics: {readers: [3, {pull: 1}]}}, pipelines: {t: {receivers: otlp}}}",
		"receivers: &r {otlp: *r}\nservice: {pipelines: {traces: {receivers: [otlp]}}}",
		"receivers: {prometheus: {config: {scrape_configs: [1, null, {static_configs: {}, relabel_configs: [[], {target_label: 1}]}]}}}\nservice: {pipelines: {m: {receivers: [prometheus, 1, null]}}}",
		"receivers: {otlp: {protocols: [{grpc: 1}]}}\nservice: {extensions: otlp, pipelines: [traces]}",
		"exporters: {kafka: {brokers: {a: b}, tls: [], auth: {sasl: 1}}}\nservice: {pipelines: {traces: {exporters: kafka}}}",
		"extensions: {tls_guard: {exemptions: [{expires: 2020-01-01}]}, oidc: {providers: {a: {issuer_url: [http://a]}}}}\nservice: {extensions: [tls_guard, oidc]}",
		"1: {2: 3}\nreceivers: {1: {true: null}}\nservice: {telemetry: {metrics: {readers: {}}, traces: {processors: [null, [], 1]}}}",
	} {
		f.Add(text)
	}
	classes := distribution()
	environment := Environment{Now: testNow, LookupHost: func(string) ([]netip.Addr, error) { return nil, nil }}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		var parsed map[string]any
		if yaml.Unmarshal([]byte(text), &parsed) != nil {
			return
		}
		input := Input{Config: parsed, Classifier: classes, Environment: environment}
		policy, err := DecodePolicy(GuardSection(parsed))
		if err != nil || policy.Problems() != nil {
			policy = DefaultPolicy()
		}
		for _, finding := range Check(input, policy) {
			if _, ok := Lookup(finding.ID); !ok {
				t.Fatalf("%s is no rule", finding.ID)
			}
		}
		Surfaces(input, policy)
		Expiries(input)
	})
}
