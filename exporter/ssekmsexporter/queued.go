package ssekmsexporter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/xpdata/pref"
	"go.opentelemetry.io/collector/pdata/xpdata/request"
	"google.golang.org/protobuf/encoding/protowire"
)

// queued is telemetry on its way through the queue, with its size beside it.
//
// exporterhelper's own request measures itself anew each time it is asked, and
// a batch by bytes asks for the size of the whole batch with every request that
// joins it: a third of the collector's CPU time at 8 MiB a batch, and more the
// larger the batch is. The size of two merged messages is the sum of their
// sizes, because they hold one repeated field and nothing else.
//
// What comes from a persistent queue stays in the form it had there until it is
// sent: a batch that fills up takes a third of the memory that way, and the
// uploads decode side by side what the queue's single reader would decode alone.
//
// It is never split: a part that is larger than the limit would be dropped.
// upload::max_object_bytes bounds objects instead.
type queued[D any] struct {
	kind *queuedKind[D]
	data D
	// stored is set for a request from a persistent queue. It never changes: the
	// queue looks at it while another goroutine sends what was merged into it.
	stored bool
	// parts are messages in the stored form. Where there are any, data is empty.
	parts [][]byte
	// items and bytes are -1 until they are asked for. A request has one owner
	// at a time, and the queue's locks stand between them.
	items, bytes int
	// lost counts the records that turned out to be undecodable.
	lost int
	// settled is what of it was stored before it is tried again.
	settled settled
}

var _ xexporterhelper.Request = (*queued[ptrace.Traces])(nil)

// queuedKind is what differs between the signals.
type queuedKind[D any] struct {
	items, bytes func(D) int
	// join moves everything behind what dst holds.
	join func(dst, src D)
	// marshal and unmarshal are the form on the disk, which carries the
	// context. It is exporterhelper's own form: a queue on disk stays readable
	// whichever exporter filled it.
	marshal   func(context.Context, D) ([]byte, error)
	unmarshal func([]byte) (context.Context, D, error)
	// bare reads the older form, without a context.
	bare       func([]byte) (D, error)
	empty      func() D
	path       [][]protowire.Number // to the records
	ref, unref func(D)
}

func (k *queuedKind[D]) of(data D) *queued[D] {
	return &queued[D]{kind: k, data: data, items: -1, bytes: -1}
}

