package redact

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// act appends what the hit's rule makes of text. It reports false if the value
// must be removed instead.
func (r *Run) act(out []byte, h *hit, text string) ([]byte, bool) {
	if h.quote {
		plain := *h
		plain.quote = false
		out, ok := r.act(appendQuote(out, h.slashes), &plain, text)
		return appendQuote(out, h.slashes), ok
	}
	if int(h.rule) >= len(r.e.policy.rules) {
		return append(out, maskText...), true
	}
	rule := &r.e.policy.rules[h.rule]
	a := &rule.action
	if h.opaque && (a.verb == Mask && a.text == "" || a.verb == TruncateIP) {
		return append(out, maskText...), true
	}
	label, canonical := rule.label, detect.Verbatim
	if h.detector >= 0 {
		d := &r.e.detectors[h.detector]
		label, canonical = d.Name, d.Canonical
		if h.opaque {
			canonical = detect.Verbatim
		}
	}
	switch a.verb {
	case Mask:
		return appendMask(out, a, text), true
	case Replace:
		return append(out, a.text...), true
	case Pseudonym:
		return r.pseudonym(out, int(h.rule), label, canonical, text)
	case Token:
		return r.token(out, int(h.rule), text)
	case TruncateIP:
		return truncateIP(out, a, text), true
	case Remove:
		return append(out, redactedText...), true
	}
	return append(out, maskText...), true
}

func appendQuote(out []byte, slashes uint8) []byte {
	for range slashes {
		out = append(out, '\\')
	}
	return append(out, '"')
}

// whole applies a key rule to a text.
func (r *Run) whole(l Location, d *Decision, s string) Outcome {
	rule := &r.e.policy.rules[d.rule]
	a := &rule.action
	r.tally.Values++
	r.tally.Bytes += int64(len(s))
	var kind Kind
	switch {
	case a.verb == Drop:
		kind = DropItem
	case a.verb == Remove && !(emptied | traceStates).Has(l):
		kind = RemoveValue
	case s == "":
		return Outcome{}
	case (emptied | traceStates).Has(l):
		kind = SetText
	case (a.verb == Pseudonym || a.verb == Token) && r.isOwn(d.rule, s):
		return Outcome{}
	}
	if kind == Keep {
		return r.rewriteWhole(l, d, s)
	}
	r.count(l, d.rule, -1)
	d.entry.redacted(r.signal, d.rule)
	if r.e.policy.mode == Report {
		return Outcome{}
	}
	if kind == SetText {
		return Outcome{Kind: SetText}
	}
	return Outcome{Kind: kind, Text: redactedText}
}

func (r *Run) rewriteWhole(l Location, d *Decision, s string) Outcome {
	a := &r.e.policy.rules[d.rule].action
	if a.verb == Bucket {
		v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil {
			return r.changed(l, d, Outcome{Kind: RemoveValue, Text: redactedText})
		}
		lo := strconv.FormatFloat(math.Floor(v/a.size)*a.size, 'f', -1, 64)
		if lo == s {
			return Outcome{}
		}
		return r.changed(l, d, Outcome{Kind: SetText, Text: lo})
	}
	h := hit{end: len(s), rule: int16(d.rule), detector: -1}
	out, ok := r.act(r.buf[:0], &h, s)
	r.buf = out
	if !ok {
		return r.changed(l, d, Outcome{Kind: RemoveValue, Text: redactedText})
	}
	if string(out) == s {
		return Outcome{}
	}
	return r.changed(l, d, Outcome{Kind: SetText, Text: r.texts.copied(out)})
}

func (r *Run) changed(l Location, d *Decision, o Outcome) Outcome {
	r.count(l, d.rule, -1)
	d.entry.redacted(r.signal, d.rule)
	if r.e.policy.mode == Report {
		return Outcome{}
	}
	return o
}

// maxExact is the number up to which a double holds every whole number.
const maxExact = 1 << 53

