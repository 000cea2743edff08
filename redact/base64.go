package redact

import (
	"unicode/utf8"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// scanBase64 judges what a base64 run of s decodes to. A hit in it takes the run.
func (r *Run) scanBase64(l Location, d *Decision, s string, run detect.Span, depth int) {
	lv := r.level(depth)
	n := (run.End-run.Start)/4*3 + 3
	if n/decodeBytes > r.work {
		r.unopened(lv, run.Start, run.End)
		return
	}
	if cap(lv.decoded) < n {
		lv.decoded = make([]byte, n)
	}
	buf := lv.decoded[:n]
	n, _ = detect.DecodeBase64(buf, s[run.Start:run.End])
	buf = buf[:n]
	r.work -= n / decodeBytes
	if !mostlyText(buf) {
		r.work -= n / decodeBytes // to look for text takes as long as to decode
		buf = textIn(buf)
	}
	if len(buf) == 0 {
		return
	}
	inner := r.scanText(l, d, view(buf), depth+1)
	best := -1
	r.ownOutputs(view(buf))
	for i := range inner {
		h := &inner[i]
		text := view(buf[h.start:h.end])
		if !h.opaque && !h.inner && r.e.spared(text) || h.spec != 255 && within(r.own, h.start, h.end) {
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

// notText is 1 for the bytes of ASCII that text does not hold.
var notText = func() (t [256]uint8) {
	for c := range byte(' ') {
		if c != '\n' && c != '\r' && c != '\t' && c != escape {
			t[c] = 1
		}
	}
	t[0x7f] = 1
	return t
}()

// mostlyText reports bytes that are text: what base64 hides in images and
// hashes is found by chance only.
func mostlyText(b []byte) bool {
	bad := 0
	for _, c := range b {
		bad += int(notText[c])
	}
	return len(b) > 0 && bad*16 <= len(b) && (utf8.Valid(b) || bad == 0)
}

// minTextIn is the least length in bytes of the text that is looked for between
// others: what is shorter holds nothing that a detector finds.
const minTextIn = minValue

// textIn returns the texts in b, a line for each, in the memory of b: those of a
// binary message, and of UTF-16, whose every other byte is 0. The bytes of an image
// make hardly any.
func textIn(b []byte) []byte {
	out, from := 0, 0 // of b, and the first byte of the text that is being read
	end := func(n int) int {
		if n-from < minTextIn {
			return from
		}
		b[n] = '\n'
		return n + 1
	}
	for i := 0; i < len(b); {
		c := b[i]
		switch width := runeWidth(b[i:]); {
		case width > 0:
			out += copy(b[out:], b[i:i+width])
			i += width
			continue
		case c == 0 && out > from && i+1 < len(b) && runeWidth(b[i+1:]) == 1:
			i++ // the other half of a letter of UTF-16
			continue
		}
		out = end(out)
		from = out
		i++
	}
	if out-from < minTextIn {
		out = from
	}
	return b[:out]
}

// runeWidth returns the bytes of the printable character with which b begins, or 0.
func runeWidth(b []byte) int {
	if c := b[0]; c < utf8.RuneSelf {
		return 1 - int(notText[c])
	}
	if r, n := utf8.DecodeRune(b); r != utf8.RuneError {
		return n
	}
	return 0
}
