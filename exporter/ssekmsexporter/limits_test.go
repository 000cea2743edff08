package ssekmsexporter

import (
	"context"
	"crypto/rand"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// A full queue holds the receiver up until there is room. It refuses nothing
// and drops nothing.
func TestFullQueueHoldsReceiversUp(t *testing.T) {
	t.Parallel()
	const batches, capacity = 20, 2
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.Queue.Get().Sizer = exporterhelper.RequestSizerTypeRequests
	cfg.Queue.Get().QueueSize = capacity
	cfg.Queue.Get().NumConsumers = 1
	cfg.Queue.Get().Batch = configoptional.None[exporterhelper.BatchConfig]()
	r := startRig(t, cfg)
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusForbidden, "AccessDenied") })
	var taken atomic.Int32
	refused := make(chan error, 1)
	go func() {
		defer close(refused)
		for range batches {
			if err := r.traces.ConsumeTraces(context.Background(), testTraces(1, "a")); err != nil {
				refused <- err
				return
			}
			taken.Add(1)
		}
	}()
	eventually(t, "the queue is full", func() bool { return taken.Load() >= capacity && r.open() })
	assert.LessOrEqual(t, taken.Load(), int32(capacity+1), "more than the queue and the one in flight")
	stub.Script(nil)
	eventually(t, "all is stored", func() bool { return storedSpans(t, stub)["a"] == batches })
	require.NoError(t, <-refused)
}

// Without a queue a batch goes back to its sender when the sender gives up. It is
// not held any more, and nothing of it is kept.
func TestGivenUpBatchIsNotHeld(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.Queue = configoptional.None[exporterhelper.QueueBatchConfig]()
	r := startRig(t, cfg)
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusBadRequest, "InvalidArgument") })
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error, 1)
	go func() { answer <- r.traces.ConsumeTraces(ctx, testTraces(1, "a")) }()
	eventually(t, "the batch is held", func() bool { return r.sum(t, "s3_sse_kms_held_batches") == 1 })
	cancel()
	require.Error(t, <-answer)
	eventually(t, "nothing is held", func() bool { return r.sum(t, "s3_sse_kms_held_batches") == 0 })
}

// A store that asks to slow down is met with fewer uploads at once.
func TestSlotsBoundUploads(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel() // acquire returns at once, with a slot or without
	s := newSlots(4)
	take := func() (n int) {
		for s.acquire(over, nil) == nil {
			n++
		}
		return n
	}
	assert.Equal(t, 4, take())
	s.slower()
	for range 2 {
		s.release()
	}
	assert.Zero(t, take(), "two are still in flight, as many as may be")
	s.release()
	assert.Equal(t, 1, take())
	s.slower()
	s.slower()
	assert.Equal(t, 1, s.current(), "never none")
	for range 2 {
		s.release()
	}
	assert.Equal(t, 1, take())

	waited := make(chan error, 1)
	go func() { waited <- s.acquire(t.Context(), nil) }()
	s.release()
	require.NoError(t, <-waited, "a freed slot wakes who waits for it")
}

// Building an object allocates no more than the page promises beyond the batch:
// one and a half times the object, one segment, one marshalled group, and the
// tables of one compressor. What is allocated in all bounds what is held.
//
//nolint:paralleltest // it counts the process's allocations
func TestMemoryOfAnObjectIsBounded(t *testing.T) {
	const (
		resources, spansEach, valueBytes = 64, 64, 4 << 10
		group                            = groupResources * spansEach * (valueBytes + 64)
		tables                           = 4 << 20
	)
	td := ptrace.NewTraces()
	for range resources {
		spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
		for range spansEach {
			value := make([]byte, valueBytes)
			_, _ = rand.Read(value)
			spans.AppendEmpty().Attributes().PutEmptyBytes("random").FromRaw(value)
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	for _, compression := range []Compression{compressionNone, compressionGzip, compressionZstd} {
		cfg := stubConfig(s3stub.New(t))
		cfg.Compression = compression
		r := startRig(t, cfg)
		runtime.GC()
		runtime.GC() // empties the pools, so that nothing is reused
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		o, err := r.engine.build(newTracesBatch(td), "", time.Now(), maxPutBytes)
		require.NoError(t, err)
		runtime.ReadMemStats(&after)
		used := int64(after.TotalAlloc - before.TotalAlloc)
		assert.Greater(t, o.body.size, int64(resources*spansEach*valueBytes), compression)
		assert.LessOrEqual(t, used, o.body.size*3/2+segmentBytes+group*5/4+tables, compression)
		assert.Greater(t, used, o.body.size, "%s: the pools were not empty, so this measured nothing", compression)
		t.Logf("%s: %d bytes allocated for an object of %d", compression, used, o.body.size)
		o.body.release()
		r.stop(t)
	}
}
