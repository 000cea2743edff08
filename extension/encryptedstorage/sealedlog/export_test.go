package sealedlog

// For the tests in package sealedlog_test.
var (
	NewTestKeys = newTestKeys
	TestOptions = testOptions
)

// TestKeys is a key source over an in-memory provider.
type TestKeys = testKeys
