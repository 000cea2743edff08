package ssekmsexporter

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// logsBatch is a range of resources in logs.
type logsBatch struct {
	data   plog.Logs
	lo, hi int
}

func newLogsBatch(data plog.Logs) logsBatch {
	return logsBatch{data: data, hi: data.ResourceLogs().Len()}
}

func (logsBatch) signal() string { return signalLogs }

func (b logsBatch) resources() int { return b.hi - b.lo }

func (b logsBatch) resourceRecords(i int) int {
	n := 0
	scopes := b.data.ResourceLogs().At(b.lo + i).ScopeLogs()
	for s := range scopes.Len() {
		n += scopes.At(s).LogRecords().Len()
	}
	return n
}

func (b logsBatch) earliest(lo, hi int) pcommon.Timestamp {
	var first pcommon.Timestamp
	for i := b.lo + lo; i < b.lo+hi; i++ {
		scopes := b.data.ResourceLogs().At(i).ScopeLogs()
		for s := range scopes.Len() {
			items := scopes.At(s).LogRecords()
			for r := range items.Len() {
				first = earlier(first, recordTime(items.At(r)))
			}
		}
	}
	return first
}

func (b logsBatch) marshal(m marshaler, s *scratch, lo, hi int) ([]byte, error) {
	if b.lo+lo == 0 && b.lo+hi == b.data.ResourceLogs().Len() {
		return m.marshalLogs(b.data, s)
	}
	part := s.logsOf(hi - lo)
	for i := lo; i < hi; i++ {
		b.data.ResourceLogs().At(b.lo + i).MoveTo(part.ResourceLogs().At(i - lo))
	}
	// Also after a panic in the marshaler: what is not moved back would be lost
	// with the next attempt.
	defer func() {
		for i := lo; i < hi; i++ {
			part.ResourceLogs().At(i - lo).MoveTo(b.data.ResourceLogs().At(b.lo + i))
		}
	}()
	return m.marshalLogs(part, s)
}

func (b logsBatch) halve() (batch, batch, bool) {
	if n := b.resources(); n > 1 {
		mid := b.lo + n/2
		return logsBatch{data: b.data, lo: b.lo, hi: mid}, logsBatch{data: b.data, lo: mid, hi: b.hi}, true
	}
	n := records(b)
	if n < 2 {
		return nil, nil, false
	}
	return newLogsBatch(b.only(0, n/2)), newLogsBatch(b.only(n/2, n)), true
}

// only copies the single resource of the range with its records [from, to).
func (b logsBatch) only(from, to int) plog.Logs {
	part := plog.NewLogs()
	b.data.ResourceLogs().At(b.lo).CopyTo(part.ResourceLogs().AppendEmpty())
	at := 0
	scopes := part.ResourceLogs().At(0).ScopeLogs()
	for s := range scopes.Len() {
		scopes.At(s).LogRecords().RemoveIf(func(plog.LogRecord) bool {
			at++
			return at <= from || at > to
		})
	}
	scopes.RemoveIf(func(s plog.ScopeLogs) bool { return s.LogRecords().Len() == 0 })
	return part
}
