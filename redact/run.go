package redact

import "hash"

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
	texts  slab
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
	recent [recentKeys]recentKey
	at     uint
	// itemRules has a bit for each rule that acted on the item.
	itemRules []uint64
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
		e:         e,
		macs:      make([]hash.Hash, len(e.policy.rules)),
		tenants:   make([]tenant, len(e.tenants)),
		counts:    map[countKey]int64{},
		itemRules: make([]uint64, (len(e.policy.rules)+numPseudoRules)/64+1),
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
func (r *Run) Item() {
	r.at = 0
	if r.item > 0 {
		r.item = 0
		clear(r.itemRules)
	}
}

// Summary returns how many values were redacted since [Run.Item] and appends
// the names of the rules to names.
func (r *Run) Summary(names []string) (int, []string) {
	for i := range r.e.policy.rules {
		if r.itemRules[i/64]>>(i%64)&1 != 0 {
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
	if len(key) > maxKey {
		d := r.e.tooLong[l]
		return d, r.keyKind(l, d)
	}
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
	if len(parent.path)+1+len(key) > maxKey {
		d := r.e.tooLong[l]
		return d, r.keyKind(l, d)
	}
	r.path = append(r.path[:0], parent.path...)
	if len(r.path) > 0 {
		r.path = append(r.path, '.')
	}
	r.path = append(r.path, key...)
	d, _ := r.e.keyedChild(l, parent, r.path, key)
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
		if d.tooLong {
			r.tally.Limits++
		}
		if d.broken {
			r.tally.Panics++
		}
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
	r.itemRules[rule/64] |= 1 << (rule % 64)
}
