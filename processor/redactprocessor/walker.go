package redactprocessor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sealed-otel/otelcol-sealed/redact"
)

// walker visits the values of one batch. It is scratch for one goroutine and
// holds its own scratch, so that walking allocates nothing.
type walker struct {
	run     *redact.Run
	nesting int
	tenants []string
	summary bool
	scans   redact.LocationSet

	loc    redact.Location
	parent *redact.Decision
	depth  int
	// drop is set by a rule that drops the item that is being walked.
	drop bool
	// changed is set by everything that rewrites or removes.
	changed bool
	// merged counts points whose identity was rewritten.
	merged int64
	bytes  []byte
	rules  []string

	// gone are the places of the entries to remove, of the map that is being
	// walked behind those of the maps around it.
	gone    []int
	place   int
	removed int
	isGone  func(string, pcommon.Value) bool
}

func newWalker(e *redact.Engine) *walker {
	w := &walker{
		nesting: e.Policy().Nesting(), tenants: e.TenantKeys(),
		summary: e.Policy().Summary() && e.Policy().Mode() != redact.Report, scans: e.Policy().Locations(),
	}
	w.isGone = func(string, pcommon.Value) bool {
		gone := w.removed < len(w.gone) && w.gone[w.removed] == w.place
		if gone {
			w.removed++
		}
		w.place++
		return gone
	}
	return w
}

func (w *walker) begin(r *redact.Run) { w.run, w.merged = r, 0 }

func (w *walker) end() {
	w.run = nil
	clear(w.rules)
	if cap(w.bytes) > 1<<16 {
		w.bytes = nil
	}
}

// item begins a span, record or point.
func (w *walker) item() {
	w.drop, w.changed = false, false
	w.run.Item()
}

// attributes walks a map at a location. It stops early once the item is to be
// dropped.
func (w *walker) attributes(l redact.Location, m pcommon.Map) {
	if m.Len() == 0 || !w.scans.Has(l) || w.drop {
		return
	}
	w.loc, w.parent, w.depth = l, nil, 0
	w.entries(m)
}

// entries judges the entries of a map and removes those that have to go. It
// stops early once the item is to be dropped.
func (w *walker) entries(m pcommon.Map) {
	first, place := len(w.gone), 0
	for key, v := range m.All() {
		var d *redact.Decision
		var kind redact.Kind
		if w.parent == nil {
			d, kind = w.run.Key(w.loc, key)
		} else {
			d, kind = w.run.Child(w.loc, w.parent, key)
		}
		if len(key) == len("value") && redact.IsPairValue(key) {
			d = w.paired(m, d)
		}
		switch {
		case kind == redact.DropItem:
			w.drop = true
		case kind == redact.RemoveValue:
			w.changed = true
			w.gone = append(w.gone, place)
		case w.value(d, v):
			w.gone = append(w.gone, place)
		}
		if w.drop {
			break
		}
		place++
	}
	if len(w.gone) > first {
		w.place, w.removed = 0, first
		m.RemoveIf(w.isGone)
		w.gone = w.gone[:first]
	}
}

// maxPair is the most entries of a map that is taken for a name and its value.
const maxPair = 16

// paired is the decision for the value of m, which d is by its own key: what m
// names it says more.
func (w *walker) paired(m pcommon.Map, d *redact.Decision) *redact.Decision {
	if m.Len() > maxPair {
		return d
	}
	for key, v := range m.All() {
		if v.Type() == pcommon.ValueTypeStr && redact.IsPairName(key) {
			d = w.run.Paired(w.loc, d, v.Str())
		}
	}
	return d
}

// value judges a value under a key's decision, rewrites it in place, and
// reports whether it is to be removed.
func (w *walker) value(d *redact.Decision, v pcommon.Value) bool {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		if o := w.run.String(w.loc, d, v.Str()); o.Kind != redact.Keep {
			return w.apply(o, v)
		}
	case pcommon.ValueTypeInt:
		if o := w.run.Int(w.loc, d, v.Int()); o.Kind != redact.Keep {
			return w.apply(o, v)
		}
	case pcommon.ValueTypeDouble:
		if o := w.run.Float(w.loc, d, v.Double()); o.Kind != redact.Keep {
			return w.apply(o, v)
		}
	case pcommon.ValueTypeBool:
		return w.apply(w.run.Bool(w.loc, d, v.Bool()), v)
	case pcommon.ValueTypeBytes:
		b := v.Bytes()
		w.bytes = w.bytes[:0]
		for i := range b.Len() {
			w.bytes = append(w.bytes, b.At(i))
		}
		return w.apply(w.run.Bytes(w.loc, d, w.bytes), v)
	case pcommon.ValueTypeMap, pcommon.ValueTypeSlice:
		return w.nested(d, v)
	case pcommon.ValueTypeEmpty:
		return w.empty(d, v)
	}
	return false
}

