package redactprocessor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/redact"
)

// Example keys of 32 bytes: they protect nothing.
const (
	keyOne = "k1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	keyTwo = "k2 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
)

func keyFile(t *testing.T, lines ...string) map[string]any {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	return map[string]any{"k": map[string]any{"file": file}}
}

func rules(list ...map[string]any) []any {
	out := make([]any, len(list))
	for i, r := range list {
		if r["name"] == nil {
			r["name"] = "r" + string(rune('0'+i))
		}
		out[i] = r
	}
	return out
}

// attributes runs one span with the attributes through a policy.
func attributes(t *testing.T, policy map[string]any, fill func(resource, span pcommon.Map)) (resource, span map[string]any) {
	t.Helper()
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	fill(rs.Resource().Attributes(), s.Attributes())
	out := redactTraces(t, configOf(policy), td)
	rs = out.ResourceSpans().At(0)
	return rs.Resource().Attributes().AsRaw(), rs.ScopeSpans().At(0).Spans().At(0).Attributes().AsRaw()
}

func TestPseudonymsAreStableTypedAndRecognised(t *testing.T) {
	t.Parallel()
	keys := keyFile(t, keyOne)
	policy := map[string]any{"keys": keys, "rules": rules(map[string]any{"name": "mail", "detect": []any{"email"}, "action": map[string]any{"pseudonym": map[string]any{"key": "k"}}})}
	fill := func(_, span pcommon.Map) {
		span.PutStr("a", "from bob@example.com")
		span.PutStr("b", "bob@EXAMPLE.com wrote")
		span.PutStr("c", "eve@example.com")
	}
	_, out := attributes(t, policy, fill)
	a, b := strings.TrimPrefix(out["a"].(string), "from "), strings.TrimSuffix(out["b"].(string), " wrote")
	assert.Regexp(t, `^<email:k1:[a-z2-7]{26}>$`, a)
	assert.Equal(t, a, b, "the domain's case does not matter")
	assert.NotEqual(t, a, out["c"])
	_, again := attributes(t, policy, func(_, span pcommon.Map) { require.NoError(t, span.FromRaw(out)) })
	assert.Equal(t, out, again, "a gateway leaves an agent's pseudonyms alone")

	rotated := map[string]any{"keys": keyFile(t, keyTwo, keyOne), "rules": policy["rules"]}
	_, out2 := attributes(t, rotated, fill)
	assert.Regexp(t, `<email:k2:`, out2["a"], "the first line writes")
	_, again = attributes(t, rotated, func(_, span pcommon.Map) { require.NoError(t, span.FromRaw(out)) })
	assert.Equal(t, out, again, "the older key's pseudonyms stay")
}

func TestTenantsPseudonymsDiffer(t *testing.T) {
	t.Parallel()
	policy := map[string]any{"keys": keyFile(t, keyOne), "rules": rules(
		map[string]any{"keys": []any{"enduser.id"}, "action": map[string]any{"pseudonym": map[string]any{"key": "k", "per": "resource.tenant.id"}}},
		map[string]any{"keys": []any{"tenant.id"}, "action": "remove"},
	)}
	of := func(tenant string) any {
		resource, out := attributes(t, policy, func(resource, span pcommon.Map) {
			if tenant != "" {
				resource.PutStr("tenant.id", tenant)
			}
			span.PutStr("enduser.id", "u-1")
		})
		assert.Empty(t, resource, "the tenant is read before it is removed")
		return out["enduser.id"]
	}
	again := of("a")
	assert.Equal(t, of("a"), again)
	assert.NotEqual(t, of("a"), of("b"))
	assert.Nil(t, of(""), "without a tenant the value goes")
}

func TestTokensOpenWithTheKeyOnly(t *testing.T) {
	t.Parallel()
	policy := map[string]any{"keys": keyFile(t, keyOne), "rules": rules(map[string]any{"name": "mail", "detect": []any{"email"}, "action": map[string]any{"token": map[string]any{"key": "k"}}})}
	_, out := attributes(t, policy, func(_, span pcommon.Map) { span.PutStr("a", plantedMail) })
	token := out["a"].(string)
	ring, err := redact.ParseKeyring(strings.NewReader(keyOne))
	require.NoError(t, err)
	text, err := redact.Reveal(token, ring, newCipher)
	require.NoError(t, err)
	assert.Equal(t, plantedMail, text)
	other, err := redact.ParseKeyring(strings.NewReader("k1 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="))
	require.NoError(t, err)
	_, err = redact.Reveal(token, other, newCipher)
	assert.ErrorIs(t, err, redact.ErrToken)
	_, err = redact.Reveal(token[:len(token)-2]+"A>", ring, newCipher)
	assert.ErrorIs(t, err, redact.ErrToken)
}

func TestActionsByType(t *testing.T) {
	t.Parallel()
	policy := map[string]any{"rules": rules(
		map[string]any{"keys": []any{"card"}, "action": map[string]any{"mask": map[string]any{"keep_last": 4}}},
		map[string]any{"keys": []any{"same"}, "action": map[string]any{"mask": map[string]any{"length": "same"}}},
		map[string]any{"keys": []any{"age"}, "action": map[string]any{"bucket": map[string]any{"size": 10}}},
		map[string]any{"keys": []any{"client.address"}, "action": "truncate_ip"},
		map[string]any{"keys": []any{"gone"}, "action": "remove"},
		map[string]any{"regex": "ACC-[0-9]{8}", "action": map[string]any{"replace": "[account]"}},
	)}
	_, out := attributes(t, policy, func(_, span pcommon.Map) {
		require.NoError(t, span.FromRaw(map[string]any{
			"card": "4111 1111 1111 1111", "same": "ab-cd", "age": 37, "user.age": 37.5,
			"client.address": "192.0.2.77", "gone": true, "note": "pay ACC-12345678 now", "other": 7,
		}))
	})
	assert.Equal(t, map[string]any{
		"card": "****1111", "same": "**-**", "age": int64(30), "user.age": float64(30),
		"client.address": "192.0.2.0", "note": "pay [account] now", "other": int64(7),
	}, out)
}

