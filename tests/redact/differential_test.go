package redact

import (
	"context"
	"regexp"
	"strings"
	"testing"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor"
	"github.com/sealed-otel/otelcol-sealed/tests/redact/traffic"
)

// survivors returns the sensitive values that are still in the texts.
func survivors(texts []string, secrets []string) []string {
	all := strings.Join(texts, "\n")
	var out []string
	for _, s := range secrets {
		if strings.Contains(all, s) {
			out = append(out, s)
		}
	}
	return out
}

func spanTexts(td ptrace.Traces) []string {
	var out []string
	spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
	for i := range spans.Len() {
		out = append(out, spans.At(i).Name())
		spans.At(i).Attributes().Range(func(_ string, v pcommon.Value) bool {
			out = append(out, v.AsString())
			return true
		})
	}
	return out
}

// TestWhatThePeerRemovesWeRemoveToo sends the same batch through both and
// compares the spans of text that the peer's patterns match.
func TestWhatThePeerRemovesWeRemoveToo(t *testing.T) {
	t.Parallel()
	source := traffic.New(7, 30)
	td := source.Traces(400)
	var secrets []string
	for _, text := range spanTexts(td) {
		for _, p := range patterns {
			secrets = append(secrets, regexp.MustCompile(p.regex).FindAllString(text, -1)...)
		}
	}
	require.Greater(t, len(secrets), 500)

	run := func(consume func(context.Context, ptrace.Traces) error, sink *consumertest.TracesSink) []string {
		in := ptrace.NewTraces()
		td.CopyTo(in)
		require.NoError(t, consume(context.Background(), in))
		return survivors(spanTexts(sink.AllTraces()[0]), secrets)
	}
	peerSink, ourSink, standardSink := new(consumertest.TracesSink), new(consumertest.TracesSink), new(consumertest.TracesSink)
	peer := run(startTraces(t, contrib.NewFactory(), contribConfig(len(patterns)), peerSink).ConsumeTraces, peerSink)
	assert.Empty(t, run(startTraces(t, redactprocessor.NewFactory(), ourConfig(len(patterns)), ourSink).ConsumeTraces, ourSink))
	assert.Empty(t, run(startTraces(t, redactprocessor.NewFactory(), ourConfig(0), standardSink).ConsumeTraces, standardSink))
	t.Logf("%d values planted, the peer left %d", len(secrets), len(peer))
}

// leak is a place or a form that the peer is known to miss, as a record.
type leak struct {
	name string
	fill func(s ptrace.Span)
}

const card = "4111111111111111"

var leaks = []leak{
	{"whole number", func(s ptrace.Span) { s.Attributes().PutInt("v", 4111111111111111) }},
	{"bytes", func(s ptrace.Span) { s.Attributes().PutEmptyBytes("v").FromRaw([]byte(card)) }},
	{"map key", func(s ptrace.Span) { s.Attributes().PutStr(card, "x") }},
	{"nested map", func(s ptrace.Span) { s.Attributes().PutEmptyMap("v").PutInt("n", 4111111111111111) }},
	{"span name", func(s ptrace.Span) { s.SetName("pay " + card) }},
	{"status message", func(s ptrace.Span) { s.Status().SetMessage(card) }},
	{"trace state", func(s ptrace.Span) { s.TraceState().FromRaw("a=" + card) }},
	{"event name", func(s ptrace.Span) { s.Events().AppendEmpty().SetName(card) }},
	{"link attributes", func(s ptrace.Span) { s.Links().AppendEmpty().Attributes().PutStr("v", card) }},
	{"groups", func(s ptrace.Span) { s.Attributes().PutStr("v", "4111 1111 1111 1111") }},
	{"full-width digits", func(s ptrace.Span) { s.Attributes().PutStr("v", "４１１１１１１１１１１１１１１１") }},
	{"percent-encoding", func(s ptrace.Span) { s.Attributes().PutStr("v", "4111%201111%201111%201111") }},
	{"base64", func(s ptrace.Span) { s.Attributes().PutStr("v", "Y2FyZCA0MTExMTExMTExMTExMTExIHBhaWQ=") }},
}

func marks(s ptrace.Span) string {
	var b strings.Builder
	b.WriteString(s.Name() + s.Status().Message() + s.TraceState().AsRaw())
	add := func(m pcommon.Map) {
		m.Range(func(k string, v pcommon.Value) bool {
			b.WriteString(k)
			if v.Type() == pcommon.ValueTypeBytes {
				b.Write(v.Bytes().AsRaw())
			} else {
				b.WriteString(v.AsString())
			}
			return true
		})
	}
	add(s.Attributes())
	for i := range s.Events().Len() {
		b.WriteString(s.Events().At(i).Name())
		add(s.Events().At(i).Attributes())
	}
	for i := range s.Links().Len() {
		add(s.Links().At(i).Attributes())
	}
	return b.String()
}

func TestKnownLeaksOfThePeerAreClosed(t *testing.T) {
	t.Parallel()
	make1 := func(l leak) ptrace.Traces {
		td := ptrace.NewTraces()
		l.fill(td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty())
		return td
	}
	first := func(sink *consumertest.TracesSink) string {
		defer sink.Reset()
		return marks(sink.AllTraces()[0].ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0))
	}
	peerSink, ourSink := new(consumertest.TracesSink), new(consumertest.TracesSink)
	peer := startTraces(t, contrib.NewFactory(), contribConfig(len(patterns)), peerSink)
	ours := startTraces(t, redactprocessor.NewFactory(), ourConfig(0), ourSink)
	left := 0
	for _, l := range leaks {
		before := marks(make1(l).ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0))
		require.NoError(t, peer.ConsumeTraces(context.Background(), make1(l)))
		if first(peerSink) == before {
			left++
		}
		require.NoError(t, ours.ConsumeTraces(context.Background(), make1(l)))
		after := first(ourSink)
		assert.NotEqual(t, before, after, l.name)
		assert.NotContains(t, after, "1111", l.name)
		assert.NotContains(t, after, "１１１１", l.name)
		assert.NotContains(t, after, "MTEx", l.name)
	}
	t.Logf("the peer leaves %d of %d", left, len(leaks))
	assert.Positive(t, left, "the comparison says something")
}

func TestLogsBodiesAgree(t *testing.T) {
	t.Parallel()
	ld := traffic.New(9, 50).Logs(300)
	texts := func(ld plog.Logs) []string {
		var out []string
		records := ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords()
		for i := range records.Len() {
			out = append(out, records.At(i).Body().AsString())
		}
		return out
	}
	var secrets []string
	for _, text := range texts(ld) {
		for _, p := range patterns {
			secrets = append(secrets, regexp.MustCompile(p.regex).FindAllString(text, -1)...)
		}
	}
	require.Greater(t, len(secrets), 100)
	sink := new(consumertest.LogsSink)
	require.NoError(t, startLogs(t, redactprocessor.NewFactory(), ourConfig(len(patterns)), sink).ConsumeLogs(context.Background(), ld))
	assert.Empty(t, survivors(texts(sink.AllLogs()[0]), secrets))
}
