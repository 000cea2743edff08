package redact

import (
	"strings"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// goTexts is how Go writes the type of a list of texts before it.
const goTexts = "[]string{"

// maxJSONKeys bounds the keys of one JSON text that are judged one by one; any
// further key that may name a secret counts as if it did, and so does a key of more than
// maxKey bytes.
const maxJSONKeys = 4096

// freshKey is the work of judging a key that is not known, for each maxCachedKey bytes.
const freshKey = 256

// jsonScan is what the members of one JSON text have in common.
type jsonScan struct {
	judged int // keys
	// endless: no text that goes on behind its quote ends in what is left.
	endless bool
}

// scanJSON applies key rules to the members of JSON inside a text. It reads
// the text once and forgives what surrounds the JSON and what is missing at
// its end, as in a log line that was cut off. Its work was counted by the scan
// that noted the JSON. It reports whether the quotes stand as in JSON: behind a
// text that was cut off, all others may be told wrong.
func (r *Run) scanJSON(l Location, d *Decision, s string, lv *level) (proper bool) {
	proper = true
	depth, scan := 0, jsonScan{}
	for i := 0; i < len(s); {
		switch s[i] {
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth = max(0, depth-1)
			i++
		case '"':
			if depth == 0 {
				i++ // a quote of what surrounds the JSON
				continue
			}
			end := stringEnd(s, i+1)
			colon := skipJSONSpace(s, end+1)
			if detect.At(s, end) != '"' || detect.At(s, colon) != ':' {
				proper = proper && (colon >= len(s) || s[colon] == ',' || s[colon] == '}' || s[colon] == ']')
				i = end + 1
				continue
			}
			i = r.jsonMember(l, d, s, lv, s[i+1:end], colon, &scan)
		default:
			i++
		}
	}
	return proper
}

// scanDecodedJSON is scanJSON for text whose escapes were resolved in place, or
// whose quotes are not those of JSON. Quotes of JSON inside a string stand among
// those around it there, so that they can't be counted: whatever stands between
// two quotes before a colon is a name.
func (r *Run) scanDecodedJSON(l Location, d *Decision, s string, lv *level) {
	r.work -= len(s) / detect.AgainBytes
	quote, scan := -1, jsonScan{}
	for i := 0; i < len(s); {
		if s[i] != '"' || i > 0 && s[i-1] == '\\' { // an escaped one is of a deeper level
			i++
			continue
		}
		colon := skipJSONSpace(s, i+1)
		if quote < 0 || detect.At(s, colon) != ':' {
			quote = i
			i++
			continue
		}
		name := s[quote+1 : i]
		quote = -1
		i = r.jsonMember(l, d, s, lv, name, colon, &scan)
	}
}

// jsonMember applies key rules to the member whose colon is given and returns
// where to read on.
func (r *Run) jsonMember(l Location, d *Decision, s string, lv *level, name string, colon int, scan *jsonScan) int {
	value := skipJSONSpace(s, colon+1)
	if strings.HasPrefix(s[value:], goTexts) {
		value += len(goTexts) // the member of a map as Go's %#v prints it
	}
	rule := r.jsonRule(l, d, name, scan)
	if rule < 0 {
		return value
	}
	stop := scan.textEnd(s, jsonValueEnd(s, value))
	h := hit{start: value, end: stop, rule: int16(rule), detector: -1, spec: 254, inner: true}
	switch {
	case detect.At(s, value) == '"':
		h.start++
		if h.end > h.start && s[h.end-1] == '"' && (stringEnd(s, h.start) == h.end-1 || s[h.end-2] != '\\') {
			h.end--
		}
	case s[value:stop] == "null", isBool(s[value:stop]) && r.e.policy.rules[rule].sparesBool():
		h.end = h.start
	default:
		h.quote = true
	}
	if h.end > h.start && (h.quote || !detect.Blank(s[h.start:h.end])) {
		lv.hits = append(lv.hits, h)
	}
	return max(stop, value)
}

func isBool(v string) bool { return v == "true" || v == "false" }

// jsonRule returns the key rule that names a member, or -1.
func (r *Run) jsonRule(l Location, d *Decision, key string, scan *jsonScan) int {
	if key == "" || !r.e.keyGate.mayMatch(key) {
		return -1
	}
	if scan.judged++; scan.judged > maxJSONKeys || r.work < 0 || len(d.path)+1+len(key) > maxKey {
		return r.e.firstKeyRule
	}
	r.path = append(r.path[:0], d.path...)
	if len(r.path) > 0 {
		r.path = append(r.path, '.')
	}
	r.path = append(r.path, key...)
	k, fresh := r.e.keyedChild(l, d, r.path, key)
	if fresh {
		r.work -= freshKey * (1 + len(r.path)/maxCachedKey)
	}
	if k.verdict != verdictRule {
		return -1
	}
	return k.rule
}

// stringEnd returns the index of the quote that ends a JSON string which
// begins at i, or len(s).
func stringEnd(s string, i int) int {
	for ; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		} else if s[i] == '"' {
			return i
		}
	}
	return len(s)
}

// textEnd returns the end of a value whose text seems to end before end, but goes on:
// a quote in it was written without its backslash.
func (scan *jsonScan) textEnd(s string, end int) int {
	if scan.endless || detect.At(s, end-1) != '"' || !detect.IsAlnum(detect.At(s, end)) {
		return end
	}
	for i := end; i < len(s); i++ {
		if s[i] != '"' || s[i-1] == '\\' {
			continue
		}
		if c := detect.At(s, skipJSONSpace(s, i+1)); c == ',' || c == '}' || c == ']' || c == 0 {
			return i + 1
		}
	}
	scan.endless = true
	return end
}

func skipJSONSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// jsonValueEnd returns where the JSON value at i ends.
func jsonValueEnd(s string, i int) int {
	depth, begin := 0, i
	for i < len(s) {
		switch s[i] {
		case '"':
			if depth == 0 && i > begin {
				return i // of a string around it
			}
			i = min(stringEnd(s, i+1)+1, len(s))
			if depth == 0 {
				return i
			}
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i
			}
			i++
			if depth--; depth == 0 {
				return i
			}
		case ',', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return i
			}
			i++
		default:
			i++
		}
	}
	return len(s)
}
