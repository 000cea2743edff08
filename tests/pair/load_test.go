package pair

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/gateway"
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
	source := gateway.NewSpans(2)
	var l load
	for l.spans < spans {
		td := ptrace.NewTraces()
		n := min(spansEach, spans-l.spans)
		source.Resource(td, n)
		l.spans += n
		l.bytes += int64((&ptrace.ProtoMarshaler{}).TracesSize(td))
		l.requests = append(l.requests, ptraceotlp.NewExportRequestFromTraces(td))
	}
	return l
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
