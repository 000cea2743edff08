package sender

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
)

// batch is one request and the ids of its items. Exactly one of the three is
// set.
type batch struct {
	ids     []string
	traces  *ptrace.Traces
	logs    *plog.Logs
	metrics *pmetric.Metrics
}

// size in bytes as protobuf.
func (b batch) size() int {
	switch {
	case b.traces != nil:
		return (&ptrace.ProtoMarshaler{}).TracesSize(*b.traces)
	case b.logs != nil:
		return (&plog.ProtoMarshaler{}).LogsSize(*b.logs)
	default:
		return (&pmetric.ProtoMarshaler{}).MetricsSize(*b.metrics)
	}
}

// secrets are the planted values of one item.
type secrets struct {
	card, email, jwt, awsKeyID, bearer, password string
}

func pick(set *planted.Set, n int64) secrets {
	at := func(list []string) string { return list[n%int64(len(list))] }
	return secrets{at(set.Cards), at(set.Emails), at(set.JWTs), at(set.AWSKeyIDs), at(set.Bearers), at(set.Passwords)}
}

func (s *Sender) id(signal Signal, n int64) string {
	return fmt.Sprintf("%s-%s-item-%06d", signal, s.options.Run, n)
}

func (s *Sender) batch(signal Signal, from int64) batch {
	switch signal {
	case Traces:
		return s.traceBatch(from)
	case Logs:
		return s.logBatch(from)
	default:
		return s.metricBatch(from)
	}
}

// fillAttributes plants a value under every way in which an attribute can hold
// one: text, keys, numbers, bytes, nested maps and arrays, and texts in which
// the value is encoded.
func fillAttributes(m pcommon.Map, v secrets) {
	m.PutStr("http.route", "/checkout/{order}") // clean: stays as it is
	m.PutStr("note", "card "+v.card+" of "+v.email+".")
	m.PutStr("grouped", planted.Grouped(v.card, "-")+" / "+planted.Grouped(v.card, " "))
	m.PutStr("agent", "okhttp/4.12.0 "+v.card)
	m.PutStr("full.width", planted.FullWidth(v.card))
	m.PutStr("session.jwt", v.jwt)
	m.PutStr("log.line", "using "+v.awsKeyID+" with Authorization: Bearer "+v.bearer)
	m.PutStr("db.password", v.password)
	m.PutStr("user_password", v.password)
	m.PutStr("client_secret", v.password)
	m.PutStr("authorization", "Bearer "+v.bearer)
	m.PutStr("url.full", "https://shop.example.com/u?mail="+url.QueryEscape(v.email)+"&page=2")
	m.PutStr("request.body", `{"user":"u1","password":"`+v.password+`","mail":"`+v.email+`"}`)
	m.PutStr("blob", base64.StdEncoding.EncodeToString([]byte(`{"mail":"`+v.email+`","id":"`+v.awsKeyID+`"}`)))
	number, err := strconv.ParseInt(v.card, 10, 64)
	if err == nil {
		m.PutInt("card.int", number)
		m.PutDouble("card.double", float64(number))
	}
	m.PutEmptyBytes("raw.bytes").FromRaw([]byte("bytes with " + v.email))
	m.PutStr("mail "+v.email, "planted in the key")
	nested := m.PutEmptyMap("nested")
	nested.PutStr("password", v.password)
	list := nested.PutEmptySlice("list")
	list.AppendEmpty().SetStr("to " + v.email)
	list.AppendEmpty().SetEmptyMap().PutStr("card", v.card)
}

// fillResource stays short: it is repeated in every request.
func fillResource(r pcommon.Resource, scope pcommon.InstrumentationScope, v secrets) {
	r.Attributes().PutStr("service.name", "planted-sender")
	r.Attributes().PutStr("owner", "run by "+v.email)
	r.Attributes().PutStr("deploy.token", v.password)
	scope.SetName("lib " + v.email)
	scope.SetVersion("1.0+" + v.awsKeyID)
	scope.Attributes().PutStr("vendor", "key "+v.awsKeyID)
}

func (s *Sender) traceBatch(from int64) batch {
	traces := ptrace.NewTraces()
	b := batch{traces: &traces}
	v := pick(s.options.Planted, from)
	resource := traces.ResourceSpans().AppendEmpty()
	resource.SetSchemaUrl("https://example.com/schema?owner=" + v.email)
	scope := resource.ScopeSpans().AppendEmpty()
	scope.SetSchemaUrl("https://example.com/schema/" + v.awsKeyID)
	fillResource(resource.Resource(), scope.Scope(), v)
	now := time.Now()
	for n := from; n < from+int64(s.options.Batch); n++ {
		v, id := pick(s.options.Planted, n), s.id(Traces, n)
		b.ids = append(b.ids, id)
		span := scope.Spans().AppendEmpty()
		span.SetTraceID(traceID(n))
		span.SetSpanID(spanID(n))
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(now.Add(-time.Millisecond)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(now))
		span.SetName("checkout for " + v.email)
		span.TraceState().FromRaw("vendor=" + v.awsKeyID + ",other=ok")
		span.Status().SetCode(ptrace.StatusCodeError)
		span.Status().SetMessage("card " + v.card + " declined")
		span.Attributes().PutStr(IDAttribute, id)
		fillAttributes(span.Attributes(), v)
		event := span.Events().AppendEmpty()
		event.SetTimestamp(pcommon.NewTimestampFromTime(now))
		event.SetName("mail to " + v.email)
		fillAttributes(event.Attributes(), v)
		link := span.Links().AppendEmpty()
		link.SetTraceID(traceID(n + 1))
		link.SetSpanID(spanID(n + 1))
		link.TraceState().FromRaw("vendor=" + v.awsKeyID)
		link.Attributes().PutStr("from", v.email)
		link.Attributes().PutStr("password", v.password)
	}
	return b
}

