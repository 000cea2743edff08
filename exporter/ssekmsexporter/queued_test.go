package ssekmsexporter

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/exporter/exporterhelper/xexporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// After any number of merges the remembered size is what the sizer would
// measure, whoever asked before, and what was merged counts as empty.
func TestQueuedRequestKnowsItsSize(t *testing.T) {
	t.Parallel()
	t.Run("traces", func(t *testing.T) {
		t.Parallel()
		checkQueued(t, queuedTraces, testTraces)
	})
	t.Run("metrics", func(t *testing.T) {
		t.Parallel()
		checkQueued(t, queuedMetrics, testMetrics)
	})
	t.Run("logs", func(t *testing.T) {
		t.Parallel()
		checkQueued(t, queuedLogs, testLogs)
	})
}

func checkQueued[D any](t *testing.T, kind *queuedKind[D], make func(int, string) D) {
	for _, sizer := range []exporterhelper.RequestSizerType{
		exporterhelper.RequestSizerTypeBytes, exporterhelper.RequestSizerTypeItems, exporterhelper.RequestSizerTypeRequests,
	} {
		whole := kind.of(make(3, "first"))
		for i, n := range []int{1, 200, 0, 7} {
			next := kind.of(make(n, "next"))
			if i%2 == 0 {
				next.BytesSize()
			}
			// A limit does not split: the queue would drop what cannot be split.
			list, err := whole.MergeSplit(t.Context(), 1, sizer, next)
			require.NoError(t, err)
			require.Equal(t, []xexporterhelper.Request{whole}, list)
			assert.Equal(t, kind.bytes(whole.data), whole.BytesSize())
			assert.Equal(t, kind.items(whole.data), whole.ItemsCount())
			assert.Zero(t, next.ItemsCount())
			assert.Zero(t, kind.items(next.data))
		}
		assert.Equal(t, 211, whole.ItemsCount())
	}
	_, err := kind.of(make(1, "a")).MergeSplit(t.Context(), 0, exporterhelper.RequestSizerTypeBytes, foreign{})
	require.Error(t, err)
	list, err := kind.of(make(1, "a")).MergeSplit(t.Context(), 0, exporterhelper.RequestSizerTypeBytes, nil)
	require.NoError(t, err)
	assert.Len(t, list, 1)
}

// foreign is a request of another exporter.
type foreign struct{ xexporterhelper.Request }

// A queue on disk is readable by exporterhelper's own requests, and the other
// way round: changing the exporter of a queue loses nothing.
func TestQueueOnDiskIsInTheStockForm(t *testing.T) {
	t.Parallel()
	ctx := client.NewContext(t.Context(), client.Info{Metadata: client.NewMetadata(map[string][]string{tenantMetadata: {"a"}})})
	checkForm(ctx, t, queuedTraces, testTraces, xexporterhelper.NewTracesQueueBatchSettings())
	checkForm(ctx, t, queuedMetrics, testMetrics, xexporterhelper.NewMetricsQueueBatchSettings())
	checkForm(ctx, t, queuedLogs, testLogs, xexporterhelper.NewLogsQueueBatchSettings())

	bare, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(testTraces(4, "a"))
	require.NoError(t, err)
	_, r, err := queuedTraces.settings().Encoding.Unmarshal(bare)
	require.NoError(t, err, "the form of queues before contexts were stored")
	assert.Equal(t, 4, r.ItemsCount())

	_, _, err = queuedTraces.settings().Encoding.Unmarshal([]byte("\x0a\xff"))
	require.Error(t, err)
	_, err = queuedTraces.settings().Encoding.Marshal(ctx, foreign{})
	require.Error(t, err)
}

func checkForm[D ptrace.Traces | pmetric.Metrics | plog.Logs](ctx context.Context, t *testing.T, kind *queuedKind[D], make func(int, string) D, stock xexporterhelper.QueueBatchSettings) {
	t.Helper()
	ours := kind.settings()
	doc, err := ours.Encoding.Marshal(ctx, kind.of(make(5, "a")))
	require.NoError(t, err)
	back, r, err := stock.Encoding.Unmarshal(doc)
	require.NoError(t, err)
	assert.Equal(t, 5, r.ItemsCount())
	assert.Equal(t, "a", tenantFrom(back))

	again, err := stock.Encoding.Marshal(back, r)
	require.NoError(t, err)
	assert.Equal(t, doc, again)
	back, r, err = ours.Encoding.Unmarshal(again)
	require.NoError(t, err)
	assert.Equal(t, 5, r.ItemsCount())
	assert.Equal(t, "a", tenantFrom(back))
}
