package redact

import "strings"

// TraceState judges a W3C trace state. A member whose key or value holds a hit
// is removed: a rewritten value would be taken for the vendor's own.
func (r *Run) TraceState(l Location, s string) Outcome {
	d := r.e.plain[l]
	if d.verdict != verdictScan {
		return r.String(l, d, s)
	}
	// Nearly every state is clean as a whole.
	if o := r.String(l, d, s); o.Kind != RemoveValue {
		return o
	}
	var left []string
	for member := range strings.SplitSeq(s, ",") {
		failed := r.scan(l, d, member)
		r.settle(member)
		if !failed && len(r.picks) == 0 {
			left = append(left, member)
		}
	}
	text := strings.Join(left, ",")
	if text != "" {
		// A hit that spans members: none of them can be told to be clean.
		failed := r.scan(l, d, text)
		r.settle(text)
		if failed || len(r.picks) > 0 {
			text = ""
		}
	}
	return Outcome{Kind: SetText, Text: text}
}
