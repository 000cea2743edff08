package sealedlog

// For the tests in package sealedlog_test.
var (
	NewTestKeys = newTestKeys
	TestOptions = testOptions
)

// TestKeys is a key source over an in-memory provider.
type TestKeys = testKeys

// LimitFrames makes frames of n bytes the largest, as if MaxBatch were so small.
func (l *Log) LimitFrames(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.maxPlain = n
}
