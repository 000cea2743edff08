package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNameGateLetsSecretsPass(t *testing.T) {
	t.Parallel()
	var words []string
	words = append(words, sureParts[:]...)
	words = append(words, foreignParts[:]...)
	for w := range lastWords {
		words = append(words, w)
	}
	words = append(words, "session_id", "session.id", "sessionId", "authCode", "backup_codes", "code")
	secrets := 0
	for _, w := range words {
		for _, first := range []string{w, strings.ToUpper(w), strings.ToUpper(w[:1]) + w[1:]} {
			for _, before := range []string{"", "db_", "db.", "x-", "y", "9", "my ", "é", "a\"", "Ab"} {
				for _, after := range []string{"", "s", "_2", "Value", ".name", "é"} {
					name := before + first + after
					if judgeName(name) == notSecret {
						continue
					}
					secrets++
					assert.True(t, names.mayBeSecret(name), name)
				}
			}
		}
	}
	assert.Greater(t, secrets, 1000)
	// What structured logs are full of.
	for _, name := range []string{
		"total", "limit", "trace", "path", "user", "k", "", "ts", "id", "db", "items", "trace_id", "span_id", "request_id", "remote_addr",
		"region", "severity", "price", "created_at", "params", "latency", "currency",
	} {
		assert.False(t, names.mayBeSecret(name), name)
	}
}
