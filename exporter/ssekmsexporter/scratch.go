package ssekmsexporter

import (
	"sync"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// maxScratch bounds the buffer that is kept between objects.
const maxScratch = 4 << 20

// scratch is what building one object needs besides the object: the buffers of
// marshalled groups, and for each signal empty pdata of 1 to groupResources
// resources, into which a group is moved. Nothing of a batch stays in the pdata.
// It is used by one goroutine at a time.
type scratch struct {
	// buf is where the next group goes. spare are the buffers between objects.
	buf     []byte
	spare   [2][]byte
	capture *capture
	// The index is the number of resources; nil until that number was needed.
	traces  [groupResources + 1]*ptrace.Traces
	metrics [groupResources + 1]*pmetric.Metrics
	logs    [groupResources + 1]*plog.Logs
}

var scratchPool = sync.Pool{New: func() any { return newScratch() }}

func newScratch() *scratch { return &scratch{capture: newCapture()} }

// buffers hands the buffers over for one object.
func (s *scratch) buffers() [][]byte {
	free := make([][]byte, 0, len(s.spare))
	for i, buf := range s.spare {
		if buf != nil {
			free = append(free, buf)
		}
		s.spare[i] = nil
	}
	return free
}

// release gives the scratch back with the buffers of the object, but for one
// that a large group made.
func (s *scratch) release(free [][]byte) {
	n := 0
	for _, buf := range free {
		if n < len(s.spare) && cap(buf) <= maxScratch {
			s.spare[n] = buf
			n++
		}
	}
	s.buf, s.capture.buf, s.capture.message = nil, nil, nil
	scratchPool.Put(s)
}

// tracesOf returns a pdata of n empty resources. More than groupResources are asked
// for where an encoding wants a whole batch, and not kept.
func (s *scratch) tracesOf(n int) ptrace.Traces {
	if n <= groupResources && s.traces[n] != nil {
		return *s.traces[n]
	}
	part := ptrace.NewTraces()
	part.ResourceSpans().EnsureCapacity(n)
	for range n {
		part.ResourceSpans().AppendEmpty()
	}
	if n <= groupResources {
		s.traces[n] = &part
	}
	return part
}

// metricsOf is tracesOf for metrics.
func (s *scratch) metricsOf(n int) pmetric.Metrics {
	if n <= groupResources && s.metrics[n] != nil {
		return *s.metrics[n]
	}
	part := pmetric.NewMetrics()
	part.ResourceMetrics().EnsureCapacity(n)
	for range n {
		part.ResourceMetrics().AppendEmpty()
	}
	if n <= groupResources {
		s.metrics[n] = &part
	}
	return part
}

// logsOf is tracesOf for logs.
func (s *scratch) logsOf(n int) plog.Logs {
	if n <= groupResources && s.logs[n] != nil {
		return *s.logs[n]
	}
	part := plog.NewLogs()
	part.ResourceLogs().EnsureCapacity(n)
	for range n {
		part.ResourceLogs().AppendEmpty()
	}
	if n <= groupResources {
		s.logs[n] = &part
	}
	return part
}

func (m marshaler) marshalTraces(data ptrace.Traces, s *scratch) ([]byte, error) {
	if m.raw == nil {
		return m.traces.MarshalTraces(data)
	}
	doc, err := m.raw.marshalTraces(data, s.capture, s.buf)
	s.buf = s.capture.buf
	return doc, err
}

func (m marshaler) marshalMetrics(data pmetric.Metrics, s *scratch) ([]byte, error) {
	if m.raw == nil {
		return m.metrics.MarshalMetrics(data)
	}
	doc, err := m.raw.marshalMetrics(data, s.capture, s.buf)
	s.buf = s.capture.buf
	return doc, err
}

func (m marshaler) marshalLogs(data plog.Logs, s *scratch) ([]byte, error) {
	if m.raw == nil {
		return m.logs.MarshalLogs(data)
	}
	doc, err := m.raw.marshalLogs(data, s.capture, s.buf)
	s.buf = s.capture.buf
	return doc, err
}
