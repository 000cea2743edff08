package redact

import (
	"regexp"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// maxEntries bounds the entries of one list in a policy document, so that a
// document from elsewhere can't take the process's memory.
const maxEntries = 4096

// maxPattern bounds one regular expression, in bytes.
const maxPattern = 4096

// Parse reads a policy document: maps, lists, strings, numbers and booleans as
// YAML and JSON decode to. A nil or empty document is the policy [Standard].
//
// It returns a [*DocumentError] that lists every bad entry with its path,
// which begins with "policy". It reads no file and no environment.
func Parse(doc map[string]any) (*Policy, error) {
	p := new(problems)
	pol := parse(node{"policy", doc}, p)
	if err := p.err(); err != nil {
		return nil, err
	}
	return pol, nil
}

// Standard is the built-in policy: key rules for credentials, all detector
// groups but network, everything masked.
func Standard() *Policy {
	pol, err := Parse(nil)
	if err != nil {
		panic(err) // the document is a constant
	}
	return pol
}

func parse(doc node, p *problems) *Policy {
	pol := &Policy{
		name:      "standard",
		locations: AllLocations,
		limits:    limits{valueBytes: 4 << 20, decodeDepth: 3, nesting: 32},
		keys:      map[string]KeySource{},
	}
	if m, ok := doc.v.(map[string]any); ok && len(m) == 0 {
		doc.v = nil
	}
	if doc.v == nil {
		doc.v = map[string]any{"name": "standard"}
	} else {
		pol.name = "custom" // metrics must not call it by the name of the built-in one
	}
	extends, own := false, false
	for _, f := range doc.fields(p) {
		n := f.node
		switch f.key {
		case "name":
			if pol.name = n.str(p); pol.name == "" || len(pol.name) > 64 {
				p.add(n.path, "want a name of 1 to 64 bytes")
			}
		case "extends":
			if n.str(p) != "standard" {
				p.add(n.path, "only the built-in policy standard can be extended")
			}
			extends = true
		case "mode":
			switch n.str(p) {
			case "enforce":
			case "report":
				pol.mode = Report
			default:
				p.add(n.path, "want enforce or report")
			}
		case "unknown_keys":
			pol.parseUnknown(n, p)
		case "allow_keys":
			for _, it := range bounded(n, p) {
				if k, ok := parseKey(it, p); ok {
					pol.allow = append(pol.allow, k)
				}
			}
		case "trusted_keys":
			for _, it := range bounded(n, p) {
				pol.parseTrusted(it, p)
			}
		case "allow_values":
			for _, it := range bounded(n, p) {
				pol.parseSpare(it, p)
			}
		case "rules":
			own = true
			for _, it := range bounded(n, p) {
				pol.parseRule(it, p)
			}
		case "keys":
			for _, k := range n.fields(p) {
				pol.parseKeySource(k, p)
			}
		case "locations":
			for _, l := range n.fields(p) {
				set, ok := parseLocation(l.key)
				if !ok {
					p.add(l.node.path, "no such location")
				} else if l.node.boolean(p) {
					pol.locations |= set
				} else {
					pol.locations &^= set
				}
			}
		case "limits":
			for _, l := range n.fields(p) {
				switch l.key {
				case "value_bytes":
					pol.limits.valueBytes = l.node.size(p, 1024, 64<<20)
				case "decode_depth":
					if pol.limits.decodeDepth = l.node.integer(p, 0, 8); pol.limits.decodeDepth == 0 {
						pol.warnings = append(pol.warnings, l.node.path+": is 0, so what is encoded in a value passes unseen: 1 opens it")
					}
				case "nesting":
					pol.limits.nesting = l.node.integer(p, 1, 128)
				default:
					p.add(l.node.path, "no such limit")
				}
			}
		case "summary":
			switch v := n.v.(type) {
			case bool: // YAML reads off as false
				if v {
					p.add(n.path, "want off or counts")
				}
			default:
				switch n.str(p) {
				case "off":
				case "counts":
					pol.summary = true
				default:
					p.add(n.path, "want off or counts")
				}
			}
		default:
			p.add(n.path, "no such setting")
		}
	}
	// Who sets a mode or a limit and no rules means those of the built-in policy:
	// a document without a rule would switch every detector off without a word.
	if extends || !own {
		from := len(pol.rules)
		for i, r := range standardRules() {
			pol.parseRule(node{doc.path + "::extends", nil}.index(i, r), p)
		}
		for i := range pol.rules[from:] {
			pol.rules[from+i].builtIn = true
		}
	}
	if len(pol.rules) == 0 && pol.removeIn == 0 && len(p.list) == 0 {
		p.add(doc.path+"::rules", "is empty, so nothing would be redacted: write rules, or leave it out for those of the policy standard")
	}
	pol.checkRules(doc, p)
	return pol
}

func bounded(n node, p *problems) []node {
	items := n.items(p)
	if len(items) > maxEntries {
		p.add(n.path, "has %d entries, %d are allowed", len(items), maxEntries)
		return nil
	}
	return items
}

func (pol *Policy) parseUnknown(n node, p *problems) {
	verb, in := n.v, attributeMaps&^(1<<ResourceAttributes)
	if m, ok := n.v.(map[string]any); ok {
		verb = nil
		for _, f := range n.fields(p) {
			switch f.key {
			case "action":
				verb = f.node.v
			case "in":
				in = parseMaps(f.node, p)
			default:
				p.add(f.node.path, "want action and in")
			}
		}
		if _, ok := m["action"]; !ok {
			p.add(n.path+"::action", "want allow or remove")
			return
		}
	}
	switch verb {
	case "allow":
	case "remove":
		pol.removeIn = in
	default:
		p.add(n.path, "want allow or remove")
	}
}

func parseIn(n node, p *problems) LocationSet {
	var set LocationSet
	for _, it := range bounded(n, p) {
		name := it.str(p)
		l, ok := parseLocation(name)
		if !ok && name != "" {
			p.add(it.path, "no such location %q", name)
		}
		set |= l
	}
	if set == 0 {
		p.add(n.path, "names no location")
	}
	return set
}

// parseMaps reads locations whose values have keys: an allow-list of keys for
// any other place would look like one and remove nothing.
func parseMaps(n node, p *problems) LocationSet {
	set := parseIn(n, p)
	for _, it := range n.items(new(problems)) { // parseIn has named what is no list or no text
		name, _ := it.v.(string)
		if l, ok := parseLocation(name); ok && l&attributeMaps == 0 {
			p.add(it.path, "%s has no keys to remove: name a map of attributes, or log.body", name)
		}
	}
	return set & attributeMaps
}

// parseKey reads a glob, or {regex: …}.
func parseKey(n node, p *problems) (keyPattern, bool) {
	if m, ok := n.v.(map[string]any); ok {
		if len(m) != 1 || m["regex"] == nil {
			p.add(n.path, "want a glob or {regex: …}")
			return keyPattern{}, false
		}
		re := parseRegex(n.child("regex", m["regex"]), p)
		if re == nil {
			return keyPattern{}, false
		}
		// Keys are compared in lower case.
		folded, err := regexp.Compile("(?i:" + re.String() + ")")
		if err != nil {
			p.add(n.path, "%s", reason(err))
			return keyPattern{}, false
		}
		return keyPattern{text: re.String(), kind: keyRegex, re: folded}, true
	}
	text := n.str(p)
	if text == "" {
		if _, ok := n.v.(string); ok {
			p.add(n.path, "is empty")
		}
		return keyPattern{}, false
	}
	k, err := newGlob(text)
	if err != nil {
		p.add(n.path, "%s", err)
		return keyPattern{}, false
	}
	return k, true
}

func parseRegex(n node, p *problems) *regexp.Regexp {
	text := n.str(p)
	if text == "" {
		if _, ok := n.v.(string); ok {
			p.add(n.path, "is empty")
		}
		return nil
	}
	if len(text) > maxPattern {
		p.add(n.path, "has %d bytes, %d are allowed", len(text), maxPattern)
		return nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		p.add(n.path, "%s", reason(err))
		return nil
	}
	if re.MatchString("") {
		p.add(n.path, "matches the empty text: make it match at least one byte")
		return nil
	}
	return re
}

// reason is an error of regexp without the package's prefix.
func reason(err error) string {
	return strings.TrimPrefix(err.Error(), "error parsing regexp: ")
}

func (pol *Policy) parseTrusted(n node, p *problems) {
	in := LocationSet(1 << ResourceAttributes)
	if m, ok := n.v.(map[string]any); ok && m["key"] != nil {
		for _, f := range n.fields(p) {
			switch f.key {
			case "key":
				n = f.node
			case "in":
				in = parseIn(f.node, p)
			default:
				p.add(f.node.path, "want key and in")
			}
		}
	}
	if k, ok := parseKey(n, p); ok {
		pol.trusted = append(pol.trusted, scopedKey{k, in})
	}
}

func (pol *Policy) parseSpare(n node, p *problems) {
	if m, ok := n.v.(map[string]any); ok {
		if len(m) != 1 || m["regex"] == nil {
			p.add(n.path, "want an exact value or {regex: …}")
			return
		}
		if re := parseRegex(n.child("regex", m["regex"]), p); re != nil {
			// The whole match must be allowed: a part of it spares nothing.
			whole, err := regexp.Compile(`\A(?:` + re.String() + `)\z`)
			if err != nil {
				p.add(n.path, "%s", reason(err))
				return
			}
			pol.spareRegex = append(pol.spareRegex, whole)
		}
		return
	}
	if s := n.str(p); s != "" {
		pol.spare = append(pol.spare, s)
	}
}

func (pol *Policy) parseKeySource(f field, p *problems) {
	if !validName(f.key) {
		p.add(f.node.path, "a key's name has 1 to 64 letters, digits, '-', '_' or '.'")
	}
	var src KeySource
	for _, o := range f.node.fields(p) {
		switch o.key {
		case "file":
			src.File = o.node.str(p)
		case "env":
			src.Env = o.node.str(p)
		default:
			p.add(o.node.path, "want file or env")
		}
	}
	if (src.File == "") == (src.Env == "") {
		p.add(f.node.path, "want either file or env")
	}
	pol.keys[f.key] = src
}

func validName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !detect.IsAlnum(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}
