package ssekmsexporter

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/metadata"
	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

const (
	testKey  = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
	otherKey = "arn:aws:kms:us-east-1:123456789012:key/99999999-2222-3333-4444-555555555555"
	patience = 90 * time.Second
	tick     = 5 * time.Millisecond
)

// testConfig is a valid configuration without an endpoint.
func testConfig() *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.Region = "us-east-1"
	cfg.Bucket = "archive"
	cfg.Prefix = "traces/"
	cfg.Encryption.KMSKeyARN = testKey
	return cfg
}

// stubConfig writes to a stub, at once and with short backoff. The stub has no
// KMS, so the checks that ask one are off.
func stubConfig(stub *s3stub.Server) *Config {
	cfg := testConfig()
	cfg.Endpoint = stub.URL
	cfg.ForcePathStyle = true
	cfg.TLS.CAFile = stub.CAFile
	cfg.Encryption.KeyIDMatch = matchMinIO
	// A PUT that ends by its timeout may still be stored, and is then rightly
	// stored again: only a test of timeouts may meet one.
	cfg.Timeout = patience
	cfg.Queue.Get().Batch.Get().FlushTimeout = 10 * time.Millisecond
	cfg.Queue.Get().Batch.Get().MinSize = 1
	cfg.Retry.InitialInterval = 10 * time.Millisecond
	cfg.Retry.MaxInterval = 50 * time.Millisecond
	return cfg
}

// host has extensions and remembers the statuses that were reported.
type host struct {
	extensions map[component.ID]component.Component

	mu       sync.Mutex
	statuses []componentstatus.Status
	errors   []string
}

func (h *host) GetExtensions() map[component.ID]component.Component { return h.extensions }

func (h *host) Report(e *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.statuses = append(h.statuses, e.Status())
	if e.Err() != nil {
		h.errors = append(h.errors, e.Err().Error())
	}
}

// reasons are the texts of all errors that were reported as a status.
func (h *host) reasons() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.errors, "\n")
}

func (h *host) seen() []componentstatus.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]componentstatus.Status(nil), h.statuses...)
}

// rig is an exporter of all signals with everything that it reports.
type rig struct {
	traces  exporter.Traces
	metrics exporter.Metrics
	logs    exporter.Logs
	engine  *engine
	host    *host
	tel     *componenttest.Telemetry
	log     *observer.ObservedLogs
	stopped bool
}

// newRig creates, and does not start.
func newRig(t testing.TB, cfg *Config) *rig {
	t.Helper()
	require.NoError(t, cfg.Validate())
	core, log := observer.New(zapcore.DebugLevel)
	r := &rig{host: &host{}, tel: componenttest.NewTelemetry(), log: log}
	set := exportertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = r.tel.NewTelemetrySettings()
	set.ID = component.NewID(metadata.Type)
	// As the collector makes it: with a stack on every error.
	set.Logger = zap.New(core, zap.AddStacktrace(zapcore.ErrorLevel))
	factory := NewFactory()
	var err error
	r.traces, err = factory.CreateTraces(context.Background(), set, cfg)
	require.NoError(t, err)
	r.metrics, err = factory.CreateMetrics(context.Background(), set, cfg)
	require.NoError(t, err)
	r.logs, err = factory.CreateLogs(context.Background(), set, cfg)
	require.NoError(t, err)
	r.engine = r.traces.(*tracesExporter).engine
	r.engine.probeMin, r.engine.probeMax = 10*time.Millisecond, 50*time.Millisecond
	t.Cleanup(func() {
		r.stop(t)
		assert.NoError(t, r.tel.Shutdown(context.Background()))
	})
	return r
}

func (r *rig) components() []component.Component {
	return []component.Component{r.traces, r.metrics, r.logs}
}

func (r *rig) start(t testing.TB) {
	t.Helper()
	for _, c := range r.components() {
		require.NoError(t, c.Start(context.Background(), r.host))
	}
}

func (r *rig) stop(t testing.TB) {
	t.Helper()
	if r.stopped {
		return
	}
	r.stopped = true
	for _, c := range r.components() {
		assert.NoError(t, c.Shutdown(context.Background()))
	}
}

// startRig creates and starts against a stub.
func startRig(t testing.TB, cfg *Config) *rig {
	t.Helper()
	r := newRig(t, cfg)
	r.start(t)
	return r
}

// eventually polls without sleeping for luck.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	require.Eventually(t, cond, patience, tick, what)
}

func (r *rig) open() bool {
	open, _, _ := r.engine.breaker.state()
	return open
}

// sum adds up a counter over all attribute sets.
func (r *rig) sum(t testing.TB, name string) int64 {
	t.Helper()
	return sumOf(t, r.tel, name)
}

// noPayload fails when a log line holds one of the words that only telemetry
// has.
func (r *rig) noPayload(t testing.TB) {
	t.Helper()
	for _, entry := range r.log.All() {
		enc := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
		line, err := enc.EncodeEntry(entry.Entry, entry.Context)
		require.NoError(t, err)
		assert.NotContains(t, line.String(), "hunter2")
	}
}

var testTime = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func testTraces(n int, tag string) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", tag)
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	for i := range n {
		span := spans.AppendEmpty()
		span.SetSpanID(pcommon.SpanID{1, byte(i >> 16), byte(i >> 8), byte(i)})
		span.SetName("password=hunter2 " + tag)
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(testTime))
	}
	return td
}

func testLogs(n int, tag string) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", tag)
	list := rl.ScopeLogs().AppendEmpty().LogRecords()
	for range n {
		record := list.AppendEmpty()
		record.Body().SetStr("password=hunter2 " + tag)
		record.SetObservedTimestamp(pcommon.NewTimestampFromTime(testTime))
	}
	return ld
}

func testMetrics(n int, tag string) pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	rm.Resource().Attributes().PutStr("service.name", tag)
	list := rm.ScopeMetrics().AppendEmpty().Metrics()
	for range n {
		m := list.AppendEmpty()
		m.SetName("password=hunter2 " + tag)
		p := m.SetEmptyGauge().DataPoints().AppendEmpty()
		p.SetTimestamp(pcommon.NewTimestampFromTime(testTime))
		p.SetIntValue(1)
	}
	return md
}

// unpack undoes the compression that an object's name tells.
func unpack(t testing.TB, key string, body []byte) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(body)
	switch {
	case strings.HasSuffix(key, ".zst"):
		dec, err := zstd.NewReader(r)
		require.NoError(t, err)
		defer dec.Close()
		r = dec
	case strings.HasSuffix(key, ".gz"):
		dec, err := gzip.NewReader(r)
		require.NoError(t, err)
		r = dec
	}
	doc, err := io.ReadAll(r)
	require.NoError(t, err)
	return doc
}

// storedSpans counts the spans by service name over all stored objects.
func storedSpans(t testing.TB, stub *s3stub.Server) map[string]int {
	t.Helper()
	counts := make(map[string]int)
	for key, object := range stub.Objects() {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(unpack(t, key, object.Body))
		require.NoError(t, err)
		for _, rs := range td.ResourceSpans().All() {
			name, _ := rs.Resource().Attributes().Get("service.name")
			for _, ss := range rs.ScopeSpans().All() {
				counts[name.Str()] += ss.Spans().Len()
			}
		}
	}
	return counts
}
