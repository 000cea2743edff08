package redact

import (
	"strings"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// keyGate tells, with one pass over a key, that no key pattern can match it.
// Nearly every key of telemetry is turned away here: a key that a pattern
// matches holds the pattern's text, so it holds the first three bytes of one.
type keyGate struct {
	// begins tells whether three bytes begin a text.
	begins [detect.Slots]bool
	// every: some text has no three bytes, and the first look tells nothing.
	every bool
	g     *gate
}

// newKeyGate compiles the texts that the patterns of all rules need.
func newKeyGate(rules []rule) *keyGate {
	k := new(keyGate)
	var texts [][]string
	for i := range rules {
		for p := range rules[i].keys {
			texts = append(texts, rules[i].keys[p].needs())
		}
	}
	for _, list := range texts {
		k.every = k.every || list == nil
		for _, t := range list {
			if len(t) < 3 {
				k.every = true
				continue
			}
			k.begins[detect.FoldSlot(t[0], t[1], t[2])] = true
		}
	}
	k.g = newGate(texts)
	return k
}

func (k *keyGate) mayMatch(key string) bool {
	found := k.every
	for i := range len(key) - 2 {
		found = found || k.begins[detect.FoldSlot(key[i], key[i+1], key[i+2])]
	}
	return found && k.g.pass(key) != 0
}

// needs returns a text that every key which the pattern matches holds, or nil.
func (k *keyPattern) needs() []string {
	switch k.kind {
	case keyLiteral, keyContains:
		return []string{k.text}
	case keyGlob:
		best := ""
		for part := range strings.SplitSeq(k.text, "*") {
			if len(part) > len(best) {
				best = part
			}
		}
		return []string{best}
	}
	return nil
}
