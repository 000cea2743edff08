package ssekmsexporter

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// tracesBatch is a range of resources in traces.
type tracesBatch struct {
	data   ptrace.Traces
	lo, hi int
}

func newTracesBatch(data ptrace.Traces) tracesBatch {
	return tracesBatch{data: data, hi: data.ResourceSpans().Len()}
}

func (tracesBatch) signal() string { return signalTraces }

func (b tracesBatch) resources() int { return b.hi - b.lo }

func (b tracesBatch) resourceRecords(i int) int {
	n := 0
	scopes := b.data.ResourceSpans().At(b.lo + i).ScopeSpans()
	for s := range scopes.Len() {
		n += scopes.At(s).Spans().Len()
	}
	return n
}

func (b tracesBatch) earliest(lo, hi int) pcommon.Timestamp {
	var first pcommon.Timestamp
	for i := b.lo + lo; i < b.lo+hi; i++ {
		scopes := b.data.ResourceSpans().At(i).ScopeSpans()
		for s := range scopes.Len() {
			items := scopes.At(s).Spans()
			for r := range items.Len() {
				first = earlier(first, spanTime(items.At(r)))
			}
		}
	}
	return first
}

func (b tracesBatch) marshal(m marshaler, s *scratch, lo, hi int) ([]byte, error) {
	if b.lo+lo == 0 && b.lo+hi == b.data.ResourceSpans().Len() {
		return m.marshalTraces(b.data, s)
	}
	part := s.tracesOf(hi - lo)
	for i := lo; i < hi; i++ {
		b.data.ResourceSpans().At(b.lo + i).MoveTo(part.ResourceSpans().At(i - lo))
	}
	// Also after a panic in the marshaler: what is not moved back would be lost
	// with the next attempt.
	defer func() {
		for i := lo; i < hi; i++ {
			part.ResourceSpans().At(i - lo).MoveTo(b.data.ResourceSpans().At(b.lo + i))
		}
	}()
	return m.marshalTraces(part, s)
}

func (b tracesBatch) halve() (batch, batch, bool) {
	if n := b.resources(); n > 1 {
		mid := b.lo + n/2
		return tracesBatch{data: b.data, lo: b.lo, hi: mid}, tracesBatch{data: b.data, lo: mid, hi: b.hi}, true
	}
	n := records(b)
	if n < 2 {
		return nil, nil, false
	}
	return newTracesBatch(b.only(0, n/2)), newTracesBatch(b.only(n/2, n)), true
}

// only copies the single resource of the range with its records [from, to).
func (b tracesBatch) only(from, to int) ptrace.Traces {
	part := ptrace.NewTraces()
	b.data.ResourceSpans().At(b.lo).CopyTo(part.ResourceSpans().AppendEmpty())
	at := 0
	scopes := part.ResourceSpans().At(0).ScopeSpans()
	for s := range scopes.Len() {
		scopes.At(s).Spans().RemoveIf(func(ptrace.Span) bool {
			at++
			return at <= from || at > to
		})
	}
	scopes.RemoveIf(func(s ptrace.ScopeSpans) bool { return s.Spans().Len() == 0 })
	return part
}