var (
	queuedTraces = &queuedKind[ptrace.Traces]{
		items: ptrace.Traces.SpanCount, bytes: (&ptrace.ProtoMarshaler{}).TracesSize,
		join: func(dst, src ptrace.Traces) {
			src.ResourceSpans().MoveAndAppendTo(dst.ResourceSpans())
		},
		marshal: request.MarshalTraces, unmarshal: request.UnmarshalTraces,
		bare:  (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces,
		empty: ptrace.NewTraces, path: pathOfSpans,
		ref: pref.RefTraces, unref: pref.UnrefTraces,
	}
	queuedMetrics = &queuedKind[pmetric.Metrics]{
		items: pmetric.Metrics.DataPointCount, bytes: (&pmetric.ProtoMarshaler{}).MetricsSize,
		join: func(dst, src pmetric.Metrics) {
			src.ResourceMetrics().MoveAndAppendTo(dst.ResourceMetrics())
		},
		marshal: request.MarshalMetrics, unmarshal: request.UnmarshalMetrics,
		bare:  (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics,
		empty: pmetric.NewMetrics, path: pathOfPoints,
		ref: pref.RefMetrics, unref: pref.UnrefMetrics,
	}
	queuedLogs = &queuedKind[plog.Logs]{
		items: plog.Logs.LogRecordCount, bytes: (&plog.ProtoMarshaler{}).LogsSize,
		join: func(dst, src plog.Logs) {
			src.ResourceLogs().MoveAndAppendTo(dst.ResourceLogs())
		},
		marshal: request.MarshalLogs, unmarshal: request.UnmarshalLogs,
		bare:  (&plog.ProtoUnmarshaler{}).UnmarshalLogs,
		empty: plog.NewLogs, path: pathOfLogs,
		ref: pref.RefLogs, unref: pref.UnrefLogs,
	}
)

// ItemsCount is the number of spans, data points or log records.
func (q *queued[D]) ItemsCount() int {
	if q.items < 0 {
		q.items = q.kind.items(q.data)
	}
	return q.items
}

// BytesSize is the size as OTLP protobuf.
func (q *queued[D]) BytesSize() int {
	if q.bytes < 0 {
		q.bytes = q.kind.bytes(q.data)
	}
	return q.bytes
}

// MergeSplit joins other, if there is one, and never splits.
func (q *queued[D]) MergeSplit(_ context.Context, _ int, sizer exporterhelper.RequestSizerType, other xexporterhelper.Request) ([]xexporterhelper.Request, error) {
	if other == nil {
		return []xexporterhelper.Request{q}, nil
	}
	next, ok := other.(*queued[D])
	if !ok {
		return nil, fmt.Errorf("merge requests: unexpected %T", other)
	}
	items, size := q.ItemsCount()+next.ItemsCount(), -1
	if sizer == exporterhelper.RequestSizerTypeBytes || (q.bytes >= 0 && next.bytes >= 0) {
		size = q.BytesSize() + next.BytesSize()
	}
	if (len(q.parts) == 0) != (len(next.parts) == 0) {
		q.decode()
		next.decode()
	}
	q.kind.join(q.data, next.data)
	q.parts, next.parts = append(q.parts, next.parts...), nil
	q.lost, next.lost = q.lost+next.lost, 0
	q.settled = nil // other parts
	q.items, q.bytes = items, size
	next.items, next.bytes = 0, 0
	return []xexporterhelper.Request{q}, nil
}

// decode turns the stored form into pdata for good.
func (q *queued[D]) decode() {
	q.data = q.open()
	q.parts = nil
}

// open returns the telemetry as pdata. What is stored is decoded anew each time:
// nothing here keeps it decoded while it is sent. A part that is none is taken
// out and counted: it can never be sent, and the rest of the batch can.
func (q *queued[D]) open() D {
	if len(q.parts) == 0 {
		return q.data
	}
	whole := q.kind.empty()
	q.parts = slices.DeleteFunc(q.parts, func(part []byte) bool {
		data, err := q.kind.bare(part)
		if err != nil {
			n, _ := countRecords(part, q.kind.path) // counted once before
			q.lost += n
			q.items -= n
			q.bytes -= len(part)
			return true
		}
		q.kind.join(whole, data)
		return false
	})
	return whole
}

// queueEncoding is the form of a request in a persistent queue.
type queueEncoding[D any] struct{ kind *queuedKind[D] }

// Marshal writes a request and the client's metadata.
func (c queueEncoding[D]) Marshal(ctx context.Context, r xexporterhelper.Request) ([]byte, error) {
	q, ok := r.(*queued[D])
	if !ok {
		return nil, fmt.Errorf("queue a request: unexpected %T", r)
	}
	q.decode()
	return c.kind.marshal(ctx, q.data)
}

// Unmarshal reads what Marshal wrote. The telemetry is decoded later, if its
// records can be counted; what is damaged further out is an error now.
func (c queueEncoding[D]) Unmarshal(doc []byte) (context.Context, xexporterhelper.Request, error) {
	if telemetry, rest, ok := splitStored(doc); ok {
		if n, err := countRecords(telemetry, c.kind.path); err == nil {
			if ctx, _, err := c.kind.unmarshal(rest); err == nil {
				// A copy: the document is the storage's.
				return ctx, &queued[D]{
					kind: c.kind, data: c.kind.empty(), stored: true, parts: [][]byte{bytes.Clone(telemetry)},
					items: n, bytes: len(telemetry),
				}, nil
			}
		}
	}
	ctx, data, err := c.kind.unmarshal(doc)
	if errors.Is(err, request.ErrInvalidFormat) {
		ctx = context.Background()
		data, err = c.kind.bare(doc)
	}
	if err != nil {
		return ctx, nil, err
	}
	return ctx, c.kind.of(data), nil
}

// queueReferences keeps pooled telemetry alive while it waits in memory.
type queueReferences[D any] struct{ kind *queuedKind[D] }

// Ref is called when a request begins to wait.
func (c queueReferences[D]) Ref(r xexporterhelper.Request) {
	if q, ok := r.(*queued[D]); ok && !q.stored {
		c.kind.ref(q.data)
	}
}

// Unref is called when it has been handled.
func (c queueReferences[D]) Unref(r xexporterhelper.Request) {
	if q, ok := r.(*queued[D]); ok && !q.stored {
		c.kind.unref(q.data)
	}
}

func (k *queuedKind[D]) settings() xexporterhelper.QueueBatchSettings {
	return xexporterhelper.QueueBatchSettings{ReferenceCounter: queueReferences[D]{k}, Encoding: queueEncoding[D]{k}}
}

// convert makes the request of what arrived.
func (k *queuedKind[D]) convert(_ context.Context, data D) (xexporterhelper.Request, error) {
	return k.of(data), nil
}

// consume hands the data of a request on, what of it is settled, and again, by which
// push can have it once more and needs not hold on to it. lost is told how many of its records the
// queue had damaged.
func (k *queuedKind[D]) consume(push func(_ context.Context, data D, done settled, again func() D) error, lost func(context.Context, int)) xexporterhelper.RequestConsumeFunc {
	return func(ctx context.Context, r xexporterhelper.Request) error {
		q, ok := r.(*queued[D])
		if !ok {
			return fmt.Errorf("take a request from the queue: unexpected %T", r)
		}
		data := q.open()
		if q.lost > 0 {
			lost(ctx, q.lost)
			q.lost = 0
		}
		if q.settled == nil {
			q.settled = settled{}
		}
		return push(ctx, data, q.settled, q.open)
	}
}
