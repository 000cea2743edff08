package detect

import (
	"strings"
	"unicode/utf8"
)

// Forms are ways in which text hides from a scan of its bytes. The scanner
// notes them by a trigger byte; the owner of the value opens them.
type Forms uint8

const (
	// Wide: characters beyond ASCII that stand for ASCII ones or for nothing,
	// such as full-width digits, zero-width characters, other dashes.
	Wide Forms = 1 << iota
	// Escaped: percent-encoding, backslash escapes, character references, or
	// the colours of a terminal, whose last letter would begin the word.
	Escaped
	// JSON: an object that begins with '{' and a quote.
	JSON
	// Base64: see Hits.Encoded.
	Base64
)

const (
	// minEncodedRun is the least run of letters and digits that begins a
	// search for base64.
	minEncodedRun = 12
	// minEncoded is the least length of base64 that is decoded.
	minEncoded = 24
	// AgainBytes is how many bytes that are read once more, without detectors,
	// take a unit of work.
	AgainBytes = 8
	// maxEncodedRuns bounds the base64 runs of one value; the scan stops at the
	// next.
	maxEncodedRuns = 4096
)

// trigger notes the hidden form that the byte at i may begin.
func (h *Hits) trigger(s string, i int) {
	c := s[i]
	switch {
	case c >= 0x80:
		h.Forms |= Wide
	case c == '%':
		if IsHex(At(s, i+1)) && IsHex(At(s, i+2)) {
			h.Forms |= Escaped
		}
	case c == '\\':
		if next := At(s, i+1); next == 'u' || next == 'x' || next == '"' || next == '/' {
			h.Forms |= Escaped
		}
	case c == '&':
		if At(s, i+1) == '#' || reference(s[i+1:]) {
			h.Forms |= Escaped
		}
	case c == escape:
		h.spend(1)
		if ControlEnd(s, i) > 0 {
			h.Forms |= Escaped
		}
	case c == '{':
		if h.Forms&JSON == 0 {
			k := i + 1
			for k < len(s) && (s[k] == ' ' || s[k] == '\n' || s[k] == '\r' || s[k] == '\t') {
				k++
			}
			if At(s, k) == '"' {
				h.Forms |= JSON
				h.Work += len(s) / AgainBytes // for its owner's reading of it
			}
		}
	}
}

// escape begins the control sequences of a terminal.
const escape = 0x1b

// maxControl bounds the bytes of a control sequence.
const maxControl = 128

// ControlEnd returns the end of the control sequence at i (ECMA-48 section 5.4:
// ESC, '[', parameters, intermediate bytes, a final byte), or 0 if there is none.
func ControlEnd(s string, i int) int {
	if At(s, i) != escape || At(s, i+1) != '[' {
		return 0
	}
	end := RunEnd(s, i+2, maxControl, func(c byte) bool { return c >= ' ' && c <= '?' })
	if c := At(s, end); c < '@' || c > '~' {
		return 0
	}
	return end + 1
}

// reference reports a named character reference of XML after its '&'.
func reference(s string) bool {
	if len(s) < 3 {
		return false
	}
	switch s[0] {
	case 'q':
		return strings.HasPrefix(s, "quot;")
	case 'a':
		return strings.HasPrefix(s, "amp;") || strings.HasPrefix(s, "apos;")
	case 'n':
		return strings.HasPrefix(s, "nbsp;")
	case 'c':
		return strings.HasPrefix(s, "commat;") || strings.HasPrefix(s, "colon;")
	case 'l':
		return strings.HasPrefix(s, "lt;")
	case 'g':
		return strings.HasPrefix(s, "gt;")
	}
	return false
}

// wideLead reports whether a character that begins with these two bytes may be
// one that [FoldRune] changes.
func wideLead(lead, next byte) bool {
	switch lead {
	case 0xC2: // NBSP, soft hyphen
		return next == 0xA0 || next == 0xAD
	case 0xD9, 0xDB, 0xDF, 0xE0, 0xE1, 0xE2, 0xE3, 0xEF, 0xF0:
		return true
	case 0xCD: // the grapheme joiner
		return next == 0x8F
	case 0xD8: // the Arabic letter mark
		return next == 0x9C
	case 0xF3: // tags and further variation selectors
		return next == 0xA0
	case 0xEA: // a colon of another script
		return next == 0x9E
	}
	return false
}

