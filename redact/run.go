package redact

import (
	"hash"
	"math"
	"strconv"
	"unsafe"

	"github.com/sealed-otel/otelcol-sealed/redact/internal/detect"
)

// Kind is what has to happen to a value.
type Kind uint8

const (
	// Keep: nothing.
	Keep Kind = iota
	// SetText: the value becomes Outcome.Text, whatever its type was.
	SetText
	// SetInt and SetFloat: the number becomes Outcome.Int or Outcome.Float.
	SetInt
	SetFloat
	// RemoveValue: the attribute, element or member goes. A place that can't
	// be without text gets Outcome.Text.
	RemoveValue
	// DropItem: the whole span, record or point goes.
	DropItem
)

// Outcome is what has to happen to a value and what it becomes.
type Outcome struct {
	Kind  Kind
	Text  string
	Int   int64
	Float float64
}

// Count is how often a rule acted at a location since the run began.
type Count struct {
	Rule     int // an index into Policy.Rules, or RuleInternal
	Detector int // an index into Engine.Detectors, or -1 for a key or a regex
	Location Location
	N        int64
}

// Tally is what a run did.
type Tally struct {
	Values, Bytes int64
	// Redactions holds what was changed, or would be in report mode.
	Redactions []Count
	// Limits counts values that exceeded a limit, Panics detectors that broke:
	// the value was masked, except in report mode.
	Limits, Panics int64
	// NoTenant counts values that were removed because the resource does not
	// say whose they are.
	NoTenant int64
}

// Pseudo rules of counts: what no rule of the policy did.
const (
	// RuleUnknownKey is the index, counted from the number of rules, of
	// removals by unknown_keys.
	RuleUnknownKey = iota
	// RuleFailClosed is that of limits and panics.
	RuleFailClosed
	numPseudoRules
)

type countKey struct {
	rule, detector int16
	location       Location
}

// hit is a span of a value that a rule applies to.
type hit struct {
	start, end int
	rule       int16
	detector   int16
	spec       uint8
	// opaque marks encoded text: a mask keeps nothing of it.
	opaque bool
	// inner marks a part of a text that a key rule names: remove takes the
	// part, not the attribute.
	inner bool
	// quote marks a JSON value that must become a string, slashes is how many
	// backslashes stand before each of its quotes.
	quote   bool
	slashes uint8
	// silent marks what a loser covers beside a winner: it is left out, the
	// winner's text stands for both.
	silent bool
}

// Run is the scratch of one goroutine at work. It comes from [Engine.Begin]
// and goes back with [Run.End].
type Run struct {
	e      *Engine
	signal Signal
	now    int64

	levels []*level
	hits   []hit // level 0's, plus what failed
	work   int   // that may still be done for the value
	picks  []hit
	own    []extent // pseudonyms and tokens in the value
	buf    []byte
	num    []byte
	path   []byte
	sum    []byte

	macs    []hash.Hash // per rule, keyed for the current tenant
	tenants []tenant

	counts map[countKey]int64
	// latest holds the counts that were not entered in the map yet.
	latest [latestCounts]struct {
		key countKey
		n   int64
	}
	tally Tally
	item  int
	// recent holds the decisions of the last item by the order of its keys; at
	// is the place of the next key.
	recent   [recentKeys]recentKey
	at       uint
	itemRule uint64
	// cold counts, by Decision.id, the values in a row that were not remembered.
	cold [256]uint8
}

// recentKeys is the number of keys of an item whose order is remembered.
const recentKeys = 32

// latestCounts is the number of counts at hand, by detector.
const latestCounts = 16

type recentKey struct {
	path     string // the decision's
	decision *Decision
	location Location
}

type tenant struct {
	value string
	known bool
}

// coldAfter is how many values in a row a decision's memo may not know before
// it is asked for one in coldAfter only: a request's id is never seen again.
const coldAfter = 16

// maxScratch is the size in bytes above which a buffer is not kept for the
// next run.
const maxScratch = 1 << 16

