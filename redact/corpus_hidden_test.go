package redact

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// disguises are the ways in which a value is written differently without
// meaning anything else: separators of typography, escapes and encodings.
var disguises = []struct {
	name string
	// write changes the value, or returns it where it does not apply.
	write func(v string) string
	place func(label, v string) string
}{
	{"no-break space", func(v string) string { return strings.ReplaceAll(v, " ", "\u00a0") }, nil},
	{"thin space", func(v string) string { return strings.ReplaceAll(v, " ", "\u2009") }, nil},
	{"en dash", func(v string) string { return strings.ReplaceAll(v, "-", "\u2013") }, nil},
	{"no-break hyphen", func(v string) string { return strings.ReplaceAll(v, "-", "\u2011") }, nil},
	{"full width", func(v string) string {
		return strings.Map(func(c rune) rune {
			if c >= '0' && c <= '9' {
				return c - '0' + '０'
			}
			return c
		}, v)
	}, nil},
	{"query", nil, func(label, v string) string {
		return "GET /x?" + url.QueryEscape(label) + "=" + url.QueryEscape(v) + "&y=1 HTTP/1.1"
	}},
	{"path", nil, func(label, v string) string { return "/x?" + label + "=" + url.PathEscape(v) }},
	{"json in json", nil, func(label, v string) string {
		inner, _ := json.Marshal(map[string]string{label: v})
		outer, _ := json.Marshal(map[string]string{"payload": string(inner)})
		return string(outer)
	}},
	{"base64", nil, func(label, v string) string {
		return "body=" + base64.StdEncoding.EncodeToString([]byte(`{"`+label+`":"`+v+`"}`))
	}},
}

// TestDisguisedValuesAreMasked measures the hidden forms together with the
// detectors. Values with a separator or digit to disguise are drawn.
func TestDisguisedValuesAreMasked(t *testing.T) {
	t.Parallel()
	e := detectEngine(t, "all")
	r := rand.New(rand.NewPCG(3, 1))
	for _, d := range disguises {
		total := 0
		misses := map[string][]string{}
		missed := 0
		for _, s := range sensitives() {
			for n := range 12 {
				v := s.make(r)
				shown := v
				if d.write != nil {
					if shown = d.write(v); shown == v {
						continue
					}
				}
				label := s.labels[n%len(s.labels)]
				text := label + ": " + shown + " end"
				if d.place != nil {
					text = d.place(label, shown)
				}
				total++
				o, _ := rewrite(e, SpanAttributes, "", text)
				bad := o.Kind != SetText
				if !bad && d.place == nil {
					bad = leaks(shown, o.Text) && !leaks(shown, label)
				} else if !bad && d.name != "base64" {
					bad = leaks(v, o.Text) && !leaks(v, d.place(label, ""))
				}
				if bad {
					missed++
					misses[s.detector] = append(misses[s.detector], fmt.Sprintf("%q -> %q", text, o.Text))
				}
			}
		}
		t.Logf("%s: %d of %d leak", d.name, missed, total)
		for _, name := range sortedKeys(misses) {
			t.Logf("  %s: %d, such as %s", name, len(misses[name]), misses[name][0])
		}
		assert.LessOrEqual(t, missed*100, total*2, d.name)
	}
}