// encodedRun notes the base64 around a run of letters and digits if its
// beginning decodes to printable text.
func (h *Hits) encodedRun(s string, start, end int) {
	lo, hi := start, h.encodedTo
	if start < hi {
		// A further segment of a path. One that follows what was noted is not in step
		// with it: it is read by itself, as far as the next '/'.
		h.Work++
		if h.encodedNoted {
			if At(s, start-1) != '/' {
				return
			}
			hi = RunEnd(s, end, hi-end, func(c byte) bool { return c != '/' && IsBase64(c) })
		}
	} else {
		lo = max(RunStart(s, start, 256, IsBase64), hi)
		hi = RunEnd(s, end, len(s), IsBase64)
		if c := At(s, lo); At(s, lo-1) == '\\' && (c == 'n' || c == 'r' || c == 't') {
			lo++ // the letter of a written \n
			start = max(start, lo)
		}
		h.encodedTo, h.encodedNoted = hi, false
		h.Work += (hi - lo) / 16
	}
	if hi-lo < minEncoded {
		return
	}
	// The token of a vendor, or a part of a JWT.
	n := len(h.Spans)
	taken := h.Alike && n > 0 && h.Spans[n-1].Start <= lo && h.Spans[n-1].End >= hi
	if taken && lineBreak(s, hi) == hi {
		return
	}
	from := lo
	if !printableStart(s[from:]) {
		// A path may lead up to it: api/v1/<base64>.
		from = start
		if from == lo || hi-from < minEncoded || !printableStart(s[from:]) {
			return
		}
	}
	if len(h.Encoded) >= maxEncodedRuns {
		h.overfull = true // what is not opened must not pass
		return
	}
	// Lines are one text, and each may be one by itself.
	if hi > h.wrappedTo && hi == h.encodedTo {
		if end := wrappedEnd(s, from, hi); end > hi {
			h.wrappedTo = end
			h.Work += (end - hi) / 16
			h.Forms |= Base64
			h.Encoded = append(h.Encoded, Span{Start: from, End: end})
		}
	}
	if taken {
		return
	}
	h.encodedNoted = true
	h.Forms |= Base64
	h.Encoded = append(h.Encoded, Span{Start: from, End: hi})
}

const (
	// minWrapped is the least length of the lines into which base64 is wrapped: 76 in
	// MIME (RFC 2045), 64 in PEM (RFC 7468), 60 by some libraries.
	minWrapped = 60
	// maxWrapped is the greatest: that of a line of mail (RFC 5322 section 2.1.1).
	maxWrapped = 998
	// maxBreak bounds the bytes of a line break and of the indentation behind it.
	maxBreak = 64
)

// wrappedEnd returns the end of the lines of base64 the first of which ends with
// s[lo:hi]: lines of one length and a shorter one. Of the first a name, a scheme or a
// path may have taken a part, or be one.
func wrappedEnd(s string, lo, hi int) int {
	if lineBreak(s, hi) == hi {
		return hi
	}
	width, digits := hi-RunStart(s, lo, 256, IsBase64), hi-lo
	for first := true; ; first = false {
		next := lineBreak(s, hi)
		if next == hi {
			return hi
		}
		end := RunEnd(s, next, maxWrapped+1, IsBase64)
		n := end - next
		if n >= minEncoded && RunEnd(s, next, n, IsHex) == end {
			return hi // a hash
		}
		if first {
			if digits%4 != 0 && n >= minEncoded && printableStart(s[next:]) {
				return hi // the first line is a text that is over, or none
			}
			if n >= minWrapped {
				width = n
			}
		}
		digits += n
		switch {
		case n > width || n == 0 || width < minWrapped || width > maxWrapped:
			return hi
		case n == width:
			hi = end
		case lastLine(s, end, digits):
			return end
		default:
			return hi // other text
		}
	}
}

// lastLine reports whether base64 of so many digits may end at i.
func lastLine(s string, i, digits int) bool {
	switch At(s, i) {
	case '=':
		return true
	case '"', '\'', '<', '`', '\n', '\r':
		return digits%4 != 1
	case '\\':
		return digits%4 == 0 || digits%4 != 1 && lineBreak(s, i) > i
	case ',', ';', ')', ']', '}', '&', '|':
		return digits%4 == 0
	}
	return i == len(s)
}

// lineBreak returns the end of the line breaks at i, which may be written as escapes,
// and of what begins the next line before its text; i if there is none.
func lineBreak(s string, i int) int {
	limit, start := min(len(s), i+maxBreak), i
	for i < limit {
		if s[i] == '\n' || s[i] == '\r' {
			i++
			continue
		}
		letter := RunEnd(s, i, 8, func(c byte) bool { return c == '\\' })
		if c := At(s, letter); letter == i || c != 'n' && c != 'r' {
			break
		}
		i = letter + 1
	}
	if i == start {
		return i
	}
	for i < limit && (s[i] == ' ' || s[i] == '\t' || s[i] == '>') {
		i++
	}
	return i
}

// textLead holds the bytes that UTF-8 text may begin with, the colours of a terminal
// included.
var textLead = func() (t [256]bool) {
	for i := range t {
		t[i] = i >= ' ' && i < 0x7f || i == '\n' || i == '\t' || i == '\r' || i == escape || i >= 0xC2 && i < 0xF5
	}
	return t
}()

// plainText holds the bytes of ASCII text.
var plainText = func() (t [256]bool) {
	for i := range 0x80 {
		t[i] = textLead[i]
	}
	return t
}()

// inText holds the bytes that UTF-8 text may hold, and NUL.
var inText = func() (t [256]bool) {
	for i := range t {
		t[i] = i == 0 || textLead[i] || i >= 0x80
	}
	return t
}()

