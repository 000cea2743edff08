package redact

import "github.com/sealed-otel/otelcol-sealed/redact/internal/detect"

// scan collects the hits of s. It reports a value that must be masked from
// somewhere on because a limit or a panic kept it from being judged.
func (r *Run) scan(l Location, d *Decision, s string) (failed bool) {
	judged := false
	defer func() {
		if !judged {
			_ = recover() // it may hold a part of the value
			r.tally.Panics++
			r.hits = append(r.level(0).hits[:0], r.unjudged(0, len(s))) //nolint:gocritic // the scratch of level 0 is what r.hits is made of
			failed = true
		}
	}()
	r.work = workFor(s)
	if len(s) <= r.e.policy.limits.valueBytes {
		r.hits = r.scanText(l, d, s, 0)
		judged = true
		return false
	}
	// What begins before the limit is read beyond it: half a card number in
	// clear would be a leak.
	limit := r.e.policy.limits.valueBytes
	r.tally.Limits++
	r.hits = append(r.scanText(l, d, s[:min(len(s), limit+overlap)], 0), r.unjudged(limit, len(s)))
	judged = true
	return true
}

// A value made of nothing but beginnings of sensitive values would keep a
// pipeline busy for a third of a second a megabyte. The work on one value is
// bounded, in looks of a detector, so that a megabyte takes less than 10 ms;
// what is left of a value at the bound is masked. Ordinary text comes to it at
// about 900 KB of log lines, 380 KB of JSON, 170 KB of JSON in a JSON string.
const (
	freeWork  = 1 << 16
	workBytes = 16
)

func workFor(s string) int { return detect.Look * (freeWork + len(s)/workBytes) }

// overlap is how far beyond the limit a value is read, in bytes.
const overlap = 4096

// unjudged is the hit of bytes that no detector could judge.
func (r *Run) unjudged(start, end int) hit {
	return hit{start: start, end: end, rule: int16(len(r.e.policy.rules) + RuleFailClosed), detector: -1, spec: 255, opaque: true}
}

func (r *Run) scanRegexes(lv *level, d *Decision, s string) {
	pass := r.e.gate.pass(s) & d.mask
	if pass == 0 {
		return
	}
	for n, i := range r.e.regexes {
		if pass&gateBit(n) == 0 || !contains(d.regexes, i) {
			continue
		}
		for _, m := range r.e.policy.rules[i].regex.FindAllStringIndex(s, maxHits+1) { // one more than is settled: beyond it, all goes
			lv.hits = append(lv.hits, hit{start: m[0], end: m[1], rule: int16(i), detector: -1, spec: detect.Broad})
		}
	}
}

func contains(list []int, v int) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}
