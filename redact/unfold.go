package redact

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// unfolded is a value with its escapes and wide characters resolved. It is
// scratch: read fills it anew.
type unfolded struct {
	text  []byte
	seams []seam
	// forms is how many were resolved.
	forms int
	// over is set if there are more than were to be resolved: text is none then.
	over bool
}

// seam is where text and value stop running side by side: from text[at] on,
// bytes come from value[from] on. All bytes of a resolved form come from its
// beginning: from is the complement of that then.
type seam struct{ at, from int32 }

// escape begins the colours of a terminal, which stand for nothing.
const escape = 0x1b

// folds marks the bytes with which a form may begin.
var folds = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 0x80 || c == '%' || c == '\\' || c == '&' || c == escape
	}
	return t
}()

// read resolves s, of at most most forms. It reports false if there was nothing to
// resolve.
func (u *unfolded) read(s string, most int) bool {
	// A form is never shorter than what it stands for; a rune is written with
	// room for the longest.
	if cap(u.text) < len(s)+utf8.UTFMax {
		u.text = make([]byte, len(s)+utf8.UTFMax)
	}
	// A sender decides how many forms there are: to grow by steps would copy as
	// much again.
	if seams := 2*formsAtMost(s) + 2; cap(u.seams) < seams {
		u.seams = make([]seam, 0, seams)
	}
	u.seams, u.forms, u.over = u.seams[:0], 0, false
	text, n := u.text[:len(s)+utf8.UTFMax], 0
	percent := false
	plain := 0 // bytes of s from here to i were not copied yet
	for i := 0; i < len(s); {
		if !folds[s[i]] {
			i++
			continue
		}
		out, width := form(s, i)
		if width == 0 {
			i++
			continue
		}
		if plain < i {
			u.seams = append(u.seams, seam{int32(n), int32(plain)})
			n += copy(text[n:], s[plain:i])
		}
		u.seams = append(u.seams, seam{int32(n), ^int32(i)})
		switch {
		case s[i] == '%':
			// Bytes beyond ASCII are decoded too: UTF-8 comes out whole.
			text[n] = byte(out)
			n++
			percent = true
		case out >= 0:
			n += utf8.EncodeRune(text[n:], out)
		}
		if u.forms++; u.forms > most {
			u.text, u.over = text[:0], true
			return true
		}
		i += width
		plain = i
	}
	if len(u.seams) == 0 {
		u.text = text[:0]
		return false
	}
	if plain < len(s) {
		u.seams = append(u.seams, seam{int32(n), int32(plain)})
		n += copy(text[n:], s[plain:])
	}
	u.seams = append(u.seams, seam{int32(n), int32(len(s))})
	u.text = text[:n]
	if percent {
		u.spacePluses()
	}
	return true
}

// spacePluses makes blanks of a row of '+' beside a byte that is neither letter nor
// digit: forms are sent with it for a blank (WHATWG URL section 5.1), and base64
// holds it between letters. A number that begins with one was seen before.
func (u *unfolded) spacePluses() {
	edge := func(k int) bool {
		return k >= 0 && k < len(u.text) && u.text[k] < 0x80 && !detect.IsBase64(u.text[k])
	}
	for i, m := range u.seams[:len(u.seams)-1] {
		if m.from < 0 {
			continue
		}
		for k, stop := int(m.at), int(u.seams[i+1].at); k < stop; k++ {
			if u.text[k] != '+' {
				continue
			}
			end := k + 1
			for end < stop && u.text[end] == '+' {
				end++
			}
			// Beside one that was written as %2B, it is no letter of base64.
			blank := edge(k-1) || edge(end) || detect.At(view(u.text), k-1) == '+' || detect.At(view(u.text), end) == '+'
			for ; k < end; k++ {
				if blank && !(k+1 < len(u.text) && detect.IsDigit(u.text[k+1])) {
					u.text[k] = ' '
				}
			}
		}
	}
}

// formsAtMost counts the bytes with which a form of ASCII begins.
func formsAtMost(s string) int {
	return strings.Count(s, "%") + strings.Count(s, "\\") + strings.Count(s, "&") + strings.Count(s, "\x1b")
}

// source returns where in the value the byte at k of text, or its end, comes
// from.
func (u *unfolded) source(k int) int {
	i := sort.Search(len(u.seams), func(i int) bool { return int(u.seams[i].at) > k }) - 1
	m := u.seams[i]
	if m.from < 0 {
		return int(^m.from)
	}
	return int(m.from) + k - int(m.at)
}

