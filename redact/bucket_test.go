package redact

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBucketRoundsDownToTheLastDigit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		size any
		v    int64
		want Outcome
	}{
		{10, 47, Outcome{Kind: SetInt, Int: 40}},
		{10, -47, Outcome{Kind: SetInt, Int: -50}},
		{10, 40, Outcome{}},
		{1000, 4111111111111111113, Outcome{Kind: SetInt, Int: 4111111111111111000}},
		{1_000_000_000, 1763700000123456789, Outcome{Kind: SetInt, Int: 1763700000000000000}},
		{1000, math.MaxInt64, Outcome{Kind: SetInt, Int: 9223372036854775000}},
		{1000, -4111111111111111113, Outcome{Kind: SetInt, Int: -4111111111111112000}},
		{1000, math.MinInt64, Outcome{Kind: RemoveValue, Text: redactedText}},
		{2.5, 9, Outcome{Kind: SetFloat, Float: 7.5}},
		{1000.5, 4111111111111111113, Outcome{Kind: SetInt, Int: 4111111111111111113 - 4111111111111111113%1001}},
		{1e19, 4111111111111111113, Outcome{Kind: SetInt}},
	} {
		e := testEngine(t, map[string]any{"rules": []any{map[string]any{"name": "r", "keys": []any{"n"}, "action": map[string]any{"bucket": map[string]any{"size": tc.size}}}}})
		r := e.Begin(Traces)
		d, _ := r.Key(SpanAttributes, "n")
		assert.Equal(t, tc.want, r.Int(SpanAttributes, d, tc.v), "%d in buckets of %v", tc.v, tc.size)
		r.End()
	}
}
