package redact

import (
	"slices"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// level is the scratch of one depth of decoding: depth 0 is the value itself,
// 1 what is encoded in it, and so on.
type level struct {
	h    detect.Hits
	hits []hit
	// unfolded is the value without its escapes, which the next level scans.
	unfolded unfolded
	// ends is the scratch of bounds.
	ends map[int]int
	// covers tells of each of the first hits whether it covers what is in it.
	covers [maxCluster]cover
	// decoded is the scratch for base64.
	decoded []byte
}

// cover is whether a hit covers what is in it, once somebody asked.
type cover uint8

const (
	coverUnknown cover = iota
	coverYes
	coverNo
)

func (r *Run) level(depth int) *level {
	for len(r.levels) <= depth {
		r.levels = append(r.levels, new(level))
	}
	return r.levels[depth]
}

// Work that no candidate stands for: so many bytes take one unit when they are
// unfolded and when base64 is decoded; decoded text is read at [detect.AgainBytes].
// A form that is resolved takes formWork.
const (
	formWork    = 3
	unfoldBytes = 64
	decodeBytes = 2
)

// scanText leaves the hits of s in the level's list. Offsets are those of s.
func (r *Run) scanText(l Location, d *Decision, s string, depth int) []hit {
	lv := r.level(depth)
	lv.hits = lv.hits[:0]
	lv.h.Reset(d.leaf)
	if depth == 0 {
		for _, k := range d.start {
			r.e.scanner.Start(&lv.h, s, k)
		}
	}
	if depth > 0 {
		r.work -= len(s) / detect.AgainBytes
	}
	lv.h.Limit, lv.h.Alike = max(r.work, 1), d.alike
	r.e.scanner.Scan(&lv.h, s)
	r.work -= lv.h.Work
	if lv.h.Stopped > 0 {
		// An address may have begun before the '@' that was not looked at.
		lv.hits = append(lv.hits, r.unjudged(max(0, lv.h.Stopped-detect.LookBehind), len(s)))
		r.tally.Limits++
		s = s[:lv.h.Stopped] // what hides in the rest is masked with it
	}
	var numbers jsonNumbers
	lv.hits = slices.Grow(lv.hits, len(lv.h.Spans))
	for _, sp := range lv.h.Spans {
		// A span may end in what is masked anyway: its beginning counts.
		if rule := d.byDetector[sp.Detector]; rule >= 0 && sp.Start < len(s) {
			h := hit{start: sp.Start, end: min(sp.End, len(s)), rule: rule, detector: int16(sp.Detector), spec: r.e.detectors[sp.Detector].Specificity}
			if lv.h.Forms&detect.JSON != 0 {
				if from, to := wholeNumber(s, h.start, h.end); numbers.isNumber(s, from, to) {
					h.start, h.end = from, to
					h.slashes, h.quote = numbers.slashes(s, from, to)
				}
			}
			lv.hits = append(lv.hits, h)
		}
	}
	if len(d.regexes) > 0 {
		r.scanRegexes(lv, d, s)
	}
	switch limit := r.e.policy.limits.decodeDepth; {
	case lv.h.Forms == 0:
	case limit == 0: // the policy wants nothing opened, and was warned about
		if lv.h.Forms&detect.JSON != 0 && r.e.jsonKeys && !r.scanJSON(l, d, s, lv) {
			r.scanDecodedJSON(l, d, s, lv)
		}
	case depth < limit:
		r.openForms(l, d, s, depth)
	default:
		r.closeForms(l, d, s, lv)
	}
	return lv.hits
}

// closeForms masks what is hidden deeper than the policy wants to look: who
// encodes once more must not get through by it.
func (r *Run) closeForms(l Location, d *Decision, s string, lv *level) {
	if lv.h.Forms&detect.JSON != 0 && r.e.jsonKeys {
		r.scanJSON(l, d, s, lv) // plain to see at this depth: nothing has to be decoded
		r.scanDecodedJSON(l, d, s, lv)
	}
	var hidden []hit
	if lv.h.Forms&detect.Base64 != 0 {
		for _, run := range lv.h.Encoded {
			hidden = append(hidden, r.unjudged(run.Start, run.End))
		}
	}
	if lv.h.Forms&(detect.Wide|detect.Escaped) != 0 && lv.unfolded.read(s, 0) {
		hidden = append(hidden[:0], r.unjudged(0, len(s)))
	}
	if len(hidden) > 0 {
		r.tally.Limits++
		lv.hits = append(lv.hits, hidden...)
	}
}

// openForms scans what is hidden in s and maps the hits back.
func (r *Run) openForms(l Location, d *Decision, s string, depth int) {
	lv := r.level(depth)
	if lv.h.Forms&detect.JSON != 0 && r.e.jsonKeys {
		if proper := r.scanJSON(l, d, s, lv); depth > 0 || !proper {
			r.scanDecodedJSON(l, d, s, lv)
		}
	}
	if lv.h.Forms&detect.Base64 != 0 {
		lv.covers = [maxCluster]cover{}
		// The list is taken over: the next level has hits of its own.
		for _, run := range lv.h.Encoded {
			if !r.covered(lv, d.firstRule, s, run) {
				r.scanBase64(l, d, s, run, depth)
			}
		}
	}
	if lv.h.Forms&(detect.Wide|detect.Escaped) == 0 {
		return
	}
	// To resolve each form and to have no work left to judge them would be in
	// vain.
	most := max(r.work, 0) / formWork
	if formsAtMost(s) > most {
		r.unopened(lv, 0, len(s))
		return
	}
	if lv.unfolded.read(s, most) {
		if lv.unfolded.over {
			r.unopened(lv, 0, len(s))
			return
		}
		r.work -= len(s)/unfoldBytes + formWork*lv.unfolded.forms
		inner := r.scanText(l, d, view(lv.unfolded.text), depth+1)
		lv.align(s, inner)
		var numbers jsonNumbers
		plain := lv.bounds(s)
		for _, h := range inner {
			start, end := lv.unfolded.source(h.start), lv.unfolded.sourceEnd(h.end)
			if stop, ok := plain[start]; ok {
				// What a backslash stands before can't be told any more once it is
				// resolved: the end that stands in plain sight holds.
				end = min(end, stop)
			}
			h.opaque = h.opaque || end-start != h.end-h.start
			h.start, h.end = start, end
			if h.quote {
				h.slashes, h.quote = numbers.slashes(s, start, end)
			}
			lv.hits = append(lv.hits, h)
		}
	}
}

// align moves the ends of hits out of the forms of s that they cut in two: in
// \u003ebob@b.co the name of the address seems to begin with u003e, and what is left of
// the escape would make no JSON. It is no part of a hit that inner, the hits of the
// unfolded text, has without it.
func (lv *level) align(s string, inner []hit) {
	u := &lv.unfolded
	meets := func(h *hit, at int, place func(*hit) int) bool {
		return h.spec != 255 && slices.ContainsFunc(inner[:min(len(inner), maxCluster)], func(n hit) bool { return place(&n) == at })
	}
	for i := range lv.hits {
		h := &lv.hits[i]
		if start, end, cut := u.within(h.start); cut {
			switch {
			case end < h.end && meets(h, end, func(n *hit) int { return u.source(n.start) }):
				h.start = end
			case s[start] != '%': // %B4111… is what stands on a card as well
				h.start = start
			}
		}
		if start, end, cut := u.within(h.end); cut {
			switch {
			case start > h.start && meets(h, start, func(n *hit) int { return u.sourceEnd(n.end) }):
				h.end = start
			case s[start] != '%':
				h.end = end
			}
		}
	}
}

// unopened masks what there is no work left to open.
func (r *Run) unopened(lv *level, start, end int) {
	r.tally.Limits++
	lv.hits = append(lv.hits, r.unjudged(start, end))
}

// bounds returns the ends of the hits that stand between quotes of s, or are a whole
// value of JSON, by where they begin.
func (lv *level) bounds(s string) map[int]int {
	clear(lv.ends)
	for i := range lv.hits {
		if h := &lv.hits[i]; h.quote || detect.At(s, h.start-1) == '"' && detect.At(s, h.end) == '"' {
			if lv.ends == nil {
				lv.ends = make(map[int]int)
			}
			lv.ends[h.start] = max(lv.ends[h.start], h.end)
		}
	}
	return lv.ends
}

// covered reports that a hit under the earliest rule takes the run already, as
// that of a JWT takes its three parts: nothing in it could win over that.
func (r *Run) covered(lv *level, firstRule int16, s string, run detect.Span) bool {
	// A search of all hits for each of many runs would take too long.
	for i := range min(len(lv.hits), maxCluster) {
		h := &lv.hits[i]
		if h.rule != firstRule || h.start > run.Start || h.end < run.End {
			continue
		}
		// What allow_values spares covers nothing. A hit as long as the value would be
		// compared once more for each of its runs.
		if lv.covers[i] == coverUnknown {
			lv.covers[i] = coverYes
			if r.e.spared(s[h.start:h.end]) {
				lv.covers[i] = coverNo
			}
		}
		return lv.covers[i] == coverYes
	}
	return false
}
