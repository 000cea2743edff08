package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTimestampEnds(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{
		"2026-11-20T10:15:30 x":                   19,
		"2026-11-20 10:15:30.123456789Z":          30,
		"2026-11-20 10:15:30,123 INFO":            23,
		"2026-11-20 10:15:30,4155552671,bob":      19, // a column with a telephone number
		"2026-11-20 10:15:30,078051120":           19,
		"2026-11-20 10:15:30.4111111111111111":    0,
		"2026-11-20T10:15:30AKIAIOSFODNN7EXAMPLE": 0,
		"2026-11-20T10:15:30Zm9vYmFyYmF6":         0,
		"2026-21-20T10:15:30":                     0,
		"4026-11-20T10:15:30":                     0,
		"2026-11-20":                              0,
	} {
		assert.Equal(t, want, timestampEnd(s, 0), s)
	}
}

// TestNothingHidesBehindATimestamp looks behind the date for what begins there.
func TestNothingHidesBehindATimestamp(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"+14155552671"}, find(t, "phone", "", "2026-11-20 10:15:30,+14155552671,bob"))
	assert.Equal(t, []string{"536-22-8891"}, find(t, "us_ssn", "", "2026-11-20 10:15:30,536-22-8891,x"))
	assert.Equal(t, []string{"4111111111111111"}, find(t, "payment_card", "", "2026-11-20 10:15:30,4111111111111111"))
	assert.Equal(t, []string{"bob@example.com"}, find(t, "email", "", "2026-11-20T10:15:30Z bob@example.com"))
}
