package redact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func ruleDoc(rule map[string]any) map[string]any {
	if rule["name"] == nil {
		rule["name"] = "r"
	}
	return map[string]any{"rules": []any{rule}}
}

func TestParseNamesThePathOfEveryBadEntry(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		doc  map[string]any
		want string
	}{
		{map[string]any{"mod": "enforce"}, "policy::mod: no such setting"},
		{map[string]any{"mode": "loud"}, "policy::mode: want enforce or report"},
		{ruleDoc(map[string]any{"detect": []any{"email"}, "regex": "ACC-[0-9]+", "action": "mask"}), "policy::rules[0]::regex: stands beside detect"},
		{map[string]any{"unknown_keys": "drop"}, "policy::unknown_keys: want allow or remove"},
		{map[string]any{"unknown_keys": map[string]any{"action": "remove", "in": []any{"log.body", "span.name"}}}, "policy::unknown_keys::in[1]: span.name has no keys to remove"},
		{map[string]any{"allow_keys": "a"}, "policy::allow_keys: want a list, got a string"},
		{map[string]any{"allow_keys": []any{"*"}}, "policy::allow_keys[0]: a glob of stars alone"},
		{map[string]any{"trusted_keys": []any{map[string]any{"key": "a", "in": []any{"nowhere"}}}}, "policy::trusted_keys[0]::in[0]: no such location"},
		{map[string]any{"allow_values": []any{map[string]any{"regex": "("}}}, "policy::allow_values[0]::regex: missing closing )"},
		{map[string]any{"locations": map[string]any{"span.nme": false}}, "policy::locations::span.nme: no such location"},
		{map[string]any{"limits": map[string]any{"value_bytes": "4XB"}}, "policy::limits::value_bytes: want a size"},
		{map[string]any{"summary": "all"}, "policy::summary: want off or counts"},
		{map[string]any{"keys": map[string]any{"k": map[string]any{}}}, "policy::keys::k: want either file or env"},
		{map[string]any{"keys": map[string]any{"k": map[string]any{"file": "a", "env": "B"}}}, "policy::keys::k: want either file or env"},
		{ruleDoc(map[string]any{"detect": []any{"emial"}, "action": "mask"}), `policy::rules[0]::detect[0]: no such detector or group "emial"`},
		{ruleDoc(map[string]any{"regex": "(", "action": "mask"}), "policy::rules[0]::regex: missing closing )"},
		{ruleDoc(map[string]any{"regex": "a*", "action": "mask"}), "policy::rules[0]::regex: matches the empty text"},
		{ruleDoc(map[string]any{"detect": []any{"email"}}), "policy::rules[0]::action: is missing"},
		{ruleDoc(map[string]any{"action": "mask"}), "policy::rules[0]: selects everything"},
		{ruleDoc(map[string]any{"keys": []any{"a"}, "action": "hash"}), `policy::rules[0]::action: unknown action "hash"`},
		{ruleDoc(map[string]any{"keys": []any{"a"}, "action": map[string]any{"mask": map[string]any{"keep": 1}}}), "policy::rules[0]::action::mask::keep: mask has no such option"},
		{ruleDoc(map[string]any{"keys": []any{"a"}, "action": map[string]any{"mask": map[string]any{"char": "ab"}}}), "policy::rules[0]::action::mask::char: want one character"},
		{ruleDoc(map[string]any{"keys": []any{"a"}, "action": map[string]any{"pseudonym": map[string]any{"key": "x"}}}), `policy::rules[0]::action::pseudonym::key: the policy has no key "x"`},
		{ruleDoc(map[string]any{"keys": []any{"a"}, "action": map[string]any{"pseudonym": map[string]any{"key": "x", "per": "span.id"}}}), "policy::rules[0]::action::pseudonym::per: want resource."},
		{ruleDoc(map[string]any{"detect": []any{"email"}, "action": "truncate_ip"}), "policy::rules[0]::action: truncate_ip can't shorten a email"},
		{ruleDoc(map[string]any{"detect": []any{"email"}, "action": map[string]any{"bucket": map[string]any{"size": 10}}}), "policy::rules[0]::action: bucket goes with keys alone"},
		{ruleDoc(map[string]any{"keys": []any{"a"}, "action": "bucket"}), "policy::rules[0]::action::size: give the width"},
		{ruleDoc(map[string]any{"keys": []any{"a"}, "action": "mask", "when": 1}), "policy::rules[0]::when: a rule has no such setting"},
		{map[string]any{"rules": []any{map[string]any{"keys": []any{"a"}, "action": "mask"}}}, "policy::rules[0]::name: is missing"},
		{map[string]any{"rules": []any{
			map[string]any{"name": "a", "keys": []any{"a"}, "action": "mask"}, map[string]any{"name": "a", "keys": []any{"b"}, "action": "mask"},
		}}, `policy::rules[1]::name: "a" is taken`},
	} {
		_, err := Parse(tc.doc)
		assert.ErrorContains(t, err, tc.want)
	}
}

