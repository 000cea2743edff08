package redactprocessor

import (
	"context"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

func (p *signalProcessor) processTraces(ctx context.Context, td ptrace.Traces) (ptrace.Traces, error) {
	w, began := p.begin()
	td.ResourceSpans().RemoveIf(w.resourceSpans)
	p.end(ctx, w, began)
	return td, nil
}

func (w *walker) resourceSpans(rs ptrace.ResourceSpans) bool {
	if w.resource(rs.Resource()) {
		return true
	}
	visitPlace(w, &resourceSpansPlace, rs)
	if w.drop {
		return true
	}
	empty := rs.ScopeSpans().Len() == 0
	rs.ScopeSpans().RemoveIf(w.scopeSpans)
	return !empty && rs.ScopeSpans().Len() == 0
}

func (w *walker) scopeSpans(ss ptrace.ScopeSpans) bool {
	if w.scope(ss.Scope()) {
		return true
	}
	visitPlace(w, &scopeSpansPlace, ss)
	if w.drop {
		return true
	}
	empty := ss.Spans().Len() == 0
	ss.Spans().RemoveIf(w.span)
	return !empty && ss.Spans().Len() == 0
}

func (w *walker) span(s ptrace.Span) bool {
	w.item()
	visitPlace(w, &spanPlace, s)
	for i, events := 0, s.Events(); i < events.Len(); i++ {
		visitPlace(w, &spanEventPlace, events.At(i))
	}
	for i, links := 0, s.Links(); i < links.Len(); i++ {
		visitPlace(w, &spanLinkPlace, links.At(i))
	}
	if w.drop {
		return true
	}
	w.summarize(s.Attributes())
	return false
}
