package redactprocessor

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/sealed-otel/otelcol-sealed/processor/redactprocessor/internal/metadata"
)

// benchBatch is the number of items in a batch of the benchmarks. They run on
// clean data, so that one batch serves every round.
const benchBatch = 1000

func BenchmarkTraces(b *testing.B) {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for i := range benchBatch {
		s := spans.AppendEmpty()
		s.SetName("GET /api/v1/orders/{id}/items")
		a := s.Attributes()
		a.PutStr("http.request.method", "GET")
		a.PutStr("url.full", "https://shop.example.com/api/v1/orders/"+strconv.Itoa(100000+i)+"/items?expand=price&limit=50")
		a.PutStr("http.route", "/api/v1/orders/{id}/items")
		a.PutInt("http.response.status_code", 200)
		a.PutStr("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36")
		a.PutStr("server.address", "orders-7f9c.shop.svc.cluster.local")
		a.PutInt("server.port", 8443)
		a.PutStr("network.protocol.version", "1.1")
		a.PutStr("db.system.name", "postgresql")
		a.PutStr("db.operation.name", "SELECT")
		a.PutStr("thread.name", "http-nio-8080-exec-17")
		a.PutInt("thread.id", 42)
		a.PutStr("app.order.state", "created")
		a.PutStr("app.request.id", "7d444840-9dc0-41d1-b245-5ffdce74fad2")
		a.PutDouble("app.order.total", 129.95)
	}
	p, err := NewFactory().CreateTraces(context.Background(), processortest.NewNopSettings(metadata.Type), configOf(nil), new(consumertest.TracesSink))
	require.NoError(b, err)
	require.NoError(b, p.Start(context.Background(), componenttest.NewNopHost()))
	defer func() { require.NoError(b, p.Shutdown(context.Background())) }()
	b.SetBytes(int64(new(ptrace.ProtoMarshaler).TracesSize(td)))
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, p.ConsumeTraces(context.Background(), td))
	}
}

func BenchmarkLogs(b *testing.B) {
	ld := plog.NewLogs()
	records := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	for i := range benchBatch {
		r := records.AppendEmpty()
		r.SetSeverityText("INFO")
		r.Body().SetStr("2026-11-20T10:15:30.123Z INFO [http-nio-8080-exec-7] c.e.shop.OrderController - order " + strconv.Itoa(100000+i) +
			" accepted for customer segment retail, items=3 total=129.95 EUR, trace=4bf92f3577b34da6a3ce929d0e0e4736 path=/api/v1/orders/81723/items?expand=price&limit=50 took 12.7 ms")
		r.Attributes().PutStr("log.logger", "c.e.shop.OrderController")
	}
	p, err := NewFactory().CreateLogs(context.Background(), processortest.NewNopSettings(metadata.Type), configOf(nil), new(consumertest.LogsSink))
	require.NoError(b, err)
	require.NoError(b, p.Start(context.Background(), componenttest.NewNopHost()))
	defer func() { require.NoError(b, p.Shutdown(context.Background())) }()
	b.SetBytes(int64(new(plog.ProtoMarshaler).LogsSize(ld)))
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, p.ConsumeLogs(context.Background(), ld))
	}
}

func BenchmarkMetrics(b *testing.B) {
	md := pmetric.NewMetrics()
	m := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("http.server.requests")
	points := m.SetEmptySum().DataPoints()
	for range benchBatch {
		a := points.AppendEmpty().Attributes()
		a.PutStr("http.request.method", "GET")
		a.PutStr("http.route", "/api/v1/orders/{id}/items")
		a.PutInt("http.response.status_code", 200)
		a.PutStr("server.address", "orders-7f9c.shop.svc.cluster.local")
	}
	p, err := NewFactory().CreateMetrics(context.Background(), processortest.NewNopSettings(metadata.Type), configOf(nil), new(consumertest.MetricsSink))
	require.NoError(b, err)
	require.NoError(b, p.Start(context.Background(), componenttest.NewNopHost()))
	defer func() { require.NoError(b, p.Shutdown(context.Background())) }()
	b.SetBytes(int64(new(pmetric.ProtoMarshaler).MetricsSize(md)))
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, p.ConsumeMetrics(context.Background(), md))
	}
}
