package pair

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

const (
	// spansEach is the most that an SDK's batch processor puts into a request
	// by default (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).
	spansEach = 512
	senders   = 4
)

// load is a fixed list of requests, the same for every collector.
type load struct {
	requests []ptraceotlp.ExportRequest
	spans    int
	bytes    int64 // of OTLP
}

func newLoad(spans int) load {
	random := rand.New(rand.NewPCG(1, 2))
	routes := []string{"/cart", "/checkout", "/login", "/search", "/product/{id}", "/health"}
	start := time.Now()
	var l load
	for r := 0; l.spans < spans; r++ {
		td := ptrace.NewTraces()
		rs := td.ResourceSpans().AppendEmpty()
		attrs := rs.Resource().Attributes()
		attrs.PutStr("service.name", fmt.Sprintf("service-%d", r%20))
		attrs.PutStr("k8s.pod.name", fmt.Sprintf("service-%d-%08x", r%20, random.Uint32()))
		attrs.PutStr("host.name", fmt.Sprintf("node-%d", r%7))
		list := rs.ScopeSpans().AppendEmpty().Spans()
		for range min(spansEach, spans-l.spans) {
			fillSpan(list.AppendEmpty(), random, routes, start)
			l.spans++
		}
		l.bytes += int64((&ptrace.ProtoMarshaler{}).TracesSize(td))
		l.requests = append(l.requests, ptraceotlp.NewExportRequestFromTraces(td))
	}
	return l
}

func fillSpan(span ptrace.Span, random *rand.Rand, routes []string, start time.Time) {
	var trace pcommon.TraceID
	var id pcommon.SpanID
	for i := range trace {
		trace[i] = byte(random.Uint32())
	}
	for i := range id {
		id[i] = byte(random.Uint32())
	}
	span.SetTraceID(trace)
	span.SetSpanID(id)
	span.SetName("GET " + routes[random.IntN(len(routes))])
	span.SetKind(ptrace.SpanKindServer)
	at := start.Add(time.Duration(random.IntN(1e9)))
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(time.Duration(random.IntN(1e8)))))
	a := span.Attributes()
	a.PutStr("http.request.method", "GET")
	a.PutStr("url.path", routes[random.IntN(len(routes))])
	a.PutInt("http.response.status_code", int64(200+random.IntN(4)))
	a.PutStr("client.address", fmt.Sprintf("10.0.%d.%d", random.IntN(256), random.IntN(256)))
	a.PutStr("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)")
}

// send delivers every request over one mutual TLS connection and returns when
// all are acknowledged. A refused request is an error: both collectors have to
// take all of it.
func (l load) send(ctx context.Context, address string, config *tls.Config) error {
	connection, err := sender.Dial(address, config)
	if err != nil {
		return err
	}
	defer connection.Close() // every answer is in
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range senders {
		workers.Go(func() {
			client := ptraceotlp.NewGRPCClient(connection)
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(l.requests) {
					return
				}
				answer, err := client.Export(ctx, l.requests[i])
				if err == nil && answer.PartialSuccess().RejectedSpans() != 0 {
					err = fmt.Errorf("%d spans rejected", answer.PartialSuccess().RejectedSpans())
				}
				if err != nil {
					cancel(fmt.Errorf("request %d: %w", i, err))
					return
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