// bucketInt is bucket for a whole number. As a double, one beyond maxExact would be
// taken for the lower bound of its bucket, and be kept to the last digit.
func (r *Run) bucketInt(l Location, d *Decision, v int64) Outcome {
	size := r.e.policy.rules[d.rule].action.size
	whole := size == math.Trunc(size)
	if size >= 1<<62 || !whole && v < maxExact && v > -maxExact {
		return r.bucket(l, d, float64(v), true)
	}
	r.tally.Values++
	r.tally.Bytes += 8
	n := int64(math.Ceil(size))
	lo := v - (v%n+n)%n
	switch {
	case lo == v && whole:
		return Outcome{}
	case lo > v: // below the least number there is
		return r.changed(l, d, Outcome{Kind: RemoveValue, Text: redactedText})
	}
	return r.changed(l, d, Outcome{Kind: SetInt, Int: lo})
}

// bucket rounds a number down to the lower bound of its bucket.
func (r *Run) bucket(l Location, d *Decision, v float64, whole bool) Outcome {
	r.tally.Values++
	r.tally.Bytes += 8
	size := r.e.policy.rules[d.rule].action.size
	lo := math.Floor(v/size) * size
	if lo == v {
		return Outcome{}
	}
	if whole && lo == math.Trunc(lo) && math.Abs(lo) < maxExact {
		return r.changed(l, d, Outcome{Kind: SetInt, Int: int64(lo)})
	}
	if math.IsNaN(lo) || math.IsInf(lo, 0) {
		return r.changed(l, d, Outcome{Kind: RemoveValue, Text: redactedText})
	}
	return r.changed(l, d, Outcome{Kind: SetFloat, Float: lo})
}

// appendMask writes text with its middle masked. A value that is too short to
// hide behind what would be kept keeps nothing.
func appendMask(out []byte, a *action, text string) []byte {
	if a.text != "" {
		return append(out, a.text...)
	}
	if a.wrote(text) {
		return append(out, text...)
	}
	first, last := a.keepFirst, a.keepLast
	if n := first + last; n > 0 && 2*n > utf8.RuneCountInString(text) {
		first, last = 0, 0
	}
	head, tail := 0, len(text)
	for ; first > 0 && head < tail; first-- {
		_, w := utf8.DecodeRuneInString(text[head:])
		head += w
	}
	for ; last > 0 && tail > head; last-- {
		_, w := utf8.DecodeLastRuneInString(text[head:tail])
		tail -= w
	}
	// A quote or a backslash that is cut off from its other half breaks the JSON around it.
	if strings.ContainsAny(text[:head], `"\`) {
		head = 0
	}
	if strings.ContainsAny(text[tail:], `"\`) {
		tail = len(text)
	}
	out = append(out, text[:head]...)
	if a.length >= 0 {
		for range a.length {
			out = append(out, a.char...)
		}
	} else {
		for _, c := range text[head:tail] {
			if c == ' ' || c == '-' || c == '.' || c == '@' || c == '/' || c == ':' {
				out = append(out, byte(c))
			} else {
				out = append(out, a.char...)
			}
		}
	}
	return append(out, text[tail:]...)
}

// wrote reports a text that is already what the action makes of a longer one.
func (a *action) wrote(text string) bool {
	n := a.keepFirst + a.keepLast
	if n == 0 || a.length < minMasked || utf8.RuneCountInString(text) != n+a.length {
		return false
	}
	mask := strings.Repeat(a.char, a.length)
	at := strings.Index(text, mask)
	return at >= 0 && utf8.RuneCountInString(text[:at]) == a.keepFirst && !strings.Contains(text[:at]+text[at+len(mask):], a.char)
}

// minMasked is the least length of a mask that is known again: shorter ones stand in
// passwords.
const minMasked = 4

// truncateIP keeps the network part of an address, with its port if it has
// one. What is no address is masked.
func truncateIP(out []byte, a *action, text string) []byte {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return netip.AddrPortFrom(network(a, ap.Addr()), ap.Port()).AppendTo(out)
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return append(out, maskText...)
	}
	return network(a, addr).AppendTo(out)
}

func network(a *action, addr netip.Addr) netip.Addr {
	addr = addr.Unmap().WithZone("")
	bits := a.v6
	if addr.Is4() {
		bits = a.v4
	}
	p, err := addr.Prefix(bits)
	if err != nil { // bits are checked by Parse
		return netip.Addr{}
	}
	return p.Addr()
}
