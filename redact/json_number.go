package redact

import "github.com/sealed-otel/otelcol-sealed/redact/internal/detect"

// maxNumberList bounds the bytes of a list of numbers that are read back to its
// bracket.
const maxNumberList = 256

// jsonNumbers tells how the numbers of a JSON text are to be quoted, in the order
// in which they stand. It remembers the last one, so that each element of a list
// is read back to the one before it, and not to the bracket.
type jsonNumbers struct {
	end    int // of the last number
	quotes uint8
	quoted bool
}

// isNumber reports whether s[start:end] is a number that is the value of a JSON
// member, or stands in its list of numbers: a mask in its place must be a string.
func (n *jsonNumbers) isNumber(s string, start, end int) bool {
	if c := detect.At(s, start); !detect.IsDigit(c) && c != '-' || detect.RunEnd(s, start+1, end-start, inNumber) != end {
		return false
	}
	if c := detect.At(s, skipJSONSpace(s, end)); c != ',' && c != '}' && c != ']' {
		return false
	}
	before := func(i int) int {
		return detect.RunStart(s, i, 4, func(c byte) bool { return c == ' ' }) - 1
	}
	i := before(start)
	if detect.At(s, i) == ',' {
		listed := detect.RunStart(s, i, n.reach(i), func(c byte) bool { return detect.IsDigit(c) || c == ',' || c == ' ' || c == '.' || c == '-' })
		if n.quoted && listed == n.end {
			return true
		}
		if i = listed - 1; detect.At(s, i) != '[' {
			return false
		}
	}
	if detect.At(s, i) == '[' {
		i = before(i)
	}
	return detect.At(s, i) == ':' && detect.At(s, before(i)) == '"'
}

// inNumber reports a byte of a number behind its first (RFC 8259 section 6).
func inNumber(c byte) bool {
	return detect.IsDigit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'
}

// wholeNumber returns the bounds of the number in which the digits s[start:end]
// stand: a mask between a sign and a fraction would make no JSON.
func wholeNumber(s string, start, end int) (int, int) {
	if !detect.IsDigit(detect.At(s, start)) || !detect.IsDigit(detect.At(s, end-1)) {
		return start, end
	}
	if start > 0 && s[start-1] == '-' {
		start--
	}
	if detect.At(s, end) == '.' && detect.IsDigit(detect.At(s, end+1)) {
		end = detect.RunEnd(s, end+1, maxNumberList, inNumber)
	}
	return start, end
}

// reach is how many bytes before i are read: to the last number, if that is near.
func (n *jsonNumbers) reach(i int) int {
	if n.quoted && n.end <= i {
		return min(maxNumberList, i-n.end)
	}
	return maxNumberList
}

// slashes returns how the quote is written that ends the name of the JSON member
// of which s[start:end] is a value. It reports false if no quote is there: the
// quotes are written in another way than JSON's.
func (n *jsonNumbers) slashes(s string, start, end int) (uint8, bool) {
	reach := n.reach(start) + 16
	k := start - 1
	for ; k >= 0 && start-k <= reach && s[k] != '"'; k-- {
		if n.quoted && n.end <= start && k < n.end {
			n.end = end
			return n.quotes, true
		}
	}
	n.end, n.quoted = end, k >= 0 && start-k <= reach
	if !n.quoted {
		return 0, false
	}
	n.quotes = 0
	for n.quotes < 15 && k-int(n.quotes) > 0 && s[k-int(n.quotes)-1] == '\\' {
		n.quotes++
	}
	return n.quotes, true
}
