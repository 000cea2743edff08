package rules

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func parse(t testing.TB, text string) map[string]any {
	t.Helper()
	var config map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &config))
	return config
}

func environment(t testing.TB) Environment {
	return Environment{
		Now: testNow, EncryptedStorage: true, Files: pki(t),
		LookupHost: func(host string) ([]netip.Addr, error) {
			switch host {
			case "localhost":
				return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}, nil
			case "half":
				return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.0.2.1")}, nil
			}
			return nil, errors.New("no such host")
		},
	}
}

// check runs the rules with the policy that the configuration's own tls_guard
// section holds.
func check(t testing.TB, text string) []Finding {
	t.Helper()
	config := parse(t, text)
	policy, err := DecodePolicy(GuardSection(config))
	require.NoError(t, err)
	require.NoError(t, policy.Problems())
	return Check(Input{Config: config, Classifier: distribution(), Environment: environment(t)}, policy)
}

func has(findings []Finding, id, path string) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.ID == id && f.Path == path })
}

// runtimeOnly are the rules that no configuration can show.
var runtimeOnly = []string{"TG060", "TG080", "TG081", "TG082"}

func TestExamples(t *testing.T) {
	t.Parallel()
	for _, rule := range All() {
		t.Run(rule.ID, func(t *testing.T) {
			t.Parallel()
			if slices.Contains(runtimeOnly, rule.ID) {
				assert.Empty(t, rule.Bad+rule.Good)
				return
			}
			require.NotEmpty(t, rule.Bad)
			require.NotEmpty(t, rule.Good)
			bad := check(t, rule.Bad)
			require.True(t, has(bad, rule.ID, rule.BadPath), "%s at %s is not in %v", rule.ID, rule.BadPath, bad)
			for _, f := range bad {
				if f.ID == rule.ID && f.Path == rule.BadPath {
					assert.Equal(t, rule.Severity, f.Severity)
				}
				if f.Severity == Error {
					assert.Contains(t, []string{rule.ID, "TG007", "TG020"}, f.ID, "the bad example has another error: %s", f)
				}
			}
			for _, f := range check(t, rule.Good) {
				assert.NotEqual(t, rule.ID, f.ID, f.String())
				assert.Equal(t, Warn, f.Severity, "the good example would not start: %s", f)
			}
		})
	}
}

func TestRulesAreComplete(t *testing.T) {
	t.Parallel()
	want := []string{
		"TG001", "TG002", "TG003", "TG004", "TG005", "TG006", "TG007", "TG008", "TG009", "TG010", "TG011", "TG012", "TG013", "TG014",
		"TG020", "TG021", "TG022", "TG030", "TG031", "TG032", "TG033", "TG034", "TG040", "TG041", "TG050", "TG051", "TG052", "TG053",
		"TG060", "TG061", "TG070", "TG080", "TG081", "TG082", "TG090",
	}
	var got []string
	for _, rule := range All() {
		got = append(got, rule.ID)
		assert.NotEmpty(t, rule.Title)
		assert.NotEmpty(t, rule.Help)
		assert.NotEmpty(t, rule.Family)
	}
	assert.Equal(t, want, got)
	_, ok := Lookup("TG999")
	assert.False(t, ok)
}

func TestFindingIsOneLineWithPathAndRemedy(t *testing.T) {
	t.Parallel()
	rule, ok := Lookup("TG001")
	require.True(t, ok)
	findings := check(t, rule.Bad)
	require.Len(t, slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Severity == Warn }), 1)
	i := slices.IndexFunc(findings, func(f Finding) bool { return f.ID == "TG001" })
	assert.Equal(t, "tls_guard: TG001 receivers::otlp::protocols::http: accepts plaintext; set tls.cert_file, tls.key_file and tls.client_ca_file", findings[i].String())
}