func newRun(e *Engine) *Run {
	return &Run{
		e:       e,
		macs:    make([]hash.Hash, len(e.policy.rules)),
		tenants: make([]tenant, len(e.tenants)),
		counts:  map[countKey]int64{},
	}
}

// Begin lends the scratch for one batch of a signal.
func (e *Engine) Begin(s Signal) *Run {
	r := e.runs.Get().(*Run)
	r.signal = s
	if e.catalog != nil {
		r.now = e.catalog.clock()
	}
	return r
}

// End returns what the run did and takes the scratch back. The tally's slice
// is the caller's.
func (r *Run) End() Tally {
	t := r.tally
	for i := range r.latest {
		if c := &r.latest[i]; c.n > 0 {
			r.counts[c.key] += c.n
			c.n = 0
		}
	}
	if len(r.counts) > 0 {
		t.Redactions = make([]Count, 0, len(r.counts))
		for k, n := range r.counts {
			t.Redactions = append(t.Redactions, Count{int(k.rule), int(k.detector), k.location, n})
		}
		clear(r.counts)
	}
	r.tally = Tally{}
	r.forgetTenants()
	if cap(r.buf) > maxScratch {
		r.buf = nil
	}
	if cap(r.num) > maxScratch {
		r.num = nil
	}
	r.hits = nil
	if cap(r.own) > maxScratch/16 {
		r.own = nil
	}
	if cap(r.picks) > maxScratch/32 {
		r.picks = nil
	}
	for i, lv := range r.levels {
		lv.h.Key = ""
		if cap(lv.decoded) > maxScratch || cap(lv.unfolded.text) > maxScratch || cap(lv.unfolded.seams) > maxScratch/8 || cap(lv.hits) > maxScratch/32 || cap(lv.h.Spans) > maxScratch/32 {
			r.levels[i] = new(level)
		}
	}
	r.e.runs.Put(r)
	return t
}

// Tenant sets the value of the i-th of [Engine.TenantKeys] for the resource
// that follows. It is called before anything of the resource is redacted.
func (r *Run) Tenant(i int, value string, known bool) {
	r.tenants[i] = tenant{value, known && value != ""}
	clear(r.macs)
}

func (r *Run) forgetTenants() {
	if len(r.tenants) > 0 {
		clear(r.tenants)
		clear(r.macs)
	}
}

// Item begins a span, record or point: [Run.Summary] counts from here.
func (r *Run) Item() { r.item, r.itemRule, r.at = 0, 0, 0 }

// Summary returns how many values were redacted since [Run.Item] and appends
// the names of the rules to names.
func (r *Run) Summary(names []string) (int, []string) {
	for i := range r.e.policy.rules {
		if r.itemRule&gateBit(i) != 0 {
			names = append(names, r.e.policy.rules[i].name)
		}
	}
	return r.item, names
}

// Plain returns the decision for a place without a key.
func (r *Run) Plain(l Location) *Decision { return r.e.plain[l] }

// Key returns the decision for an attribute key and what the key alone says:
// Keep, RemoveValue (unknown keys, or a hit in the key's own text) or DropItem.
func (r *Run) Key(l Location, key string) (*Decision, Kind) {
	// Items of a batch tend to have the same keys in the same order.
	next := &r.recent[r.at%recentKeys]
	r.at++
	d := next.decision
	if d == nil || next.location != l || next.path != key {
		d = r.e.keyed(l, key)
		*next = recentKey{d.path, d, l}
	}
	if d.quiet {
		return d, Keep
	}
	return d, r.keyKind(l, d)
}

// Child is Key for a key of the map under parent, which the walker reached by
// the dotted path of parent's decisions.
func (r *Run) Child(l Location, parent *Decision, key string) (*Decision, Kind) {
	r.path = append(r.path[:0], parent.path...)
	if len(r.path) > 0 {
		r.path = append(r.path, '.')
	}
	r.path = append(r.path, key...)
	d := r.e.keyedChild(l, parent, r.path, key)
	return d, r.keyKind(l, d)
}