// Whoever writes a name or a limit and no rules must not get a processor that
// redacts nothing.
func TestADocumentWithoutRulesHasThoseOfStandard(t *testing.T) {
	t.Parallel()
	for _, doc := range []map[string]any{
		{"name": "mine"},
		{"extends": "standard"},
		{"allow_keys": []any{"a"}},
		{"summary": "counts"},
		{"limits": map[string]any{"nesting": 8}},
		{"unknown_keys": "allow"},
		{"unknown_keys": "remove", "allow_keys": []any{"note"}},
	} {
		e := testEngine(t, doc)
		r := e.Begin(Logs)
		o := r.String(LogBody, r.Plain(LogBody), "card 5105 1051 0510 5100")
		r.End()
		assert.Equal(t, "card ****", o.Text, "%v", doc)
	}
	_, err := Parse(map[string]any{"rules": []any{}})
	require.EqualError(t, err, "policy::rules: is empty, so nothing would be redacted: write rules, or leave it out for those of the policy standard")
	pol, err := Parse(map[string]any{"rules": []any{}, "unknown_keys": "remove"})
	require.NoError(t, err, "an allow-list alone")
	assert.Empty(t, pol.Rules())
	for name, doc := range map[string]map[string]any{
		"standard": nil,
		"custom":   {"mode": "report"},
		"mine":     {"name": "mine"},
	} {
		pol, err := Parse(doc)
		require.NoError(t, err)
		assert.Equal(t, name, pol.Name())
	}
}

func TestParseReportsAllErrorsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse(map[string]any{"mode": "x", "summary": "y", "rules": []any{map[string]any{"name": "a"}}})
	var de *DocumentError
	require.ErrorAs(t, err, &de)
	assert.GreaterOrEqual(t, len(de.Problems), 4)
}

func TestCostlyRegexGetsAWarning(t *testing.T) {
	t.Parallel()
	p, err := Parse(ruleDoc(map[string]any{"regex": `[0-9]{8}`, "action": "mask"}))
	require.NoError(t, err)
	require.Len(t, p.Warnings(), 1)
	assert.Contains(t, p.Warnings()[0], "policy::rules[0]::regex")
	p, err = Parse(ruleDoc(map[string]any{"regex": `ACC-[0-9]{8}`, "action": "mask"}))
	require.NoError(t, err)
	assert.Empty(t, p.Warnings())
}

func TestKeyringErrorsHoldNoKey(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "k1 c2hvcnQ=", "k1 not*base64!", "K1 " + strings.Repeat("QUJD", 12), "a b c", "k1 " + strings.Repeat("QUJD", 12) + "\nk1 " + strings.Repeat("QUJD", 12),
	} {
		_, err := ParseKeyring(strings.NewReader(text))
		require.ErrorIs(t, err, ErrKey, text)
		for _, f := range strings.Fields(text) {
			if len(f) > 4 {
				assert.NotContains(t, err.Error(), f)
			}
		}
	}
}

func TestGlobsMatchSegments(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		glob, key      string
		whole, segment bool
	}{
		{"api_key", "api_key", true, true},
		{"api_key", "x.api_key.v2", false, true},
		{"api_key", "xapi_key", false, false},
		{"authorization", "http.request.header.authorization", false, true},
		{"*password*", "dbpasswords", true, true},
		{"*.cookie", "http.cookie", true, true},
		{"*.cookie", "cookie", false, false},
		{"http.*", "http.route", true, true},
		{"http.*", "xhttp.route", false, false},
		{"h*r", "x.header", false, true},
		{"a*b*c", "a1b2b3c", true, true},
	} {
		k, err := newGlob(tc.glob)
		require.NoError(t, err)
		assert.Equal(t, tc.whole, k.whole(tc.key), "%s on %s", tc.glob, tc.key)
		assert.Equal(t, tc.segment, k.segments(tc.key), "%s on %s", tc.glob, tc.key)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("name", "mode", "enforce", "email", "ACC-[0-9]+", 4)
	f.Fuzz(func(t *testing.T, name, field, value, detect, regex string, n int) {
		// Whatever the document holds, Parse answers and does not panic.
		p, err := Parse(map[string]any{
			"name": name, field: value,
			"allow_keys": []any{value, map[string]any{"regex": regex}},
			"rules": []any{
				map[string]any{"name": name, "detect": []any{detect}, "regex": regex, "action": map[string]any{"mask": map[string]any{"keep_last": n, "char": value}}},
				map[string]any{"name": value, "keys": []any{value}, "in": []any{field}, "action": value},
			},
			"limits": map[string]any{"value_bytes": value, "nesting": n},
		})
		if err == nil {
			_, err = New(p, Options{})
			require.NoError(t, err)
		}
	})
}
