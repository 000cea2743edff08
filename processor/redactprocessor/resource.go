package redactprocessor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/xpdata/entity"

	"github.com/sealed-otel/otelcol-sealed/redact"
)

// resource redacts a resource and reports whether its items are to be dropped.
func (w *walker) resource(r pcommon.Resource) bool {
	// The tenant is read while its attribute is still in clear.
	for i, key := range w.tenants {
		v, ok := r.Attributes().Get(key)
		text := ""
		if ok {
			text = v.AsString()
		}
		w.run.Tenant(i, text, ok)
	}
	w.item()
	visitPlace(w, &resourcePlace, r)
	if w.scans.Has(redact.ResourceEntity) {
		refs := entity.ResourceEntityRefs(r)
		for i := range refs.Len() {
			w.entity(refs.At(i))
		}
	}
	return w.drop
}

func (w *walker) entity(e entity.EntityRef) {
	visitPlace(w, &entityPlace, e)
	for i := range entityLists {
		keys := entityLists[i].get(e)
		for k := range keys.Len() {
			if s, changed := w.text(redact.ResourceEntity, keys.At(k)); changed {
				keys.SetAt(k, s)
			}
		}
	}
}

// scope redacts an instrumentation scope and reports whether its items are to
// be dropped.
func (w *walker) scope(s pcommon.InstrumentationScope) bool {
	w.item()
	visitPlace(w, &scopePlace, s)
	return w.drop
}
