package ssekmsexporter

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/testdata"
	"go.opentelemetry.io/collector/pdata/xpdata/request"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// Requests from a queue on disk merge without being decoded, know their sizes,
// and are sent as what was queued.
func TestStoredRequestsAreDecodedLast(t *testing.T) {
	t.Parallel()
	t.Run("traces", func(t *testing.T) {
		t.Parallel()
		checkStored(t, queuedTraces, testdata.GenerateTraces)
	})
	t.Run("metrics", func(t *testing.T) {
		t.Parallel()
		// All kinds of metrics.
		checkStored(t, queuedMetrics, testdata.GenerateMetrics)
	})
	t.Run("logs", func(t *testing.T) {
		t.Parallel()
		checkStored(t, queuedLogs, testdata.GenerateLogs)
	})
}

func checkStored[D ptrace.Traces | pmetric.Metrics | plog.Logs](t *testing.T, kind *queuedKind[D], make func(int) D) {
	ctx := client.NewContext(t.Context(), client.Info{Metadata: client.NewMetadata(map[string][]string{tenantMetadata: {"a"}})})
	encoding, references := kind.settings().Encoding, kind.settings().ReferenceCounter
	var whole *queued[D]
	want := kind.empty()
	for _, n := range []int{3, 40, 0, 7} {
		doc, err := encoding.Marshal(ctx, kind.of(make(n)))
		require.NoError(t, err)
		kind.join(want, make(n))
		back, r, err := encoding.Unmarshal(doc)
		require.NoError(t, err)
		clear(doc) // it is the storage's
		assert.Equal(t, "a", tenantFrom(back))
		next := r.(*queued[D])
		assert.Len(t, next.parts, 1, "not decoded")
		assert.Equal(t, kind.items(make(n)), next.ItemsCount())
		assert.Equal(t, kind.bytes(make(n)), next.BytesSize())
		if whole == nil {
			whole = next
			continue
		}
		_, err = whole.MergeSplit(t.Context(), 0, exporterhelper.RequestSizerTypeBytes, next)
		require.NoError(t, err)
		assert.Zero(t, next.ItemsCount())
		references.Unref(next)
	}
	assert.Len(t, whole.parts, 4, "not decoded")
	assert.Equal(t, kind.items(want), whole.ItemsCount())
	assert.Equal(t, kind.bytes(want), whole.BytesSize())

	calls := 0
	send := kind.consume(func(_ context.Context, got D, _ settled, again func() D) error {
		calls++
		assert.Equal(t, want, got)
		assert.Equal(t, want, again())
		return nil
	}, func(context.Context, int) { assert.Fail(t, "nothing is lost") })
	for range 2 { // a retry sends the same
		require.NoError(t, send(ctx, whole))
		assert.Len(t, whole.parts, 4, "nothing keeps it decoded")
		assert.Equal(t, kind.items(want), whole.ItemsCount())
		assert.Equal(t, kind.bytes(want), whole.BytesSize())
	}
	doc, err := encoding.Marshal(ctx, whole)
	require.NoError(t, err)
	_, back, err := encoding.Unmarshal(doc)
	require.NoError(t, err)
	assert.Equal(t, want, back.(*queued[D]).open())

	// One that was never on disk can join, and be joined.
	fresh := kind.of(make(2))
	_, err = fresh.MergeSplit(t.Context(), 0, exporterhelper.RequestSizerTypeBytes, back)
	require.NoError(t, err)
	_, err = whole.MergeSplit(t.Context(), 0, exporterhelper.RequestSizerTypeBytes, fresh)
	require.NoError(t, err)
	twice := kind.empty()
	kind.join(twice, whole.open())
	kind.join(want, make(2))
	first := kind.items(want)
	assert.Equal(t, 2*first-kind.items(make(2)), kind.items(twice))
	assert.Equal(t, 2, calls)
}

