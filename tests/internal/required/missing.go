// Package required says what a test does when a program that it drives is not
// on the machine: it skips for a developer, and fails where everything has to
// be there. A skip is a pass to whoever reads the exit code, so a continuous
// integration without the program would prove nothing and stay green.
package required

import (
	"os"
	"testing"
)

// Variable that, set to anything but nothing, turns each skip into a failure.
const Variable = "OTELCOL_SEALED_REQUIRE_ALL"

// Missing ends the test: skipped, or failed under [Variable]. what names the
// thing that is missing and how to get it.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv(Variable) != "" {
		t.Fatalf("%s, and %s is set", what, Variable)
	}
	t.Skip(what)
}
