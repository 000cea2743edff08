package ssekmsexporter

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

const (
	// maxAttempts bounds the memory of failed batches; more than the queue can
	// have in flight.
	maxAttempts = 4096
	// poisonLimit is how often the store may refuse the same body while
	// canaries pass.
	poisonLimit = 5
)

// batchID tells a batch from another across retries, which arrive as
// fresh calls. It is not unique: two batches that share one are counted as one
// and share what is below, and nothing else. What of a batch is stored is settled
// with its request.
type batchID struct {
	signal, tenant string
	records        int
	begins         pcommon.Timestamp
}

// begins is the earliest time of the first resource of a batch that holds records. All
// of a batch is read once, when it is marshalled.
func begins(b batch) pcommon.Timestamp {
	for i := range b.resources() {
		if b.resourceRecords(i) > 0 {
			return b.earliest(i, i+1)
		}
	}
	return 0
}

// attempt is what is remembered of a batch that failed before.
type attempt struct {
	// first is when it was first tried: the ingest time of its partition, which
	// must not move between retries or the key would.
	first time.Time
	// rejected counts refusals by object digest.
	rejected map[[32]byte]int
	// unwatch ends what watch began; nil without.
	unwatch func() bool
}

// attemptLog remembers failed batches until they are stored.
type attemptLog struct {
	// mu guards everything declared below.
	mu      sync.Mutex
	batches map[batchID]*attempt
}

func newAttemptLog() *attemptLog { return &attemptLog{batches: make(map[batchID]*attempt)} }

// firstTry returns when the batch was first tried: now, if it never failed.
func (l *attemptLog) firstTry(id batchID, now time.Time) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a, ok := l.batches[id]; ok {
		return a.first
	}
	return now
}

// entry returns what is remembered of a batch and begins to remember it. mu
// must be held. Beyond maxAttempts the entry is not kept.
func (l *attemptLog) entry(id batchID, now time.Time) *attempt {
	a, ok := l.batches[id]
	if !ok {
		a = &attempt{first: now, rejected: make(map[[32]byte]int)}
		if len(l.batches) < maxAttempts {
			l.batches[id] = a
		}
	}
	return a
}

// failed remembers a batch first tried at first.
func (l *attemptLog) failed(id batchID, first time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entry(id, first)
}

// reject counts a refusal of one object and returns how many there were.
func (l *attemptLog) reject(id batchID, first time.Time, digest [32]byte) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.entry(id, first)
	a.rejected[digest]++
	return a.rejected[digest]
}

// watch forgets a batch when ctx ends. Without a queue it is its sender's again
// then: it may never come back, and would count as held for ever.
func (l *attemptLog) watch(ctx context.Context, id batchID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a, ok := l.batches[id]; ok && a.unwatch == nil {
		a.unwatch = context.AfterFunc(ctx, func() { l.done(id) })
	}
}

// done forgets a batch.
func (l *attemptLog) done(id batchID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a, ok := l.batches[id]; ok && a.unwatch != nil {
		a.unwatch()
	}
	delete(l.batches, id)
}

// held returns how many batches wait and how long the oldest has.
func (l *attemptLog) held(now time.Time) (n int, oldest time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.batches {
		oldest = max(oldest, now.Sub(a.first))
	}
	return len(l.batches), oldest
}
