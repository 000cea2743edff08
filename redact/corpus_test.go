package redact

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// detectEngine masks with every built-in detector and has no key rules, so
// that what is measured is the detectors.
func detectEngine(t testing.TB, detectors ...any) *Engine {
	t.Helper()
	return testEngine(t, map[string]any{"rules": []any{map[string]any{"name": "all", "detect": detectors, "action": map[string]any{"replace": "█"}}}})
}

// embedded is a value in the text of a log line, or under a key.
type embedded struct{ key, text string }

// embed puts a value, called label, where telemetry holds such things.
func embed(r *rand.Rand, label, v string) embedded {
	snake := strings.NewReplacer(" ", "_", "-", "_").Replace(label)
	contexts := []embedded{
		{"", label + " " + v},
		{"", label + "=" + v},
		{"", label + ": " + v},
		{"", label + ":" + v + ";"},
		{"", "updated " + label + " to " + v + "."},
		{"", "user entered (" + label + " " + v + ") during checkout"},
		{"", "2024-11-20T10:15:30.123Z INFO [main] c.e.Profile - " + label + " " + v + " processed in 12.7 ms"},
		{"", `{"` + snake + `":"` + v + `"}`},
		{"", `{"user":{"` + snake + `": "` + v + `", "n": 1}, "ok": true}`},
		{"", `{\"` + snake + `\":\"` + v + `\"}`},
		{"", "{'" + snake + "': '" + v + "'}"},
		{"", "<" + snake + ">" + v + "</" + snake + ">"},
		{"", "[" + label + "] [" + v + "]"},
		{"", "line one\n" + label + ": " + v + "\nline three"},
		{"", label + "\t" + v + "\tend"},
		{"", snake + "=\"" + v + "\" level=info"},
		{"", "validation failed for " + label + " '" + v + "', retrying"},
		{"", "--" + snake + "=" + v + " --verbose"},
		{"", "| " + label + " | " + v + " |"},
		{"user." + snake, v},
		{snake, v},
		{"app.request." + snake, v},
	}
	if !strings.ContainsAny(v, " /+") && url.QueryEscape(v) == v {
		contexts = append(contexts, embedded{"", "GET /api/v1/lookup?" + snake + "=" + v + "&page=2 HTTP/1.1"}, embedded{"url.full", "https://shop.example.com/x?a=1&" + snake + "=" + v})
	}
	return contexts[r.IntN(len(contexts))]
}

// bare puts a value where nothing says what it is.
func bare(r *rand.Rand, v string) embedded {
	return []embedded{
		{"", v},
		{"value", v},
		{"", "received " + v},
		{"", "a," + v + ",b"},
		{"", "\"" + v + "\""},
		{"", "(" + v + ")"},
		{"", "x=" + v},
		{"", "<" + v + ">"},
		{"", v + " accepted"},
		{"", "failed: " + v + "!"},
	}[r.IntN(10)]
}

// leaks reports whether four bytes in a row of a value are left in a text.
func leaks(value, text string) bool {
	for i := 0; i+4 <= len(value); i++ {
		if strings.Contains(text, value[i:i+4]) {
			return true
		}
	}
	return false
}

func TestGeneratedSensitiveValuesAreMasked(t *testing.T) {
	t.Parallel()
	e := detectEngine(t, "all")
	r := rand.New(rand.NewPCG(20261120, 7))
	const each = 150
	total, missed := 0, 0
	misses := map[string][]string{}
	for _, s := range sensitives() {
		for n := range each {
			v := s.make(r)
			place := embed(r, s.labels[n%len(s.labels)], v)
			if s.telling && n%4 == 3 {
				place = bare(r, v)
			}
			total++
			o, _ := rewrite(e, SpanAttributes, place.key, place.text)
			out := place.text
			if o.Kind == SetText {
				out = o.Text
			}
			// What the context repeats of the value is no leak.
			if context := strings.Replace(place.text, v, "", 1); o.Kind == Keep || leaks(v, out) && !leaks(v, context) {
				missed++
				misses[s.detector] = append(misses[s.detector], fmt.Sprintf("%s: %q -> %q", place.key, place.text, out))
			}
		}
	}
	t.Logf("%d of %d values leak", missed, total)
	for _, name := range sortedKeys(misses) {
		list := misses[name]
		t.Logf("%s: %d\n  %s", name, len(list), strings.Join(list[:min(len(list), 4)], "\n  "))
		assert.LessOrEqual(t, len(list), each*4/100, name)
	}
	assert.Less(t, float64(missed), 0.01*float64(total))
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
