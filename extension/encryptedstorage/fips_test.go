package encryptedstorage

import (
	"crypto/fips140"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The core tests once more in a process in which every algorithm outside of
// FIPS 140-3 is an error. All tests: GODEBUG=fips140=only go test ./...
func TestUnderFIPSOnly(t *testing.T) {
	t.Parallel()
	if fips140.Enforced() {
		return // this whole run is one
	}
	// Of their sub-tests: restarts, other keys, other contexts.
	tests := []string{"TestLifecycle", "TestWrongKeys", "TestEpochs", "TestKMSPlugin", "TestAWSKMS"}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run", "^("+strings.Join(tests, "|")+")$/(restart|another)")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=only")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, name := range tests {
		assert.Contains(t, string(out), "--- PASS: "+name+" ")
	}
}