// printableStart reports whether the first bytes of base64 decode to printable
// text. A hash passes once in ten thousand times.
func printableStart(s string) bool {
	// The first byte alone turns most words away.
	if a, b := base64Value[s[0]], base64Value[s[1]]; !textLead[(a<<2|b>>4)&0xff] {
		return false
	}
	var buf [12]byte
	n, plain := 0, true
	for i := 0; i < 16; i += 4 {
		a, b, c, d := base64Value[s[i]], base64Value[s[i+1]], base64Value[s[i+2]], base64Value[s[i+3]]
		if a|b|c|d > 63 { // a line break perhaps
			var ok bool
			if n, ok = DecodeBase64(buf[:], s[:16]); !ok {
				return false
			}
			plain = false
			break
		}
		x, y, z := a<<2|b>>4, b<<4|c>>2, c<<6|d
		// Most words are turned away by their first bytes. A NUL may be one of UTF-16.
		if !inText[x] || !inText[y] || !inText[z] {
			return false
		}
		plain = plain && plainText[x] && plainText[y] && plainText[z]
		buf[n], buf[n+1], buf[n+2] = x, y, z
		n += 3
	}
	if plain {
		return true
	}
	wide, nuls := false, 0
	for i, c := range buf[:n] {
		if c == 0 && i&1 == 1 {
			nuls++ // of UTF-16
			continue
		}
		if (c < ' ' || c == 0x7f) && !textLead[c] {
			return false
		}
		wide = wide || c >= 0x80
	}
	if nuls > 0 {
		return nuls == n/2
	}
	if !wide {
		return true
	}
	// The last character may be cut.
	for cut := n; cut >= n-3 && cut > 0; cut-- {
		if utf8.Valid(buf[:cut]) {
			return true
		}
	}
	return false
}

// FoldRune maps characters that look like or stand for ASCII ones to those,
// and characters without width to -1. Others come back as they are.
func FoldRune(r rune) rune {
	switch {
	case r < 0x80:
		return r
	case r >= 0xFF01 && r <= 0xFF5E: // full-width forms
		return r - 0xFEE0
	case r == 0x00A0 || r == 0x3000 || r >= 0x2000 && r <= 0x200A || r == 0x202F || r == 0x205F || r == 0x1680:
		return ' '
	case r == 0x00AD || r >= 0x200B && r <= 0x200F || r >= 0x2060 && r <= 0x2065 || r >= 0x206A && r <= 0x206F || r == 0x034F || r == 0x061C || r == 0x115F || r == 0x1160 || r == 0x3164 || r == 0xFFA0 || r >= 0xE0000 && r <= 0xE0FFF || r == 0xFEFF || r == 0x180E ||
		r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r >= 0xFE00 && r <= 0xFE0F:
		return -1
	case r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == 0xFE58 || r == 0xFE63 || r == 0x2043:
		return '-'
	case r >= 0x0660 && r <= 0x0669: // Arabic-Indic
		return '0' + r - 0x0660
	case r >= 0x06F0 && r <= 0x06F9: // Persian
		return '0' + r - 0x06F0
	case r >= 0x07C0 && r <= 0x07C9: // NKo
		return '0' + r - 0x07C0
	case r >= 0x0966 && r <= 0x0DEF && indicDigit(r):
		return '0' + (r-0x0966)%0x80
	case r >= 0x0E50 && r <= 0x0E59: // Thai
		return '0' + r - 0x0E50
	case r >= 0x0ED0 && r <= 0x0ED9: // Lao
		return '0' + r - 0x0ED0
	case r >= 0x0F20 && r <= 0x0F29: // Tibetan
		return '0' + r - 0x0F20
	case r >= 0x1040 && r <= 0x1049: // Myanmar
		return '0' + r - 0x1040
	case r >= 0x17E0 && r <= 0x17E9: // Khmer
		return '0' + r - 0x17E0
	case r >= 0x1810 && r <= 0x1819: // Mongolian
		return '0' + r - 0x1810
	case r >= 0x2070 && r <= 0x2079 && r != 0x2071: // superscript
		return '0' + r - 0x2070
	case r >= 0x2080 && r <= 0x2089: // subscript
		return '0' + r - 0x2080
	case r >= 0x1D7CE && r <= 0x1D7FF: // mathematical
		return '0' + (r-0x1D7CE)%10
	case r >= 0x1D400 && r <= 0x1D6A3: // mathematical letters
		if n := (r - 0x1D400) % 52; n < 26 {
			return 'A' + n
		}
		return 'a' + (r-0x1D400)%52 - 26
	case r == 0x2024 || r == 0xFE52 || r == 0x3002 || r == 0xFF61:
		return '.'
	case r == 0x2018 || r == 0x2019:
		return '\''
	case r == 0x201C || r == 0x201D:
		return '"'
	case r == 0x2044 || r == 0x2215:
		return '/'
	case r == 0xA789 || r == 0x2236 || r == 0xFE55:
		return ':'
	case r == 0xFE6B:
		return '@'
	}
	return r
}

// indicDigit reports the digits of the scripts from Devanagari to Malayalam,
// whose blocks are 0x80 apart.
func indicDigit(r rune) bool { return (r-0x0966)%0x80 <= 9 }
