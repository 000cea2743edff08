package required

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

// ended notes how Missing ends a test.
type ended struct {
	testing.TB
	skipped, failed string
}

func (*ended) Helper() {}

func (e *ended) Skip(args ...any) {
	e.skipped = fmt.Sprint(args...)
	runtime.Goexit()
}

func (e *ended) Fatalf(format string, args ...any) {
	e.failed = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func missing(what string) *ended {
	var e ended
	done := make(chan struct{})
	go func() {
		defer close(done)
		Missing(&e, what)
		e.failed = "Missing returned"
	}()
	<-done
	return &e
}

func TestSkipsForADeveloper(t *testing.T) {
	t.Setenv(Variable, "")
	assert.Equal(t, &ended{skipped: "no browser"}, missing("no browser"))
}

func TestFailsWhereAllIsRequired(t *testing.T) {
	t.Setenv(Variable, "1")
	assert.Equal(t, &ended{failed: "no browser, and OTELCOL_SEALED_REQUIRE_ALL is set"}, missing("no browser"))
}
