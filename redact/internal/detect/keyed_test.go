package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// findKeyed runs one detector over a value as the engine does: first because of
// the key, then by its anchors.
func findKeyed(t *testing.T, name, key, s string) []string {
	t.Helper()
	var list []Detector
	for _, d := range All() {
		if d.Name == name {
			list = append(list, d)
		}
	}
	require.Len(t, list, 1, name)
	sc := NewScanner(list)
	var h Hits
	h.Reset(key)
	if list[0].Key != nil && list[0].Key(strings.ToLower(key)) {
		sc.Start(&h, s, 0)
	}
	sc.Scan(&h, s)
	var out []string
	for _, sp := range h.Spans {
		out = append(out, s[sp.Start:sp.End])
	}
	return out
}
