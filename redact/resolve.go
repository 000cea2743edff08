package redact

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// maxHits bounds the hits of one value; where more are found, all of it is
// masked. maxCluster bounds the spans that
// overlap in one place: a longer chain is masked as a whole, so that a value
// made to overlap can't cost more than linear time.
const (
	maxHits    = detect.MaxSpans
	maxCluster = 64
)

// resolve turns the hits of s into an outcome: overlaps are settled, winners
// counted, and the value is written once.
func (r *Run) resolve(l Location, d *Decision, s string) Outcome {
	if len(r.hits) == 1 && r.e.simple && !(emptied | traceStates).Has(l) && strings.IndexByte(s, '<') < 0 {
		// One value, masked by a fixed text: the usual case. Without a '<' there
		// is no pseudonym or token to leave alone.
		h := &r.hits[0]
		if a := r.e.fixed(h); a != "" && s[h.start:h.end] != a {
			r.count(l, int(h.rule), int(h.detector))
			d.entry.redacted(r.signal, int(h.rule))
			return Outcome{Kind: SetText, Text: r.texts.cut(s[:h.start], a, s[h.end:])}
		}
	}
	r.settle(s)
	if len(r.picks) == 0 {
		return Outcome{}
	}
	verb := Mask
	rules := r.e.policy.rules
	for i := range r.picks {
		h := &r.picks[i]
		if h.silent {
			continue
		}
		r.count(l, int(h.rule), int(h.detector))
		d.entry.redacted(r.signal, int(h.rule))
		if int(h.rule) < len(rules) {
			if v := rules[h.rule].action.verb; v == Drop || v == Remove && !h.inner {
				verb = max(verb, v)
			}
		}
	}
	switch {
	case r.e.policy.mode == Report:
		return Outcome{}
	case verb == Drop:
		return Outcome{Kind: DropItem, Text: redactedText}
	case emptied.Has(l):
		return Outcome{Kind: SetText}
	case verb == Remove, traceStates.Has(l):
		return Outcome{Kind: RemoveValue, Text: redactedText}
	}
	out, from := r.buf[:0], 0
	for i := range r.picks {
		h := &r.picks[i]
		out = append(out, s[from:h.start]...)
		if h.silent || i > 0 && r.joins(&r.picks[i-1], h) {
			from = h.end
			continue
		}
		text, ok := r.act(out, h, s[h.start:h.end])
		if !ok {
			r.buf = out
			return Outcome{Kind: RemoveValue, Text: redactedText}
		}
		out, from = text, h.end
	}
	out = append(out, s[from:]...)
	r.buf = out
	if string(out) == s {
		return Outcome{}
	}
	return Outcome{Kind: SetText, Text: r.texts.copied(out)}
}

// joins reports that the mask of h would stand right behind the same mask. One for
// both is what the next to redact the value would leave of them.
func (r *Run) joins(before, h *hit) bool {
	return !before.silent && h.start == before.end && h.rule == before.rule && r.e.fixed(before) != "" && r.e.fixed(h) != ""
}

// fixed returns the text that takes the place of a hit whatever it covers, or
// nothing.
func (e *Engine) fixed(h *hit) string {
	if int(h.rule) >= len(e.policy.rules) || h.quote {
		return ""
	}
	if a := &e.policy.rules[h.rule].action; a.verb == Mask {
		return a.text
	}
	return ""
}

// settle leaves in r.picks the hits to act on, in order and without overlap.
func (r *Run) settle(s string) {
	r.picks = r.picks[:0]
	if len(r.hits) > maxHits {
		r.tally.Limits++
		r.picks = append(r.picks, r.unjudged(0, len(s)))
		return
	}
	r.ownOutputs(s)
	n := 0
	for i := range r.hits {
		h := &r.hits[i]
		if !h.opaque && !h.inner && r.e.spared(s[h.start:h.end]) || h.spec != 255 && within(r.own, h.start, h.end) || r.written(h, s) {
			continue
		}
		if end := beginsIn(r.own, h.start); h.spec != 255 && end > 0 && end < h.end {
			// <api_token:k1:…>" is no name and its value. What follows may be one.
			if strings.IndexFunc(s[end:h.end], isWord) < 0 {
				continue
			}
			h.start = end
		}
		if n != i {
			r.hits[n] = *h
		}
		n++
	}
	r.hits = r.hits[:n]
	switch n {
	case 0:
	case 1:
		r.picks = append(r.picks, r.hits[0])
		return
	default:
		r.picks = slices.Grow(r.picks, n)
		slices.SortFunc(r.hits, func(a, b hit) int { return cmp.Compare(a.start, b.start) })
	}
	for i := 0; i < n; {
		end, k := r.hits[i].end, i+1
		for k < n && r.hits[k].start < end {
			end = max(end, r.hits[k].end)
			k++
		}
		r.cluster(r.hits[i:k], end)
		i = k
	}
}

func isWord(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

// written reports a hit in the very text that its rule writes, which another pass would
// write into itself: [[gone]].
func (r *Run) written(h *hit, s string) bool {
	if int(h.rule) >= len(r.e.policy.rules) || h.spec == 255 || h.quote {
		return false
	}
	a := &r.e.policy.rules[h.rule].action
	if a.verb != Mask && a.verb != Replace || h.end-h.start > len(a.text) {
		return false
	}
	at := strings.Index(a.text, s[h.start:h.end])
	return at >= 0 && at <= h.start && strings.HasPrefix(s[h.start-at:], a.text)
}

// cluster settles hits that overlap: the earlier rule wins, within a rule the
// more specific detector, then the longer span. What a loser covers beyond the
// winners goes too: it was found to be sensitive.
func (r *Run) cluster(hits []hit, end int) {
	if len(hits) == 1 {
		r.picks = append(r.picks, hits[0])
		return
	}
	start := hits[0].start
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(b.spec, a.spec), cmp.Compare(b.end-b.start, a.end-a.start))
	})
	if len(hits) > maxCluster {
		h := hits[0]
		h.start, h.end, h.opaque = start, end, true
		r.picks = append(r.picks, h)
		return
	}
	for _, q := range hits {
		// A structure of JSON of which an earlier rule takes a part: what is left of it
		// would be no value.
		if q.quote && q.start == start && q.end == end && (hits[0].start > start || hits[0].end < end) {
			q.rule, q.detector, q.spec, q.inner, q.opaque = hits[0].rule, hits[0].detector, hits[0].spec, true, true
			r.picks = append(r.picks, q)
			return
		}
	}
	first := len(r.picks)
	for _, h := range hits {
		r.place(h, first)
	}
	slices.SortFunc(r.picks[first:], func(a, b hit) int { return cmp.Compare(a.start, b.start) })
}

// place adds h to the picks from first on, or those parts of it that no
// earlier pick covers.
func (r *Run) place(h hit, first int) {
	for i := first; i < len(r.picks); i++ {
		p := r.picks[i]
		if h.end <= p.start || h.start >= p.end {
			continue
		}
		if h.start < p.start {
			left := h
			left.end, left.silent = p.start, true
			r.place(left, i+1)
		}
		if h.end <= p.end {
			return
		}
		h.start, h.silent = p.end, true
	}
	r.picks = append(r.picks, h)
}
