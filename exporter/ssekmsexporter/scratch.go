package ssekmsexporter

import (
	"sync"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// maxScratch bounds the buffer that is kept between objects.
const maxScratch = 4 << 20

// scratch is what building one object needs besides the object: the buffer of
// one marshalled group, and an empty pdata of groupResources resources for each
// signal, into which a group is moved. Nothing of a batch stays in the pdata.
type scratch struct {
	buf     []byte
	traces  ptrace.Traces
	metrics pmetric.Metrics
	logs    plog.Logs
}

var scratchPool = sync.Pool{New: func() any { return newScratch() }}

func newScratch() *scratch {
	s := &scratch{traces: ptrace.NewTraces(), metrics: pmetric.NewMetrics(), logs: plog.NewLogs()}
	for range groupResources {
		s.traces.ResourceSpans().AppendEmpty()
		s.metrics.ResourceMetrics().AppendEmpty()
		s.logs.ResourceLogs().AppendEmpty()
	}
	return s
}

// release gives the scratch back, without a buffer that one large group made.
func (s *scratch) release() {
	if cap(s.buf) > maxScratch {
		s.buf = nil
	}
	scratchPool.Put(s)
}

// tracesOf returns a pdata of n empty resources.
func (s *scratch) tracesOf(n int) ptrace.Traces {
	if n == groupResources {
		return s.traces
	}
	part := ptrace.NewTraces()
	part.ResourceSpans().EnsureCapacity(n)
	for range n {
		part.ResourceSpans().AppendEmpty()
	}
	return part
}

func (m marshaler) marshalTraces(data ptrace.Traces, s *scratch) ([]byte, error) {
	if m.raw == nil {
		return m.traces.MarshalTraces(data)
	}
	doc, err := m.raw.marshalTraces(data, s.buf)
	s.buf = doc
	return doc, err
}

// metricsOf returns a pdata of n empty resources.
func (s *scratch) metricsOf(n int) pmetric.Metrics {
	if n == groupResources {
		return s.metrics
	}
	part := pmetric.NewMetrics()
	part.ResourceMetrics().EnsureCapacity(n)
	for range n {
		part.ResourceMetrics().AppendEmpty()
	}
	return part
}

func (m marshaler) marshalMetrics(data pmetric.Metrics, s *scratch) ([]byte, error) {
	if m.raw == nil {
		return m.metrics.MarshalMetrics(data)
	}
	doc, err := m.raw.marshalMetrics(data, s.buf)
	s.buf = doc
	return doc, err
}

// logsOf returns a pdata of n empty resources.
func (s *scratch) logsOf(n int) plog.Logs {
	if n == groupResources {
		return s.logs
	}
	part := plog.NewLogs()
	part.ResourceLogs().EnsureCapacity(n)
	for range n {
		part.ResourceLogs().AppendEmpty()
	}
	return part
}

func (m marshaler) marshalLogs(data plog.Logs, s *scratch) ([]byte, error) {
	if m.raw == nil {
		return m.logs.MarshalLogs(data)
	}
	doc, err := m.raw.marshalLogs(data, s.buf)
	s.buf = doc
	return doc, err
}