func (r *Run) keyKind(l Location, d *Decision) Kind {
	if d.entry != nil {
		d.entry.see(r.signal, r.now)
	}
	if d.verdict == verdictUnknown {
		return r.done(l, len(r.e.policy.rules)+RuleUnknownKey, -1, RemoveValue)
	}
	if d.keyRule >= 0 {
		kind := RemoveValue
		if d.keyRule < len(r.e.policy.rules) && r.e.policy.rules[d.keyRule].action.verb == Drop {
			kind = DropItem
		}
		return r.done(l, d.keyRule, d.keyDetector, kind)
	}
	return Keep
}

// done counts an act and returns it, or Keep in report mode.
func (r *Run) done(l Location, rule, detector int, k Kind) Kind {
	r.count(l, rule, detector)
	if r.e.policy.mode == Report {
		return Keep
	}
	return k
}

func (r *Run) count(l Location, rule, detector int) {
	key := countKey{int16(rule), int16(detector), l}
	c := &r.latest[uint(detector)%latestCounts]
	if c.key != key {
		if c.n > 0 {
			r.counts[c.key] += c.n
		}
		c.key, c.n = key, 0
	}
	c.n++
	r.item++
	r.itemRule |= gateBit(rule)
}

// String judges a text.
func (r *Run) String(l Location, d *Decision, s string) Outcome {
	switch d.verdict {
	case verdictTrusted:
		return Outcome{}
	case verdictRule:
		return r.acted(l, d, s, true)
	}
	if s == "" {
		return Outcome{}
	}
	r.tally.Values++
	r.tally.Bytes += int64(len(s))
	// The identifier of a request or a pod is new each time.
	if d.plain && (len(s) < minValue || detect.IsUUID(s)) {
		return Outcome{}
	}
	cold := &r.cold[d.id]
	remember := len(s) <= maxMemo && (*cold < coldAfter || *cold%coldAfter == 0)
	if remember && d.memo.holds(s) {
		*cold = 0
		return Outcome{}
	}
	if r.scan(l, d, s) || len(r.hits) > 0 {
		return r.acted(l, d, s, false)
	}
	if remember {
		d.memo.clean(r.e.seed, s)
	}
	if *cold++; *cold == 0 {
		*cold = coldAfter
	}
	return Outcome{}
}

// acted applies a key rule to the whole text, or the rules to the hits in it. A
// panic on the way removes the value.
func (r *Run) acted(l Location, d *Decision, s string, whole bool) (o Outcome) {
	done := false
	defer func() {
		if done {
			return
		}
		_ = recover() // it may hold a part of the value
		r.tally.Panics++
		r.count(l, len(r.e.policy.rules)+RuleFailClosed, -1)
		o = Outcome{}
		if r.e.policy.mode != Report {
			o = Outcome{Kind: RemoveValue, Text: redactedText}
		}
	}()
	if whole {
		o = r.whole(l, d, s)
	} else {
		o = r.resolve(l, d, s)
	}
	done = true
	return o
}

// Int judges a whole number.
func (r *Run) Int(l Location, d *Decision, v int64) Outcome {
	switch d.verdict {
	case verdictTrusted:
		return Outcome{}
	case verdictRule:
		if a := &r.e.policy.rules[d.rule].action; a.verb == Bucket {
			return r.bucket(l, d, float64(v), true)
		}
	default:
		r.tally.Values++
		r.tally.Bytes += 8
		// The shortest number that a detector knows by itself has seven digits.
		if v < 1_000_000 && v > -1_000_000 && d.plain {
			return Outcome{}
		}
		r.tally.Values--
		r.tally.Bytes -= 8
	}
	r.num = strconv.AppendInt(r.num[:0], v, 10)
	return r.String(l, d, view(r.num))
}

