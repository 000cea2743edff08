package redact

import (
	"unicode/utf8"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// level is the scratch of one depth of decoding: depth 0 is the value itself,
// 1 what is encoded in it, and so on.
type level struct {
	h    detect.Hits
	hits []hit
	// text is the decoded form that the next level scans. offsets holds, per
	// byte of text and for its end, where in this level's value it came from.
	text    []byte
	offsets []int32
}

func (r *Run) level(depth int) *level {
	for len(r.levels) <= depth {
		r.levels = append(r.levels, new(level))
	}
	return r.levels[depth]
}

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
	lv.h.Limit, lv.h.Alike = max(r.work, 1), d.alike
	r.e.scanner.Scan(&lv.h, s)
	r.work -= lv.h.Work
	if lv.h.Stopped > 0 {
		lv.hits = append(lv.hits, r.unjudged(lv.h.Stopped, len(s)))
		r.tally.Limits++
		s = s[:lv.h.Stopped] // what hides in the rest is masked with it
	}
	for _, sp := range lv.h.Spans {
		if rule := d.byDetector[sp.Detector]; rule >= 0 && sp.End <= len(s) {
			lv.hits = append(lv.hits, hit{start: sp.Start, end: sp.End, rule: rule, detector: int16(sp.Detector), spec: r.e.detectors[sp.Detector].Specificity})
		}
	}
	if len(d.regexes) > 0 {
		r.scanRegexes(lv, d, s)
	}
	switch limit := r.e.policy.limits.decodeDepth; {
	case lv.h.Forms == 0 || limit == 0:
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
	if lv.h.Forms&(detect.Wide|detect.Escaped) != 0 && lv.unfold(s) {
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
		r.scanJSON(l, d, s, lv)
		if depth > 0 {
			r.scanDecodedJSON(l, d, s, lv)
		}
	}
	if lv.h.Forms&detect.Base64 != 0 {
		// The list is taken over: the next level has hits of its own.
		for _, run := range lv.h.Encoded {
			if !r.covered(lv.hits, d.firstRule, s, run) {
				r.scanBase64(l, d, s, run, depth)
			}
		}
	}
	if lv.h.Forms&(detect.Wide|detect.Escaped) != 0 && lv.unfold(s) {
		inner := r.scanText(l, d, view(lv.text), depth+1)
		for _, h := range inner {
			start, end := int(lv.offsets[h.start]), int(lv.offsets[h.end])
			h.opaque = h.opaque || end-start != h.end-h.start
			h.start, h.end = start, end
			lv.hits = append(lv.hits, h)
		}
	}
}

// covered reports that a hit under the earliest rule takes the run already, as
// that of a JWT takes its three parts: nothing in it could win over that.
func (r *Run) covered(hits []hit, firstRule int16, s string, run detect.Span) bool {
	// A search of all hits for each of many runs would take too long.
	for i := range min(len(hits), maxCluster) {
		if h := &hits[i]; h.rule == firstRule && h.start <= run.Start && h.end >= run.End {
			// What allow_values spares covers nothing.
			return !r.e.spared(s[h.start:h.end])
		}
	}
	return false
}

// maxDecoded bounds the decoded bytes of one base64 run.
const maxDecoded = 1 << 20

func (r *Run) scanBase64(l Location, d *Decision, s string, run detect.Span, depth int) {
	lv := r.level(depth)
	n := min((run.End-run.Start)/4*3+3, maxDecoded)
	if cap(lv.text) < n {
		lv.text = make([]byte, n)
	}
	buf := lv.text[:n]
	n, _ = detect.DecodeBase64(buf, s[run.Start:run.End])
	buf = buf[:n]
	if !mostlyText(buf) {
		return
	}
	inner := r.scanText(l, d, view(buf), depth+1)
	best := -1
	r.own = ownOutputs(r.own[:0], view(buf))
	for i := range inner {
		h := &inner[i]
		text := view(buf[h.start:h.end])
		if !h.opaque && r.e.spared(text) || h.spec != 255 && within(r.own, h.start, h.end) {
			continue
		}
		if best < 0 || h.rule < inner[best].rule {
			best = i
		}
	}
	if best < 0 {
		return
	}
	end := run.End
	for end < len(s) && s[end] == '=' && end < run.End+2 {
		end++
	}
	h := inner[best]
	h.start, h.end, h.opaque, h.quote = run.Start, end, true, false
	lv.hits = append(lv.hits, h)
}

// mostlyText reports bytes that are text: what base64 hides in images and
// hashes is found by chance only.
func mostlyText(b []byte) bool {
	bad := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			bad++
		}
	}
	return len(b) > 0 && bad*16 <= len(b) && (utf8.Valid(b) || bad == 0)
}

