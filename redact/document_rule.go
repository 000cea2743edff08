package redact

import (
	"regexp/syntax"
	"slices"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

func (pol *Policy) parseRule(n node, p *problems) {
	r := rule{in: AllLocations}
	hasAction, hasRegex := false, false
	for _, f := range n.fields(p) {
		switch f.key {
		case "name":
			r.name = f.node.str(p)
		case "keys":
			r.keys = newKeyList(parseKeys(f.node, p))
		case "except":
			r.except = newKeyList(parseKeys(f.node, p))
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
	if r.keys.patterns == nil && r.detectors == nil && !hasRegex && r.in == AllLocations {
		p.add(n.path, "selects everything: give it keys, detect, regex or in")
	}
	if r.except.patterns != nil && r.keys.patterns == nil {
		p.add(n.path+"::except", "goes with keys")
	}
	if r.detectors != nil && hasRegex {
		p.add(n.path+"::regex", "stands beside detect, and both say which parts of a value go: write a rule for each")
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
		if r.detectors != nil || r.regex != nil || r.keys.patterns == nil {
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