func (s *Sender) logBatch(from int64) batch {
	logs := plog.NewLogs()
	b := batch{logs: &logs}
	v := pick(s.options.Planted, from)
	resource := logs.ResourceLogs().AppendEmpty()
	resource.SetSchemaUrl("https://example.com/schema?owner=" + v.email)
	scope := resource.ScopeLogs().AppendEmpty()
	fillResource(resource.Resource(), scope.Scope(), v)
	now := pcommon.NewTimestampFromTime(time.Now())
	for n := from; n < from+int64(s.options.Batch); n++ {
		v, id := pick(s.options.Planted, n), s.id(Logs, n)
		b.ids = append(b.ids, id)
		record := scope.LogRecords().AppendEmpty()
		record.SetTimestamp(now)
		record.SetObservedTimestamp(now)
		record.SetSeverityNumber(plog.SeverityNumberError)
		record.SetSeverityText("ERROR " + v.awsKeyID)
		record.SetEventName("login of " + v.email)
		record.Attributes().PutStr(IDAttribute, id)
		switch n % 4 {
		case 0:
			record.Body().SetStr("payment with " + v.card + " by " + v.email + ", Authorization: Bearer " + v.bearer)
		case 1:
			fillAttributes(record.Body().SetEmptyMap(), v)
		case 2:
			list := record.Body().SetEmptySlice()
			list.AppendEmpty().SetStr(v.jwt)
			fillAttributes(list.AppendEmpty().SetEmptyMap(), v)
		default:
			record.Body().SetEmptyBytes().FromRaw([]byte("bytes of " + v.email + " and " + v.jwt))
		}
		fillAttributes(record.Attributes(), v)
	}
	return b
}

func (s *Sender) metricBatch(from int64) batch {
	metrics := pmetric.NewMetrics()
	b := batch{metrics: &metrics}
	v := pick(s.options.Planted, from)
	resource := metrics.ResourceMetrics().AppendEmpty()
	scope := resource.ScopeMetrics().AppendEmpty()
	scope.SetSchemaUrl("https://example.com/schema/" + v.awsKeyID)
	fillResource(resource.Resource(), scope.Scope(), v)
	now := pcommon.NewTimestampFromTime(time.Now())
	for n := from; n < from+int64(s.options.Batch); n++ {
		v, id := pick(s.options.Planted, n), s.id(Metrics, n)
		b.ids = append(b.ids, id)
		metric := scope.Metrics().AppendEmpty()
		metric.SetName("orders.by." + strconv.FormatInt(n%5, 10))
		metric.SetDescription("orders of " + v.email)
		metric.SetUnit("{order}")
		metric.Metadata().PutStr("contact", v.email)
		exemplar, attributes := fillMetric(metric, n, now)
		attributes.PutStr(IDAttribute, id)
		fillAttributes(attributes, v)
		if exemplar != nil {
			exemplar.SetTimestamp(now)
			exemplar.SetIntValue(1)
			exemplar.FilteredAttributes().PutStr("buyer", v.email)
			exemplar.FilteredAttributes().PutStr("password", v.password)
		}
	}
	return b
}

// fillMetric makes one data point, of each of the five types in turn, and
// returns its attributes and, where the type has them, an exemplar.
func fillMetric(metric pmetric.Metric, n int64, now pcommon.Timestamp) (*pmetric.Exemplar, pcommon.Map) {
	switch n % 5 {
	case 0:
		point := metric.SetEmptyGauge().DataPoints().AppendEmpty()
		point.SetTimestamp(now)
		point.SetIntValue(n)
		exemplar := point.Exemplars().AppendEmpty()
		return &exemplar, point.Attributes()
	case 1:
		sum := metric.SetEmptySum()
		sum.SetIsMonotonic(true)
		sum.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		point := sum.DataPoints().AppendEmpty()
		point.SetTimestamp(now)
		point.SetDoubleValue(float64(n) + 0.5)
		exemplar := point.Exemplars().AppendEmpty()
		return &exemplar, point.Attributes()
	case 2:
		histogram := metric.SetEmptyHistogram()
		histogram.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		point := histogram.DataPoints().AppendEmpty()
		point.SetTimestamp(now)
		point.SetCount(1)
		point.SetSum(1)
		point.BucketCounts().FromRaw([]uint64{1, 0})
		point.ExplicitBounds().FromRaw([]float64{10})
		exemplar := point.Exemplars().AppendEmpty()
		return &exemplar, point.Attributes()
	case 3:
		histogram := metric.SetEmptyExponentialHistogram()
		histogram.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		point := histogram.DataPoints().AppendEmpty()
		point.SetTimestamp(now)
		point.SetCount(1)
		point.SetZeroCount(1)
		exemplar := point.Exemplars().AppendEmpty()
		return &exemplar, point.Attributes()
	default:
		point := metric.SetEmptySummary().DataPoints().AppendEmpty()
		point.SetTimestamp(now)
		point.SetCount(1)
		point.SetSum(1)
		return nil, point.Attributes()
	}
}

func traceID(n int64) pcommon.TraceID {
	var id [16]byte
	id[0] = 0xA5
	binary.BigEndian.PutUint64(id[8:], uint64(n)+1) // a counter
	return id
}

func spanID(n int64) pcommon.SpanID {
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], uint64(n)+1) // a counter
	return id
}