// sourceEnd is source for the end of a hit: what stands for nothing behind it,
// such as the end of a colour, is not part of it.
func (u *unfolded) sourceEnd(k int) int {
	i := sort.Search(len(u.seams), func(i int) bool { return int(u.seams[i].at) >= k })
	if i == len(u.seams) || int(u.seams[i].at) != k {
		return u.source(k)
	}
	if from := u.seams[i].from; from < 0 {
		return int(^from)
	}
	return int(u.seams[i].from)
}

// within returns the bounds of the form inside of which, behind its first byte, k of
// the value stands.
func (u *unfolded) within(k int) (start, end int, inside bool) {
	i := sort.Search(len(u.seams), func(i int) bool { return u.seams[i].begin() > k }) - 1
	if i < 0 || i+1 >= len(u.seams) || u.seams[i].from >= 0 || u.seams[i].begin() == k {
		return 0, 0, false
	}
	return u.seams[i].begin(), u.seams[i+1].begin(), true
}

// begin is where in the value the seam is.
func (m seam) begin() int {
	if m.from < 0 {
		return int(^m.from)
	}
	return int(m.from)
}

// form reads the form at s[i] and returns the character, or the byte of
// percent-encoding, that it stands for, and its width. Width 0 means none, a
// negative character that it stands for nothing.
func form(s string, i int) (out rune, width int) {
	switch c := s[i]; {
	case c == '%':
		if b, ok := hexByte(s, i+1); ok {
			return rune(b), 3
		}
		return 0, 0
	case c == '\\':
		out, width = unescape(s, i)
	case c == '&':
		out, width = reference(s, i)
	case c == escape:
		if end := detect.ControlEnd(s, i); end > 0 {
			return -1, end - i
		}
		return 0, 0
	default:
		if i+1 == len(s) || utf8.RuneStart(s[i+1]) {
			return 0, 0 // a run of first bytes is no text, and slow to decode
		}
		r, w := utf8.DecodeRuneInString(s[i:])
		if folded := detect.FoldRune(r); folded != r {
			return folded, w
		}
		return 0, 0
	}
	if out >= 0x80 {
		out = detect.FoldRune(out)
	}
	return out, width
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
		if b, ok := hexByte(s, i+2); ok && b < utf8.RuneSelf {
			return rune(b), 4
		}
		return hexRune(s, i)
	case 'u':
		hi, ok := hexByte(s, i+2)
		lo, ok2 := hexByte(s, i+4)
		if ok && ok2 {
			return rune(hi)<<8 | rune(lo), 6
		}
	}
	return 0, 0
}

// hexRune reads a character beyond ASCII whose bytes of UTF-8 are each written \xHH,
// from i on.
func hexRune(s string, i int) (rune, int) {
	var b [utf8.UTFMax]byte
	n := 0
	for ; n < len(b) && detect.At(s, i+4*n) == '\\' && detect.At(s, i+4*n+1) == 'x'; n++ {
		c, ok := hexByte(s, i+4*n+2)
		if !ok || n > 0 && utf8.RuneStart(c) {
			break
		}
		b[n] = c
	}
	r, size := utf8.DecodeRune(b[:n])
	if r == utf8.RuneError && size <= 1 {
		return 0, 0
	}
	return r, 4 * size
}

// namedReferences are those that stand for what values are written with (HTML,
// section 13.5).
var namedReferences = [...]struct {
	text string
	r    rune
}{{"&quot;", '"'}, {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&apos;", '\''}, {"&nbsp;", ' '}, {"&commat;", '@'}, {"&colon;", ':'}}

// maxZeros bounds the zeros before the number of a character reference.
const maxZeros = 64

// reference reads a character reference of XML and HTML at i.
func reference(s string, i int) (rune, int) {
	if detect.At(s, i+1) != '#' {
		for _, named := range namedReferences {
			if len(s)-i >= len(named.text) && s[i:i+len(named.text)] == named.text {
				return named.r, len(named.text)
			}
		}
		return 0, 0
	}
	k, base := i+2, rune(10)
	if detect.Lower(detect.At(s, k)) == 'x' {
		k, base = k+1, 16
	}
	zeros := detect.RunEnd(s, k, maxZeros, func(c byte) bool { return c == '0' })
	var v rune
	from := k
	k = zeros
	digits := k
	for ; k < len(s) && k-digits < 7; k++ {
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
