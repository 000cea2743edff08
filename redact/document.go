package redact

import (
	"regexp"
	"regexp/syntax"
	"slices"
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
		doc.v = standardDocument()
	}
	extends := false
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
					pol.limits.decodeDepth = l.node.integer(p, 0, 8)
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
	if extends {
		for i, r := range standardRules() {
			pol.parseRule(node{doc.path + "::extends", nil}.index(i, r), p)
		}
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
				in = parseIn(f.node, p) & attributeMaps
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

func (pol *Policy) parseRule(n node, p *problems) {
	r := rule{in: AllLocations}
	hasAction, hasRegex := false, false
	for _, f := range n.fields(p) {
		switch f.key {
		case "name":
			r.name = f.node.str(p)
		case "keys":
			r.keys = parseKeys(f.node, p)
		case "except":
			r.except = parseKeys(f.node, p)
		case "detect":
			r.detectors = parseDetect(f.node, p)
		case "regex":
			hasRegex = true // even with a mistake in it: one finding is enough
			if r.regex = parseRegex(f.node, p); r.regex != nil && costly(r.regex.String()) {
				pol.warnings = append(pol.warnings, f.node.path+": has no required text, so it runs on every value: begin it with a literal")
			}
		case "in":
			r.in = parseIn(f.node, p)
		case "action":
			hasAction = true
			r.action = parseAction(f.node, p)
		default:
			p.add(f.node.path, "a rule has no such setting")
		}
	}
	if n.v == nil {
		p.add(n.path, "is empty")
	}
	if !hasAction {
		p.add(n.path+"::action", "is missing")
	}
	if r.keys == nil && r.detectors == nil && !hasRegex && r.in == AllLocations {
		p.add(n.path, "selects everything: give it keys, detect, regex or in")
	}
	if r.except != nil && r.keys == nil {
		p.add(n.path+"::except", "goes with keys")
	}
	pol.checkPair(n, &r, p)
	pol.rules = append(pol.rules, r)
}

func parseKeys(n node, p *problems) []keyPattern {
	var out []keyPattern
	items := bounded(n, p)
	if len(items) == 0 {
		p.add(n.path, "names no key")
	}
	for _, it := range items {
		if k, ok := parseKey(it, p); ok {
			out = append(out, k)
		}
	}
	return out
}

func parseDetect(n node, p *problems) []string {
	all := detect.All()
	out := []string{}
	items := bounded(n, p)
	if len(items) == 0 {
		p.add(n.path, "names no detector")
	}
	for _, it := range items {
		name, found := it.str(p), false
		for i := range all {
			if name == "all" || all[i].Name == name || string(all[i].Group) == name {
				found = true
				if !slices.Contains(out, all[i].Name) {
					out = append(out, all[i].Name)
				}
			}
		}
		if !found && slices.Contains(detect.Groups(), detect.Group(name)) {
			continue // a group whose detectors are not built in
		}
		if !found && name != "" {
			p.add(it.path, "no such detector or group %q", name)
		}
	}
	return out
}

// checkPair refuses actions that make no sense where the rule applies.
func (pol *Policy) checkPair(n node, r *rule, p *problems) {
	path := n.path + "::action"
	switch r.action.verb {
	case TruncateIP:
		for _, d := range r.detectors {
			if d != "ipv4" && d != "ipv6" {
				p.add(path, "truncate_ip can't shorten a %s", d)
				return
			}
		}
		if r.regex != nil {
			p.add(path, "truncate_ip goes with keys, or with detect: [ipv4, ipv6]")
		}
	case Bucket:
		if r.detectors != nil || r.regex != nil || r.keys == nil {
			p.add(path, "bucket goes with keys alone: it rounds numbers")
		}
	case Pseudonym, Token:
		if r.in&^(emptied|traceStates) == 0 {
			p.add(path, "%s can't stand in %s: the value is emptied or removed there", r.action.verb, r.in.first())
		}
	}
}

func (s LocationSet) first() Location {
	for l := range NumLocations {
		if s.Has(l) {
			return l
		}
	}
	return 0
}

// checkRules checks what needs the whole document: names and keys.
func (pol *Policy) checkRules(doc node, p *problems) {
	seen := map[string]bool{}
	for i := range pol.rules {
		r := &pol.rules[i]
		path := doc.child("rules", nil).index(i, nil).path
		if r.name == "" {
			p.add(path+"::name", "is missing: counts and pseudonyms carry it")
			continue
		}
		if len(r.name) > 64 || strings.IndexFunc(r.name, func(c rune) bool { return c < ' ' || c > '~' }) >= 0 {
			p.add(path+"::name", "want 1 to 64 printable ASCII characters")
		}
		if seen[r.name] {
			p.add(path+"::name", "%q is taken by an earlier rule", r.name)
		}
		seen[r.name] = true
		r.label = label(r.name)
		if a := &r.action; a.key != "" {
			if _, ok := pol.keys[a.key]; !ok {
				p.add(path+"::action::"+a.verb.String()+"::key", "the policy has no key %q", a.key)
			}
		}
	}
}

// label writes a rule's name in the alphabet of pseudonyms.
func label(name string) string {
	b := []byte(strings.ToLower(name))
	for i, c := range b {
		if !detect.IsAlnum(c) && c != '_' {
			b[i] = '_'
		}
	}
	return string(b[:min(len(b), 32)])
}

// costly reports whether a regular expression has no text that every match
// must hold, so that no gate can keep it from running.
func costly(text string) bool {
	re, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return false
	}
	return len(required(re.Simplify())) == 0
}
