package redact

import (
	"errors"
	"fmt"
	"math"
	"regexp/syntax"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// Engine is a compiled policy with its keys. It is immutable and safe for
// concurrent use.
type Engine struct {
	policy  *Policy
	scanner *detect.Scanner
	// detectors are those that some rule names; indices are the scanner's.
	detectors []detect.Detector
	spare     map[string]struct{}

	regexes []int // rules that have a regex, in order
	gate    *gate

	// keyGate tells keys that no key rule can name from those that may be
	// named; firstKeyRule is the first rule that a key alone decides.
	keyGate      *keyGate
	firstKeyRule int
	jsonKeys     bool

	// simple: no match is spared, and what is found is rewritten.
	simple bool

	keys    map[string]*Keyring
	ciphers map[string][]cipherEntry
	tenants []string
	catalog *Catalog

	// labels are those that pseudonyms of this policy carry.
	labels map[string]bool
	// ofRule holds the detectors of each rule.
	ofRule [][]int
	// plain decides for places without a key.
	plain [NumLocations]*Decision
	// nameless decides for an empty key, which no entry of an allow-list names.
	nameless [NumLocations]*Decision
	// tooLong decides for a key that is too long to be judged.
	tooLong [NumLocations]*Decision
	caches  [NumLocations]keyCache
	// decided counts decisions, for their ids.
	decided atomic.Uint32
	memos   memoStore
	runs    sync.Pool
}

// Options are what an engine needs beside its policy.
type Options struct {
	// Keys are the key rings that the policy names, as [LoadKeys] reads them.
	Keys map[string]*Keyring
	// NewCipher makes the deterministic cipher of a 64-byte key. It is needed
	// by policies with the action token only.
	NewCipher func(key []byte) (DeterministicCipher, error)
	// Catalog, if not nil, is told which keys were seen.
	Catalog *Catalog
}

// New compiles a policy into an engine.
func New(p *Policy, o Options) (*Engine, error) {
	if p == nil {
		return nil, errors.New("no policy: use redact.Standard")
	}
	e := &Engine{policy: p, keys: o.Keys, catalog: o.Catalog, tenants: p.TenantKeys(), spare: map[string]struct{}{}}
	for _, s := range p.spare {
		e.spare[s] = struct{}{}
	}
	e.memos.init()
	e.simple = len(e.spare) == 0 && len(p.spareRegex) == 0 && p.mode == Enforce
	used := map[string]bool{}
	var texts [][]string
	for i := range p.rules {
		r := &p.rules[i]
		for _, d := range r.detectors {
			used[d] = true
		}
		if r.regex != nil {
			e.regexes = append(e.regexes, i)
			texts = append(texts, gateTexts(r))
		}
		if k := r.action.key; k != "" && o.Keys[k] == nil {
			return nil, fmt.Errorf("policy::keys::%s: not loaded", k)
		}
	}
	for _, d := range detect.All() {
		if used[d.Name] {
			e.detectors = append(e.detectors, d)
		}
	}
	e.scanner = detect.NewScanner(e.detectors)
	e.gate = newGate(texts)
	e.keyGate = newKeyGate(p.rules)
	for i := len(p.rules) - 1; i >= 0; i-- {
		if p.rules[i].keys.patterns != nil && p.rules[i].byKey() {
			e.firstKeyRule, e.jsonKeys = i, true
		}
	}
	if err := e.newCiphers(o.NewCipher); err != nil {
		return nil, err
	}
	e.ofRule, e.labels = make([][]int, len(p.rules)), map[string]bool{}
	for i := range e.detectors {
		e.labels[e.detectors[i].Name] = true
	}
	for i := range p.rules {
		e.labels[p.rules[i].label] = true
		for k := range e.detectors {
			if slices.Contains(p.rules[i].detectors, e.detectors[k].Name) {
				e.ofRule[i] = append(e.ofRule[i], k)
			}
		}
	}
	e.runs.New = func() any { return newRun(e) }
	for l := range NumLocations {
		e.plain[l] = e.decide(l, "", "", nil)
		e.nameless[l] = e.plain[l]
		if p.removeIn.Has(l) && e.plain[l].verdict == verdictScan {
			e.nameless[l] = e.decide(l, "", "", nil)
			e.nameless[l].verdict, e.nameless[l].quiet = verdictUnknown, false
		}
		e.tooLong[l] = e.decide(l, "", "", nil)
		e.tooLong[l].keyRule, e.tooLong[l].tooLong, e.tooLong[l].quiet = len(p.rules)+RuleFailClosed, true, false
		e.caches[l].init(attributeMaps.Has(l))
	}
	return e, nil
}

func gateTexts(r *rule) []string {
	re, err := syntax.Parse(r.regex.String(), syntax.Perl)
	if err != nil {
		return nil
	}
	return required(re.Simplify())
}

// Policy returns the policy that the engine was compiled from.
func (e *Engine) Policy() *Policy { return e.policy }

// Detectors returns the names of the detectors in use; a [Count] refers to
// them by index.
func (e *Engine) Detectors() []string {
	out := make([]string, len(e.detectors))
	for i := range e.detectors {
		out[i] = e.detectors[i].Name
	}
	return out
}

// Scans reports whether the policy looks at a location.
func (e *Engine) Scans(l Location) bool { return e.policy.locations.Has(l) }

// TenantKeys returns the resource attributes whose values [Run.Tenant] wants.
func (e *Engine) TenantKeys() []string { return e.tenants }

// verdict is what a key alone decides.
type verdict uint8

const (
	verdictScan verdict = iota
	verdictTrusted
	verdictRule
	verdictUnknown
)

// Decision is what the policy says about one key at one location. It is
// immutable but for what its memo remembers; walkers hand it back with the
// key's value.
type Decision struct {
	verdict verdict
	// quiet: the key alone says nothing, and nobody is told of it.
	quiet bool
	// plain: nothing but the scan of the value's bytes can find anything in it.
	plain bool
	// alike: all detectors fall under one rule, and nothing is spared. What one
	// of them covers can't become more sensitive by what is found inside.
	alike bool
	// id picks a counter of Run.cold; decisions may share one.
	id   uint8
	memo memo
	// rule applies to the whole value if the verdict is verdictRule.
	rule int
	// byDetector is, per detector, the rule that its spans fall under, or -1.
	byDetector []int16
	// regexes are the rules whose regex runs on the value.
	regexes []int
	mask    uint64 // their bits in the gate
	// firstRule is the earliest rule of byDetector and regexes.
	firstRule int16
	// start lists the detectors that begin at the key's value.
	start []int
	// keyRule is the rule of a hit in the key's own text, or -1.
	keyRule, keyDetector int
	tooLong              bool // the key was not judged
	broken               bool // a detector panicked on the key
	allowed              bool
	inherited            bool // the parent was allowed
	nested               bool
	// tainted: the path holds something sensitive, and the catalogue must not have it.
	tainted    bool
	leaf, path string
	// beside is the decision for the key alone, if this one is for it and the name that
	// stands beside its value. The name is the leaf then, and no part of the path: it is
	// a value itself.
	beside *Decision
	entry  *CatalogEntry
}

// maxKey is the length in bytes of a key, or of the dotted path of a nested one, above
// which it is not judged: its entry goes. A map of many small keys under one of a
// megabyte would have that megabyte judged for each of them.
const maxKey = 2048

// Trusted reports a key whose value, with all that is in it, is left alone.
func (d *Decision) Trusted() bool { return d.verdict == verdictTrusted }

// decide judges a key. The path is dotted and holds the leaf; the parent is
// nil at the top.
func (e *Engine) decide(loc Location, path, leaf string, parent *Decision) *Decision {
	p := e.policy
	d := &Decision{rule: -1, keyRule: -1, keyDetector: -1, leaf: leaf, path: path, nested: parent != nil, inherited: parent != nil && parent.allowed}
	lowPath, lowLeaf := lowerKey(path), lowerKey(leaf)
	named := false
	if path != "" {
		for i := range p.trusted {
			t := &p.trusted[i]
			if t.pattern.whole(lowPath) || t.pattern.whole(lowLeaf) {
				named = true
				if t.in.Has(loc) {
					d.verdict = verdictTrusted
				}
			}
		}
		for i := range p.allow {
			named = named || p.allow[i].whole(lowPath) || p.allow[i].whole(lowLeaf)
		}
	}
	named = e.rules(loc, d, lowPath, lowLeaf, "") || named
	d.allowed = named || d.inherited
	if d.verdict == verdictScan && p.removeIn.Has(loc) && (path != "" || parent != nil) && !d.allowed {
		d.verdict = verdictUnknown
	}
	e.detect(d, leaf)
	e.judgeKeyText(loc, d, leaf)
	d.tainted = d.keyRule >= 0 || parent != nil && parent.tainted
	if e.catalog != nil && !d.tainted && len(path) > len(leaf) {
		// The parts of an address or a card number may be keys by themselves.
		whole := &Decision{byDetector: d.byDetector, regexes: d.regexes, mask: d.mask, firstRule: d.firstRule, alike: d.alike, verdict: d.verdict, keyRule: -1}
		e.judgeKeyText(loc, whole, path)
		d.tainted = whole.keyRule >= 0
	}
	if e.catalog != nil && path != "" && !d.tainted {
		d.entry = e.catalog.entry(loc, path)
	}
	d.plain = len(d.regexes) == 0 && len(d.start) == 0
	d.quiet = d.entry == nil && d.keyRule < 0 && d.verdict != verdictUnknown
	d.id = uint8(e.decided.Add(1))
	return d
}

// decideBeside judges the value of d's key by the name beside it as well: it falls
// under the rules of either, and stays what it is in the path, in an allow-list and in
// the catalogue.
func (e *Engine) decideBeside(loc Location, d *Decision, name string) *Decision {
	p := &Decision{
		rule: -1, keyRule: -1, keyDetector: -1, leaf: name, path: d.path, beside: d, nested: d.nested,
		allowed: d.allowed, inherited: d.inherited, tainted: d.tainted, entry: d.entry, quiet: true,
	}
	lowName := lowerKey(name)
	if slices.ContainsFunc(e.policy.trusted, func(t scopedKey) bool { return t.in.Has(loc) && t.pattern.whole(lowName) }) {
		// A trusted name says nothing. The value is still scanned: it is under a key of
		// its own.
		name, lowName = "", ""
	}
	e.rules(loc, p, lowerKey(d.path), lowerKey(d.leaf), lowName)
	e.detect(p, name)
	p.plain = len(p.regexes) == 0 && len(p.start) == 0
	p.id = uint8(e.decided.Add(1))
	return p
}

// says reports whether d, which takes in a name beside the value, says anything that
// the key alone does not.
func (d *Decision) says(alone *Decision) bool {
	return d.verdict == verdictRule || len(d.start) > 0 || d.mask != alone.mask || !slices.Equal(d.regexes, alone.regexes) || !slices.Equal(d.byDetector, alone.byDetector)
}

// rules enters in d the rules that a key falls under, or the name beside it. It reports
// whether one of them names it, at whatever location.
func (e *Engine) rules(loc Location, d *Decision, path, leaf, alias string) (named bool) {
	d.byDetector = make([]int16, len(e.detectors))
	for i := range d.byDetector {
		d.byDetector[i] = -1
	}
	mayName := path != "" && e.keyGate.mayMatch(path)
	mayAlias := alias != "" && e.keyGate.mayMatch(alias)
	for i := range e.policy.rules {
		r := &e.policy.rules[i]
		if r.keys.patterns != nil && !(mayName && r.names(path, leaf)) && !(mayAlias && r.names(alias, alias)) {
			continue
		}
		named = named || r.keys.patterns != nil
		if !r.in.Has(loc) {
			continue
		}
		if r.byKey() {
			if d.verdict == verdictScan {
				d.verdict, d.rule = verdictRule, i
			}
			continue
		}
		if r.detectors != nil && r.regex == nil {
			for _, k := range e.ofRule[i] {
				if d.byDetector[k] < 0 {
					d.byDetector[k] = int16(i)
				}
			}
			continue
		}
		if n := slices.Index(e.regexes, i); n >= 0 {
			d.regexes = append(d.regexes, i)
			d.mask |= gateBit(n)
		}
	}
	return named
}

// detect enters in d the detectors that begin at the value of a key.
func (e *Engine) detect(d *Decision, leaf string) {
	for k := range e.detectors {
		if f := e.detectors[k].Key; f != nil && leaf != "" && d.byDetector[k] >= 0 && f(leaf) {
			d.start = append(d.start, k)
		}
	}
	d.firstRule = math.MaxInt16
	for _, rule := range d.byDetector {
		if rule >= 0 {
			d.firstRule = min(d.firstRule, rule)
		}
	}
	d.alike = len(d.regexes) == 0 && len(e.spare) == 0 && len(e.policy.spareRegex) == 0
	for _, rule := range d.byDetector {
		d.alike = d.alike && rule == d.firstRule
	}
	for _, rule := range d.regexes {
		d.firstRule = min(d.firstRule, int16(rule))
	}
}

// judgeKeyText judges the key itself as a value without a key, its hidden forms
// included: a map from e-mail address to count holds personal data in its keys.
func (e *Engine) judgeKeyText(l Location, d *Decision, leaf string) {
	if leaf == "" || d.verdict == verdictTrusted {
		return
	}
	if len(leaf) > e.policy.limits.valueBytes {
		d.keyRule = len(e.policy.rules) + RuleFailClosed
		return
	}
	text := &Decision{byDetector: d.byDetector, regexes: d.regexes, mask: d.mask, firstRule: d.firstRule, alike: d.alike, allowed: true}
	r := e.runs.Get().(*Run)
	defer func() { d.broken = r.End().Panics > 0 }()
	// A key that could not be judged is as good as a hit: a key is as long as its
	// sender likes, and a panicking detector proves nothing.
	r.scan(l, text, leaf)
	r.settle(leaf)
	for i := range r.picks {
		if h := &r.picks[i]; d.keyRule < 0 || int(h.rule) < d.keyRule {
			d.keyRule, d.keyDetector = int(h.rule), int(h.detector)
		}
	}
}

func (r *rule) names(path, leaf string) bool {
	return r.keys.names(path, leaf) && !r.except.names(path, leaf)
}

// spared reports whether a match is one of the allowed values.
func (e *Engine) spared(match string) bool {
	if len(e.spare) > 0 {
		if _, ok := e.spare[match]; ok {
			return true
		}
	}
	for _, re := range e.policy.spareRegex {
		if re.MatchString(match) {
			return true
		}
	}
	return false
}
