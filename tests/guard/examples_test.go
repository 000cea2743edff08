package guard

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
)

// elsewhere are rules whose bad example the collector itself refuses first, or
// that need more than a configuration.
var elsewhere = map[string]string{
	"TG034": "oidc fails before the guard is asked when its issuer gives no answer; see TestPlaintextIssuerIsRefused",
	"TG070": "a type that the distribution does not have is refused by the collector",
}

func TestBadExamples(t *testing.T) {
	needCollector(t)
	t.Parallel()
	for _, rule := range rules.All() {
		if rule.Bad == "" || elsewhere[rule.ID] != "" {
			continue
		}
		t.Run(rule.ID, func(t *testing.T) {
			t.Parallel()
			s, address := newSite(t), freePort(t)
			options := s.options(t, s.fill(rule.Bad, address))
			line := "tls_guard: " + rule.ID + " " + rule.BadPath + ": "
			if rule.Severity == rules.Warn {
				starts(t, options, line)
				return
			}
			refuses(t, options, address, line)
		})
	}
}

func TestGoodExamples(t *testing.T) {
	needCollector(t)
	t.Parallel()
	var seen []string
	for _, rule := range rules.All() {
		if rule.Good == "" || slices.Contains(seen, rule.Good) {
			continue
		}
		seen = append(seen, rule.Good)
		t.Run(rule.ID, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			log := starts(t, s.options(t, s.fill(rule.Good, freePort(t))), "")
			assert.NotContains(t, strings.ReplaceAll(log, "exempted: tls_guard: ", ""), "tls_guard: "+rule.ID+" ")
		})
	}
}

// refuses runs a collector that must end with code 1, print a finding and
// never open the port.
func refuses(t *testing.T, options collector.Options, address, line string) {
	t.Helper()
	everOpen := knock(t, address)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	code, output, err := collector.Run(ctx, options)
	require.NoError(t, err)
	assert.Equal(t, 1, code)
	assert.Contains(t, output, line)
	assert.False(t, everOpen(), "the port was open")
}

// starts runs a collector until it is ready and returns what it printed.
func starts(t *testing.T, options collector.Options, line string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := collector.Start(ctx, options)
	require.NoError(t, err)
	log, err := c.Log()
	require.NoError(t, err)
	require.NoError(t, c.Stop())
	assert.Contains(t, string(log), line)
	return string(log)
}
