package redact

import (
	"strings"
	"unicode/utf8"
)

// Verb is what an action does.
type Verb uint8

// The actions of the policy document.
const (
	Mask Verb = iota
	Replace
	Pseudonym
	Token
	TruncateIP
	Bucket
	Remove
	Drop
)

var verbNames = [...]string{"mask", "replace", "pseudonym", "token", "truncate_ip", "bucket", "remove", "drop"}

func (v Verb) String() string { return verbNames[v] }

// action is a verb with its options.
type action struct {
	verb Verb

	// mask
	char      string
	keepFirst int // runes
	keepLast  int // runes
	length    int // of the masked part; -1 keeps its length and separators
	text      string

	// pseudonym, token
	key string
	per string

	// truncate_ip, bits
	v4, v6 int

	// bucket
	size float64
}

// redactedText stands where something was removed that must leave a text.
const redactedText = "[redacted]"

// maskText is the mask that keeps nothing, not even the length.
const maskText = "****"

func parseAction(n node, p *problems) action {
	a := action{char: "*", length: 4, v4: 24, v6: 48}
	name, options := "", node{path: n.path}
	switch v := n.v.(type) {
	case string:
		name = v
	case map[string]any:
		if len(v) != 1 {
			p.add(n.path, "want one action, got %d", len(v))
			return a
		}
		for k, o := range v {
			name, options = k, n.child(k, o)
		}
	default:
		p.add(n.path, "want the name of an action or a map with one, got %s", kind(n.v))
		return a
	}
	found := false
	for i, known := range verbNames {
		if known == name {
			a.verb, found = Verb(i), true
		}
	}
	if !found {
		p.add(n.path, "unknown action %q: want one of %s", name, strings.Join(verbNames[:], ", "))
		return a
	}
	if a.verb == Replace {
		a.parseReplace(options, p)
		return a
	}
	for _, f := range options.fields(p) {
		if !a.option(f, p) {
			p.add(f.node.path, "%s has no such option", name)
		}
	}
	a.check(options, p)
	return a
}

func (a *action) parseReplace(options node, p *problems) {
	a.text = redactedText
	switch v := options.v.(type) {
	case nil:
	case string:
		a.text = v
	default:
		for _, f := range options.fields(p) {
			if f.key != "text" {
				p.add(f.node.path, "replace has no such option")
				continue
			}
			a.text = f.node.str(p)
		}
	}
	if a.text == "" || len(a.text) > 256 || !utf8.ValidString(a.text) {
		p.add(options.path, "want a text of 1 to 256 bytes of UTF-8")
	}
}

func (a *action) option(f field, p *problems) bool {
	n := f.node
	switch a.verb {
	case Mask:
		switch f.key {
		case "char":
			a.char = n.str(p)
			if utf8.RuneCountInString(a.char) != 1 || strings.ContainsAny(a.char, "0123456789@=:\"\\") || isLetter(a.char) {
				p.add(n.path, "want one character that is no letter, digit or any of @=:\"\\")
				a.char = "*"
			}
		case "keep_first":
			a.keepFirst = n.integer(p, 0, 64)
		case "keep_last":
			a.keepLast = n.integer(p, 0, 64)
		case "length":
			if n.v == "same" {
				a.length = -1
			} else {
				a.length = n.integer(p, 1, 64)
			}
		case "text":
			a.text = n.str(p)
			if a.text == "" || len(a.text) > 256 {
				p.add(n.path, "want a text of 1 to 256 bytes")
			}
		default:
			return false
		}
	case Pseudonym, Token:
		switch f.key {
		case "key":
			a.key = n.str(p)
		case "per":
			a.per = n.str(p)
			if !strings.HasPrefix(a.per, "resource.") || len(a.per) == len("resource.") {
				p.add(n.path, "want resource.<attribute>, got %q", a.per)
			}
		default:
			return false
		}
	case TruncateIP:
		switch f.key {
		case "v4":
			a.v4 = n.integer(p, 0, 31)
		case "v6":
			a.v6 = n.integer(p, 0, 127)
		default:
			return false
		}
	case Bucket:
		if f.key != "size" {
			return false
		}
		if a.size = n.number(p); a.size <= 0 {
			p.add(n.path, "want a number above 0")
			a.size = 1
		}
	default:
		return false
	}
	return true
}

func (a *action) check(options node, p *problems) {
	switch a.verb {
	case Mask:
		if a.text != "" && (a.keepFirst > 0 || a.keepLast > 0) {
			p.add(options.path, "text replaces the whole value: it can't be combined with keep_first or keep_last")
		}
		if a.text == "" && a.keepFirst == 0 && a.keepLast == 0 && a.length >= 0 {
			a.text = strings.Repeat(a.char, a.length) // the same for every value
		}
	case Pseudonym, Token:
		if a.key == "" {
			p.add(options.path+"::key", "name one of the policy's keys")
		}
	case Bucket:
		if a.size == 0 {
			p.add(options.path+"::size", "give the width of a bucket")
			a.size = 1
		}
	}
}

func isLetter(s string) bool {
	return len(s) == 1 && (s[0]|0x20)-'a' < 26
}