func TestAllowListTrustAndSpare(t *testing.T) {
	t.Parallel()
	policy := map[string]any{
		"unknown_keys": "remove",
		"allow_keys":   []any{"http.*"},
		"trusted_keys": []any{"k8s.pod.uid", map[string]any{"key": "raw", "in": []any{"span.attributes"}}},
		"allow_values": []any{"noreply@example.com", map[string]any{"regex": `[a-z]+@corp\.example`}},
		"rules":        rules(map[string]any{"detect": []any{"email"}, "action": "mask"}),
	}
	resource, span := attributes(t, policy, func(resource, span pcommon.Map) {
		resource.PutStr("k8s.pod.uid", plantedMail)
		resource.PutStr("unknown", "stays")
		span.PutStr("k8s.pod.uid", plantedMail)
		span.PutStr("raw", plantedMail)
		span.PutStr("http.route", "noreply@example.com me@corp.example "+plantedMail)
		span.PutEmptyMap("http.headers").PutStr("x", "kept below an allowed key")
		span.PutStr("unknown", "goes")
	})
	assert.Equal(t, map[string]any{"k8s.pod.uid": plantedMail, "unknown": "stays"}, resource)
	assert.Equal(t, map[string]any{
		"k8s.pod.uid": "****", "raw": plantedMail,
		"http.route":   "noreply@example.com me@corp.example ****",
		"http.headers": map[string]any{"x": "kept below an allowed key"},
	}, span, "trust counts for the resource only unless it says otherwise")
}

func TestScopesOfRules(t *testing.T) {
	t.Parallel()
	policy := map[string]any{"rules": rules(
		map[string]any{"keys": []any{"id"}, "in": []any{"resource"}, "action": "remove"},
		map[string]any{"detect": []any{"email"}, "in": []any{"span"}, "action": map[string]any{"replace": "[mail]"}},
	)}
	resource, span := attributes(t, policy, func(resource, span pcommon.Map) {
		resource.PutStr("id", "1")
		resource.PutStr("mail", plantedMail)
		span.PutStr("id", "1")
		span.PutStr("mail", plantedMail)
	})
	assert.Equal(t, map[string]any{"mail": plantedMail}, resource)
	assert.Equal(t, map[string]any{"id": "1", "mail": "[mail]"}, span)
}

func TestDropTakesTheItem(t *testing.T) {
	t.Parallel()
	policy := map[string]any{"rules": rules(map[string]any{"detect": []any{"payment_card"}, "action": "drop"})}
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	records.AppendEmpty().Body().SetStr("paid with " + plantedCard)
	records.AppendEmpty().Body().SetStr("paid")
	out := redactLogs(t, configOf(policy), ld)
	require.Equal(t, 1, out.LogRecordCount())
	assert.Equal(t, "paid", out.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Body().Str())

	ld = plog.NewLogs()
	ld.ResourceLogs().AppendEmpty().Resource().Attributes().PutStr("owner", plantedCard)
	ld.ResourceLogs().At(0).ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	assert.Zero(t, redactLogs(t, configOf(policy), ld).LogRecordCount(), "a hit in the resource drops its items")

	md := pmetric.NewMetrics()
	points := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetEmptyGauge().DataPoints()
	points.AppendEmpty().Attributes().PutInt("card", 4111111111111111)
	points.AppendEmpty()
	assert.Equal(t, 1, redactMetrics(t, configOf(policy), md).DataPointCount())
}

func TestReportChangesNothing(t *testing.T) {
	t.Parallel()
	policy := map[string]any{"mode": "report", "extends": "standard", "unknown_keys": "remove", "summary": "counts"}
	in := ptrace.NewTraces()
	s := in.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetName(plantedMail)
	s.TraceState().FromRaw("a=" + plantedMail)
	plant(s.Attributes())
	want := ptrace.NewTraces()
	in.CopyTo(want)
	assert.Equal(t, want, redactTraces(t, configOf(policy), in))
}

func TestSummaryNamesRulesOnly(t *testing.T) {
	t.Parallel()
	policy := map[string]any{"extends": "standard", "summary": "counts"}
	_, span := attributes(t, policy, func(_, span pcommon.Map) {
		span.PutStr("a", plantedMail+" "+plantedCard)
		span.PutStr("password", "hunter2")
	})
	assert.EqualValues(t, 3, span[redact.SummaryCount])
	assert.Equal(t, []any{"credentials", "payment", "personal"}, span[redact.SummaryRules])
	_, clean := attributes(t, policy, func(_, span pcommon.Map) { span.PutStr("a", "b") })
	assert.Equal(t, map[string]any{"a": "b"}, clean)
}

func TestDeepNestingIsMasked(t *testing.T) {
	t.Parallel()
	policy := map[string]any{"extends": "standard", "limits": map[string]any{"nesting": 3}}
	_, span := attributes(t, policy, func(_, span pcommon.Map) {
		span.PutEmptyMap("a").PutEmptyMap("b").PutEmptyMap("c").PutEmptyMap("d").PutStr("e", "x")
	})
	assert.Equal(t, map[string]any{"a": map[string]any{"b": map[string]any{"c": map[string]any{"d": "****"}}}}, span)
}
