package sender

import (
	"maps"
	"slices"
	"sync"
)

// Signal of an item.
type Signal string

// The three signals.
const (
	Traces  Signal = "traces"
	Logs    Signal = "logs"
	Metrics Signal = "metrics"
)

// Signals in the order in which they are reported.
var Signals = []Signal{Traces, Logs, Metrics}

// IDAttribute carries an item's id: on the span, the log record, or the data
// point. Its values look like nothing that a detector knows.
const IDAttribute = "ledger.id"

// Ledger knows which items were acknowledged. An id enters it only after the
// receiver answered OK without a partial success: from that moment on the item
// may not be lost.
type Ledger struct {
	mu sync.Mutex
	// mu guards everything declared below.
	acknowledged map[Signal]map[string]struct{}
	bytes        int64
	attempts     int
	failures     int
	refused      []string
}

// NewLedger is empty.
func NewLedger() *Ledger {
	l := &Ledger{acknowledged: map[Signal]map[string]struct{}{}}
	for _, signal := range Signals {
		l.acknowledged[signal] = map[string]struct{}{}
	}
	return l
}

// Acknowledge enters the ids of a request of that many bytes.
func (l *Ledger) Acknowledge(signal Signal, bytes int, ids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes += int64(bytes)
	for _, id := range ids {
		l.acknowledged[signal][id] = struct{}{}
	}
}

// Count of acknowledged items of one signal.
func (l *Ledger) Count(signal Signal) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acknowledged[signal])
}

// Total of acknowledged items.
func (l *Ledger) Total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	total := 0
	for _, ids := range l.acknowledged {
		total += len(ids)
	}
	return total
}

// Bytes of all acknowledged requests, as sent: uncompressed and not redacted.
func (l *Ledger) Bytes() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

// IDs that were acknowledged, sorted.
func (l *Ledger) IDs(signal Signal) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(maps.Keys(l.acknowledged[signal]))
}

// Missing lists acknowledged items that stored does not hold, sorted.
func (l *Ledger) Missing(signal Signal, stored func(id string) bool) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var missing []string
	for id := range l.acknowledged[signal] {
		if !stored(id) {
			missing = append(missing, id)
		}
	}
	slices.Sort(missing)
	return missing
}

// Attempts counts requests, and those that were not acknowledged.
func (l *Ledger) Attempts() (all, failed int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.attempts, l.failures
}

// Refused lists answers that tell a client never to send the same again.
func (l *Ledger) Refused() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.refused)
}

func (l *Ledger) attempt(failed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts++
	if failed {
		l.failures++
	}
}

func (l *Ledger) refuse(reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = append(l.refused, reason)
}