// Float judges a double. It is read without an exponent, as people write it.
func (r *Run) Float(l Location, d *Decision, v float64) Outcome {
	switch d.verdict {
	case verdictTrusted:
		return Outcome{}
	case verdictRule:
		if a := &r.e.policy.rules[d.rule].action; a.verb == Bucket {
			return r.bucket(l, d, v, false)
		}
	default:
		if v != math.Trunc(v) || math.Abs(v) < 1_000_000 || math.Abs(v) > 1e20 {
			if d.plain || math.IsNaN(v) || math.IsInf(v, 0) {
				r.tally.Values++
				r.tally.Bytes += 8
				return Outcome{}
			}
		}
	}
	r.num = strconv.AppendFloat(r.num[:0], v, 'f', -1, 64)
	return r.String(l, d, view(r.num))
}

// Bool judges a boolean: only a key rule can name it.
func (r *Run) Bool(l Location, d *Decision, v bool) Outcome {
	if d.verdict != verdictRule {
		return Outcome{}
	}
	return r.acted(l, d, strconv.FormatBool(v), true)
}

// Bytes judges bytes. The outcome's text holds bytes too. The slice is not
// kept.
func (r *Run) Bytes(l Location, d *Decision, b []byte) Outcome {
	return r.String(l, d, view(b))
}

// minValue is the length in bytes of the shortest text in which a detector
// finds anything: a@b.co.
const minValue = 6

// view reads bytes as a string while nothing writes to them.
func view(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b)) //nolint:gosec // read only, and not kept beyond the call
}

// scan collects the hits of s. It reports a value that must be masked from
// somewhere on because a limit or a panic kept it from being judged.
func (r *Run) scan(l Location, d *Decision, s string) (failed bool) {
	judged := false
	defer func() {
		if !judged {
			_ = recover() // it may hold a part of the value
			r.tally.Panics++
			r.hits = append(r.level(0).hits[:0], r.unjudged(0, len(s))) //nolint:gocritic // the scratch of level 0 is what r.hits is made of
			failed = true
		}
	}()
	r.work = workFor(s)
	if len(s) <= r.e.policy.limits.valueBytes {
		r.hits = r.scanText(l, d, s, 0)
		judged = true
		return false
	}
	// What begins before the limit is read beyond it: half a card number in
	// clear would be a leak.
	limit := r.e.policy.limits.valueBytes
	r.tally.Limits++
	r.hits = append(r.scanText(l, d, s[:min(len(s), limit+overlap)], 0), r.unjudged(limit, len(s)))
	judged = true
	return true
}

// A value made of nothing but beginnings of sensitive values would keep a
// pipeline busy for a third of a second a megabyte. The work on one value is
// bounded, in looks of a detector, so that a megabyte takes less than 10 ms;
// what is left of a value at the bound is masked. Ordinary text comes to it at
// about 900 KB of log lines, 380 KB of JSON, 180 KB of JSON in a JSON string.
const (
	freeWork  = 1 << 16
	workBytes = 16
)

func workFor(s string) int { return detect.Look * (freeWork + len(s)/workBytes) }

// overlap is how far beyond the limit a value is read, in bytes.
const overlap = 4096

// unjudged is the hit of bytes that no detector could judge.
func (r *Run) unjudged(start, end int) hit {
	return hit{start: start, end: end, rule: int16(len(r.e.policy.rules) + RuleFailClosed), detector: -1, spec: 255, opaque: true}
}

func (r *Run) scanRegexes(lv *level, d *Decision, s string) {
	pass := r.e.gate.pass(s) & d.mask
	if pass == 0 {
		return
	}
	for n, i := range r.e.regexes {
		if pass&gateBit(n) == 0 || !contains(d.regexes, i) {
			continue
		}
		for _, m := range r.e.policy.rules[i].regex.FindAllStringIndex(s, maxHits+1) { // one more than is settled: beyond it, all goes
			lv.hits = append(lv.hits, hit{start: m[0], end: m[1], rule: int16(i), detector: -1, spec: detect.Broad})
		}
	}
}

func contains(list []int, v int) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}
