package redact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// broken returns an engine with a detector that panics at every '!'.
func broken(t *testing.T, doc map[string]any) *Engine {
	t.Helper()
	e := testEngine(t, doc)
	list := append([]detect.Detector{}, e.detectors...)
	list[0].Literals = detect.Literals("!")
	list[0].Find = func(*detect.Hits, string, int) { panic("secret in the panic") }
	e.scanner = detect.NewScanner(list)
	return e
}

func TestPanicMasksTheValueAndIsCounted(t *testing.T) {
	t.Parallel()
	e := broken(t, nil)
	o, tally := rewrite(e, SpanAttributes, "a", "boom! hunter2")
	assert.Equal(t, Outcome{Kind: SetText, Text: "****"}, o)
	assert.EqualValues(t, 1, tally.Panics)
	o, _ = rewrite(e, SpanAttributes, "a", "calm")
	assert.Equal(t, Keep, o.Kind)
	for range 2 {
		o, tally = rewrite(e, SpanAttributes, "boom!", "x")
		assert.Equal(t, RemoveValue, o.Kind, "a key that can't be judged goes")
		assert.EqualValues(t, 1, tally.Panics)
	}

	o, tally = rewrite(broken(t, map[string]any{"mode": "report", "extends": "standard"}), SpanAttributes, "a", "boom! hunter2")
	assert.Equal(t, Keep, o.Kind)
	assert.EqualValues(t, 1, tally.Panics, "report counts it too")
}

func TestLongValueIsMaskedBeyondTheLimit(t *testing.T) {
	t.Parallel()
	e := testEngine(t, map[string]any{"extends": "standard", "limits": map[string]any{"value_bytes": 2048}})
	for _, pad := range []int{1000, 2030, 2040, 2047, 2048, 3000} {
		o, tally := rewrite(e, SpanAttributes, "a", strings.Repeat("x", 900)+strings.Repeat(" y", (pad-900)/2)+" 4111 1111 1111 1111 "+strings.Repeat("z ", 1000))
		assert.Equal(t, SetText, o.Kind)
		assert.NotContains(t, o.Text, "1111", "a card that the limit cuts in two")
		assert.EqualValues(t, 1, tally.Limits)
	}
}

func TestManyHitsAndOverlapsAreBounded(t *testing.T) {
	t.Parallel()
	e := testEngine(t, nil)
	out := body(e, strings.Repeat("a@b.co ", 100_000))
	assert.NotContains(t, out, "b.co")
}

func TestOverlapsKeepNoByte(t *testing.T) {
	t.Parallel()
	r := newRun(testEngine(t, nil))
	s := strings.Repeat("0123456789", 4)
	r.hits = []hit{
		{start: 5, end: 15, rule: 2}, {start: 0, end: 8, rule: 1}, {start: 12, end: 30, rule: 0, spec: 1}, {start: 12, end: 20, rule: 0, spec: 2}, {start: 35, end: 36, rule: 3},
	}
	r.settle(s)
	covered := make([]int, len(s))
	for i, p := range r.picks {
		if i > 0 {
			assert.LessOrEqual(t, r.picks[i-1].end, p.start, "picks are in order and apart")
		}
		for k := p.start; k < p.end; k++ {
			covered[k]++
		}
	}
	for k, n := range covered {
		want := 0
		if k < 30 || k == 35 {
			want = 1
		}
		assert.Equal(t, want, n, "byte %d", k)
	}
}

// hostile are values made to cost time: each is repeated to a mebibyte.
var hostile = map[string]string{
	"digits": "4", "groups": "4111 ", "dashes": "4111-", "at": "@", "mail": "a@a.a", "dots": "a.", "jwt": "eyJ", "jwts": "eyJhbGciOiJ9.", "json": `{"a":`,
	"braces": "{", "quotes": `"`, "keys": `{"password":`, "escapes": `\"`, "unicode": `\u0040`, "percent": "%25", "basic": "Basic ", "bearer": "bearer a", "begin": "-----BEGIN ",
	"key": "-----BEGIN PRIVATE KEY-----", "equals": "=", "params": "password=", "quoted": `password="`, "slashes": "://", "userinfo": "://a:", "cookie": "Cookie: a=b; ", "select": "select '",
	"wide": "４", "zero": "\u200b", "base64": "QUJD", "base64s": "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo ", "plus": "+1", "colons": "a:", "angle": "<password>", "flags": "--password ", "backslash": `\`, "amp": "&#", "hex": "0a", "upper": "AKIA",
}

func BenchmarkHostileMebibyte(b *testing.B) {
	e := testEngine(b, nil)
	for name, unit := range hostile {
		s := strings.Repeat(unit, 1<<20/len(unit))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				body(e, s)
			}
		})
	}
}
