package redact

import (
	"math/bits"

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
		for p := range rules[i].keys.patterns {
			texts = append(texts, rules[i].keys.patterns[p].needs())
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
	if !ascii(key) {
		key = lowerKey(key) // the gate ignores the case of ASCII alone
	}
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
		return []string{k.need}
	}
	return nil
}

// keyList is a list of key patterns. One pass over a key tells for maxGated of them
// at once which may match: a path may be long, and the lists are.
type keyList struct {
	patterns []keyPattern
	gates    []*gate
}

func newKeyList(patterns []keyPattern) keyList {
	l := keyList{patterns: patterns}
	for from := 0; from < len(patterns); from += maxGated {
		var texts [][]string
		for i := from; i < min(len(patterns), from+maxGated); i++ {
			texts = append(texts, patterns[i].needs())
		}
		l.gates = append(l.gates, newGate(texts))
	}
	return l
}

// names reports whether a pattern names the path, or the leaf at its end. Both are
// lower-cased.
func (l *keyList) names(path, leaf string) bool {
	for n, g := range l.gates {
		for may := g.pass(path); may != 0; may &= may - 1 {
			k := &l.patterns[n*maxGated+bits.TrailingZeros64(may)]
			if k.segments(path) || len(leaf) != len(path) && k.segments(leaf) {
				return true
			}
		}
	}
	return false
}