// A batch from a queue on disk is not held in decoded form while it uploads.
//
//nolint:paralleltest // it measures the process's heap
func TestUploadHoldsNoDecodedBatch(t *testing.T) {
	const size = 64 << 20
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	encoding := queuedTraces.settings().Encoding
	doc, err := encoding.Marshal(t.Context(), queuedTraces.of(testTraces(1, strings.Repeat("a", size))))
	require.NoError(t, err)
	_, request, err := encoding.Unmarshal(doc)
	require.NoError(t, err)
	doc = nil
	heap := func() int64 {
		runtime.GC()
		runtime.GC() // and what pools kept
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before, during := heap(), int64(0)
	stub.Script(func(*s3stub.Put) s3stub.Answer {
		during = heap()
		return nil
	})
	send := queuedTraces.consume(func(ctx context.Context, td ptrace.Traces, done settled, again func() ptrace.Traces) error {
		return r.engine.push(ctx, newTracesBatch(td), "", done, func() batch { return newTracesBatch(again()) })
	}, r.engine.damaged(signalTraces))
	require.NoError(t, send(t.Context(), request))
	assert.Less(t, during-before, int64(size/2), "the batch is held once, as it was stored")
	runtime.KeepAlive(request)
	assert.Empty(t, doc)
}

// A store's answer that asks for the batch once more gets the same: here it is
// split.
func TestStoredBatchIsSplit(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	var once atomic.Bool
	stub.Script(func(*s3stub.Put) s3stub.Answer {
		if once.Swap(true) {
			return nil
		}
		return s3stub.Fails(http.StatusBadRequest, "EntityTooLarge")
	})
	encoding := queuedTraces.settings().Encoding
	doc, err := encoding.Marshal(t.Context(), queuedTraces.of(testTraces(9, "a")))
	require.NoError(t, err)
	_, request, err := encoding.Unmarshal(doc)
	require.NoError(t, err)
	send := queuedTraces.consume(func(ctx context.Context, td ptrace.Traces, done settled, again func() ptrace.Traces) error {
		return r.engine.push(ctx, newTracesBatch(td), "", done, func() batch { return newTracesBatch(again()) })
	}, r.engine.damaged(signalTraces))
	require.NoError(t, send(t.Context(), request))
	assert.Len(t, stub.Objects(), 2)
	assert.Equal(t, map[string]int{"a": 9}, storedSpans(t, stub))
}

// What a queue damaged is dropped and counted. The rest of its batch is stored.
func TestDamagedRequestCostsItself(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	encoding := queuedTraces.settings().Encoding
	// Two spans, the second with a name that is no string: its records can be
	// counted, and not decoded.
	bad := protowire.AppendTag(nil, 1, protowire.BytesType)
	span := protowire.AppendVarint(protowire.AppendTag(nil, 5, protowire.VarintType), 1)
	var spans []byte
	for _, one := range [][]byte{nil, span} {
		spans = protowire.AppendBytes(protowire.AppendTag(spans, 2, protowire.BytesType), one)
	}
	bad = protowire.AppendBytes(bad, protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), spans))
	header, err := request.MarshalTraces(t.Context(), ptrace.NewTraces())
	require.NoError(t, err)
	_, rest, ok := splitStored(header)
	require.True(t, ok)
	var whole xexporterhelper.Request
	for _, telemetry := range [][]byte{marshalled(t, testTraces(2, "a")), bad, marshalled(t, testTraces(3, "b"))} {
		_, next, err := encoding.Unmarshal(protowire.AppendBytes(protowire.AppendTag(rest[:len(rest):len(rest)], storedTelemetry, protowire.BytesType), telemetry))
		require.NoError(t, err)
		if whole == nil {
			whole = next
			continue
		}
		_, err = whole.MergeSplit(t.Context(), 0, exporterhelper.RequestSizerTypeBytes, next)
		require.NoError(t, err)
	}
	assert.Equal(t, 7, whole.ItemsCount())
	send := queuedTraces.consume(func(ctx context.Context, td ptrace.Traces, done settled, again func() ptrace.Traces) error {
		return r.engine.push(ctx, newTracesBatch(td), "", done, func() batch { return newTracesBatch(again()) })
	}, r.engine.damaged(signalTraces))
	require.NoError(t, send(t.Context(), whole))
	assert.Equal(t, map[string]int{"a": 2, "b": 3}, storedSpans(t, stub))
	assert.EqualValues(t, 2, r.sum(t, "s3_sse_kms_dropped_records"))
	assert.Equal(t, 5, whole.ItemsCount())
	assert.Equal(t, 1, r.log.FilterMessageSnippet("sending queue cannot be read").Len())
	r.noPayload(t)

	// Damage that does not even let the records be counted is an error at once,
	// as it is to exporterhelper.
	_, _, err = encoding.Unmarshal(append(header, "\x1a\x05\x0a\xff"...))
	require.Error(t, err)
}

func marshalled(t *testing.T, td ptrace.Traces) []byte {
	t.Helper()
	doc, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	return doc
}

// Nothing in a damaged queue panics, and what is taken for a request is what
// pdata takes for one.
func FuzzStored(f *testing.F) {
	doc, err := request.MarshalTraces(f.Context(), testTraces(3, "a"))
	require.NoError(f, err)
	f.Add(doc)
	f.Add([]byte{})
	f.Add([]byte("\x1a\x00\x1a\x00"))
	f.Fuzz(func(t *testing.T, doc []byte) {
		_, r, err := queuedTraces.settings().Encoding.Unmarshal(doc)
		_, whole, wholeErr := request.UnmarshalTraces(doc)
		if err != nil {
			assert.Error(t, wholeErr)
			return
		}
		q := r.(*queued[ptrace.Traces])
		q.decode()
		if wholeErr == nil && q.lost == 0 {
			assert.Equal(t, whole.SpanCount(), q.data.SpanCount())
		}
	})
}
