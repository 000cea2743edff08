package redact

import "strings"

// keyGate tells, with one pass over a key, that no key pattern can match it.
// Nearly every key of telemetry is turned away here.
type keyGate struct {
	g *gate
}

// newKeyGate compiles the texts that the patterns of all rules need.
func newKeyGate(rules []rule) keyGate {
	var texts [][]string
	for i := range rules {
		for k := range rules[i].keys {
			texts = append(texts, rules[i].keys[k].needs())
		}
	}
	return keyGate{newGate(texts)}
}

func (k keyGate) mayMatch(key string) bool { return k.g.pass(key) != 0 }

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
