package redactprocessor

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor/internal/metadata"
	"github.com/sealed-otel/otelcol-sealed/redact"
)

func batchOf(spans int, value func(i int) string) ptrace.Traces {
	td := ptrace.NewTraces()
	list := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range spans {
		s := list.AppendEmpty()
		s.SetName("GET /orders")
		s.Attributes().PutStr("http.request.method", "GET")
		s.Attributes().PutStr("app.note", value(i))
		s.Attributes().PutInt("http.response.status_code", 200)
	}
	return td
}

// started returns a processor of traces without the frame around it that the
// collector's helper adds.
func started(t *testing.T) *signalProcessor {
	t.Helper()
	c := configOf(nil)
	p, err := newSignalProcessor(processortest.NewNopSettings(metadata.Type), c, redact.Traces, newShared(c, func() {}))
	require.NoError(t, err)
	require.NoError(t, p.start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { assert.NoError(t, p.shutdown(context.Background())) })
	return p
}

func TestCleanBatchAllocatesNothing(t *testing.T) {
	if raceDetector {
		t.Skip("pools forget at random under the race detector")
	}
	p := started(t)
	td := batchOf(100, func(i int) string { return "order " + string(rune('a'+i%26)) + " was shipped today" })
	process := func() { _, _ = p.processTraces(context.Background(), td) }
	// Each of the 26 values is kept once, and the pools get their first scratch.
	for range 50 {
		process()
	}
	assert.Zero(t, testing.AllocsPerRun(50, process))
}

// A changed value costs its text and the message that holds it.
func TestChangedValueAllocatesTwice(t *testing.T) {
	if raceDetector {
		t.Skip("pools forget at random under the race detector")
	}
	p := started(t)
	const spans, runs = 200, 20
	fresh := make([]ptrace.Traces, 0, runs+1)
	for range runs + 1 {
		fresh = append(fresh, batchOf(spans, func(int) string { return "sent to bob@example.com" }))
	}
	next := 0
	perBatch := testing.AllocsPerRun(runs, func() {
		_, _ = p.processTraces(context.Background(), fresh[next])
		next++
	})
	const perRuleAndBatch = 16 // the counts of a batch and their metric attributes
	assert.LessOrEqual(t, perBatch, float64(2*spans+perRuleAndBatch))
}