// unfold writes s with its escapes and wide characters resolved to lv.text. It
// reports false if there were none.
func (lv *level) unfold(s string) bool {
	// A form is never shorter than what it stands for; a rune is written with
	// room for the longest.
	if cap(lv.text) < len(s)+utf8.UTFMax {
		lv.text = make([]byte, len(s)+utf8.UTFMax)
	}
	if cap(lv.offsets) < len(s)+1 {
		lv.offsets = make([]int32, len(s)+1)
	}
	text, offsets := lv.text[:len(s)+utf8.UTFMax], lv.offsets[:len(s)+1]
	changed := false
	n := 0
	for i := 0; i < len(s); {
		c := s[i]
		width := 0
		out := rune(c)
		switch {
		case c == '%':
			if b, ok := hexByte(s, i+1); ok {
				// Bytes beyond ASCII are decoded too: UTF-8 comes out whole.
				text[n], offsets[n] = b, int32(i)
				n++
				i += 3
				changed = true
				continue
			}
		case c == '\\':
			out, width = unescape(s, i)
		case c == '&':
			out, width = reference(s, i)
		case c >= 0x80:
			var w int
			out, w = utf8.DecodeRuneInString(s[i:])
			if folded := detect.FoldRune(out); folded != out {
				out, width = folded, w
			}
		}
		if width == 0 {
			text[n], offsets[n] = c, int32(i)
			n++
			i++
			continue
		}
		changed = true
		if out >= 0x80 {
			out = detect.FoldRune(out)
		}
		if out >= 0 {
			for range utf8.EncodeRune(text[n:], out) {
				offsets[n] = int32(i)
				n++
			}
		}
		i += width
	}
	offsets[n] = int32(len(s))
	lv.text, lv.offsets = text[:n], offsets[:n+1]
	return changed
}

func hexByte(s string, i int) (byte, bool) {
	if i+1 >= len(s) || !detect.IsHex(s[i]) || !detect.IsHex(s[i+1]) {
		return 0, false
	}
	return hexValue(s[i])<<4 | hexValue(s[i+1]), true
}

func hexValue(c byte) byte {
	if detect.IsDigit(c) {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}

// unescape reads a backslash escape of JSON or a log at i; width 0 means none.
func unescape(s string, i int) (rune, int) {
	switch detect.At(s, i+1) {
	case '"':
		return '"', 2
	case '\\':
		return '\\', 2
	case '/':
		return '/', 2
	case 'n', 'r':
		return '\n', 2
	case 't':
		return '\t', 2
	case 'x':
		if b, ok := hexByte(s, i+2); ok && b < 0x80 {
			return rune(b), 4
		}
	case 'u':
		hi, ok := hexByte(s, i+2)
		lo, ok2 := hexByte(s, i+4)
		if ok && ok2 {
			return rune(hi)<<8 | rune(lo), 6
		}
	}
	return 0, 0
}

// reference reads a character reference of XML and HTML at i.
func reference(s string, i int) (rune, int) {
	for _, named := range [...]struct {
		text string
		r    rune
	}{{"&quot;", '"'}, {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&apos;", '\''}} {
		if len(s)-i >= len(named.text) && s[i:i+len(named.text)] == named.text {
			return named.r, len(named.text)
		}
	}
	if detect.At(s, i+1) != '#' {
		return 0, 0
	}
	k, base := i+2, rune(10)
	if detect.Lower(detect.At(s, k)) == 'x' {
		k, base = k+1, 16
	}
	var v rune
	from := k
	for ; k < len(s) && k-from < 7; k++ {
		c := s[k]
		if !detect.IsDigit(c) && (base == 10 || !detect.IsHex(c)) {
			break
		}
		v = v*base + rune(hexValue(c))
	}
	if k == from || detect.At(s, k) != ';' || v > utf8.MaxRune {
		return 0, 0
	}
	return v, k + 1 - i
}
