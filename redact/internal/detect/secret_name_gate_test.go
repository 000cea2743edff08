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
	words = append(words, "session_id", "session.id", "authCode", "backup_codes", "code")
	for _, w := range words {
		for _, name := range []string{w, strings.ToUpper(w), "db_" + w, "db." + w, "x-" + w, "y" + strings.ToUpper(w[:1]) + w[1:]} {
			if secretName(name) == notSecret {
				continue // the name as a whole is none; what matters is that the gate did not decide it
			}
			assert.True(t, names.mayBeSecret(name), name)
		}
		assert.True(t, names.mayBeSecret(w), w)
	}
	for _, name := range []string{"total", "limit", "trace", "path", "user", "k", ""} {
		assert.False(t, names.mayBeSecret(name), name)
	}
}
