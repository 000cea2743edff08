package redactprocessor

import (
	"context"

	"go.opentelemetry.io/collector/pdata/plog"
)

func (p *signalProcessor) processLogs(ctx context.Context, ld plog.Logs) (plog.Logs, error) {
	w, began := p.begin()
	ld.ResourceLogs().RemoveIf(w.resourceLogs)
	p.end(ctx, w, began)
	return ld, nil
}

func (w *walker) resourceLogs(rl plog.ResourceLogs) bool {
	if w.resource(rl.Resource()) {
		return true
	}
	visitPlace(w, &resourceLogsPlace, rl)
	if w.drop {
		return true
	}
	empty := rl.ScopeLogs().Len() == 0
	rl.ScopeLogs().RemoveIf(w.scopeLogs)
	return !empty && rl.ScopeLogs().Len() == 0
}

func (w *walker) scopeLogs(sl plog.ScopeLogs) bool {
	if w.scope(sl.Scope()) {
		return true
	}
	visitPlace(w, &scopeLogsPlace, sl)
	if w.drop {
		return true
	}
	empty := sl.LogRecords().Len() == 0
	sl.LogRecords().RemoveIf(w.logRecord)
	return !empty && sl.LogRecords().Len() == 0
}

func (w *walker) logRecord(r plog.LogRecord) bool {
	w.item()
	w.body(r.Body())
	visitPlace(w, &logPlace, r)
	if w.drop {
		return true
	}
	w.summarize(r.Attributes())
	return false
}
