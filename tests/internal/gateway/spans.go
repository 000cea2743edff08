// Package gateway makes telemetry that looks like what a gateway receives.
package gateway

import (
	"fmt"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

var routes = []string{"/cart", "/checkout", "/login", "/search", "/product/{id}", "/health"}

// Spans makes resources of spans with a handful of attributes each, about 250
// bytes a span. Two of the same seed make the same but for the times.
type Spans struct {
	random *rand.Rand
	start  time.Time
	made   int // resources
}

// NewSpans starts now.
func NewSpans(seed uint64) *Spans {
	return &Spans{random: rand.New(rand.NewPCG(1, seed)), start: time.Now()}
}

// Resource appends one resource, a pod of one of 20 services, with n spans.
func (s *Spans) Resource(td ptrace.Traces, n int) {
	rs := td.ResourceSpans().AppendEmpty()
	service := fmt.Sprintf("service-%d", s.made%20)
	attrs := rs.Resource().Attributes()
	attrs.PutStr("service.name", service)
	attrs.PutStr("k8s.pod.name", fmt.Sprintf("%s-%08x", service, s.random.Uint32()))
	attrs.PutStr("host.name", fmt.Sprintf("node-%d", s.made%7))
	s.made++
	list := rs.ScopeSpans().AppendEmpty().Spans()
	for range n {
		s.fill(list.AppendEmpty())
	}
}

func (s *Spans) fill(span ptrace.Span) {
	var trace pcommon.TraceID
	var id pcommon.SpanID
	for i := range trace {
		trace[i] = byte(s.random.Uint32())
	}
	for i := range id {
		id[i] = byte(s.random.Uint32())
	}
	span.SetTraceID(trace)
	span.SetSpanID(id)
	span.SetName("GET " + routes[s.random.IntN(len(routes))])
	span.SetKind(ptrace.SpanKindServer)
	at := s.start.Add(time.Duration(s.random.IntN(1e9)))
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Duration(s.random.IntN(1e8)))))
	a := span.Attributes()
	a.PutStr("http.request.method", "GET")
	a.PutStr("url.path", routes[s.random.IntN(len(routes))])
	a.PutInt("http.response.status_code", int64(200+s.random.IntN(4)))
	a.PutStr("client.address", fmt.Sprintf("10.0.%d.%d", s.random.IntN(256), s.random.IntN(256)))
	a.PutStr("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)")
}