// empty judges what holds nothing: a rule that removes or drops by the key does so
// whatever is under it.
func (w *walker) empty(d *redact.Decision, v pcommon.Value) bool {
	return w.apply(w.run.String(w.loc, d, ""), v)
}

func (w *walker) nested(d *redact.Decision, v pcommon.Value) bool {
	if d.Trusted() {
		return false
	}
	if w.depth >= w.nesting {
		return w.apply(w.run.TooDeep(w.loc, d), v)
	}
	w.depth++
	defer func() { w.depth-- }()
	if v.Type() == pcommon.ValueTypeSlice {
		if v.Slice().Len() == 0 {
			return w.empty(d, v)
		}
		return w.slice(d, v.Slice())
	}
	if d.Whole() {
		return w.apply(w.run.Map(w.loc, d), v)
	}
	outer := w.parent
	w.parent = d
	w.entries(v.Map())
	w.parent = outer
	return false
}

// slice judges the elements of an array. An element that is to be removed
// leaves a text, so that the others keep their places.
func (w *walker) slice(d *redact.Decision, s pcommon.Slice) bool {
	previous := ""
	for i := range s.Len() {
		e := s.At(i)
		text := ""
		if e.Type() == pcommon.ValueTypeStr {
			text = e.Str()
		}
		ed := d
		if previous != "" {
			ed = w.run.Neighbour(w.loc, d, previous)
		}
		if w.value(ed, e) {
			if d.Whole() {
				return true
			}
			e.SetStr(redact.RemovedText)
		}
		if w.drop {
			return false
		}
		previous = text
	}
	return false
}

// apply carries out an outcome and reports a removal.
func (w *walker) apply(o redact.Outcome, v pcommon.Value) bool {
	switch o.Kind {
	case redact.Keep:
		return false
	case redact.SetText:
		if v.Type() == pcommon.ValueTypeBytes {
			v.SetEmptyBytes().FromRaw([]byte(o.Text))
		} else {
			v.SetStr(o.Text)
		}
	case redact.SetInt:
		v.SetInt(o.Int)
	case redact.SetFloat:
		v.SetDouble(o.Float)
	case redact.DropItem:
		w.drop = true
		return false
	}
	w.changed = true
	return o.Kind == redact.RemoveValue
}

// text judges a text field and returns what it becomes.
func (w *walker) text(l redact.Location, s string) (string, bool) {
	if s == "" || !w.scans.Has(l) || w.drop {
		return s, false
	}
	var o redact.Outcome
	if l == redact.SpanTraceState || l == redact.SpanLinkTraceState {
		o = w.run.TraceState(l, s)
	} else {
		o = w.run.String(l, w.run.Plain(l), s)
	}
	switch o.Kind {
	case redact.Keep:
		return s, false
	case redact.DropItem:
		w.drop = true
		return s, false
	}
	w.changed = true
	return o.Text, true
}

// body judges a log body, which is a value without a key.
func (w *walker) body(v pcommon.Value) {
	if !w.scans.Has(redact.LogBody) || w.drop {
		return
	}
	w.loc, w.parent, w.depth = redact.LogBody, nil, 0
	var removed bool
	if d := w.run.Plain(redact.LogBody); v.Type() == pcommon.ValueTypeMap && !d.Whole() {
		w.entries(v.Map())
	} else {
		removed = w.value(d, v)
	}
	if removed {
		v.SetStr(redact.RemovedText)
	}
}

// summarize writes what was done to the item into its attributes.
func (w *walker) summarize(m pcommon.Map) {
	if !w.summary {
		return
	}
	n, rules := w.run.Summary(w.rules[:0])
	w.rules = rules
	if n == 0 {
		return
	}
	m.PutInt(redact.SummaryCount, int64(n))
	s := m.PutEmptySlice(redact.SummaryRules)
	s.EnsureCapacity(len(rules))
	for _, r := range rules {
		s.AppendEmpty().SetStr(r)
	}
}
