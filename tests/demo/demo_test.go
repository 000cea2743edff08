package demo_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/demo"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

// run tells the story once, smaller than `make demo` does. It skips where a
// program is not installed, unless the variable that names it is set.
func run(t *testing.T, options demo.Options) []demo.Proof {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var progress bytes.Buffer
	options.Progress = &progress
	evidence, err := demo.Run(ctx, options)
	for _, missing := range []error{collector.ErrNotBuilt, minio.ErrNotInstalled, demo.ErrNoGenerator} {
		if errors.Is(err, missing) && os.Getenv("OTELCOL_SEALED_BIN") == "" {
			required.Missing(t, err.Error())
		}
	}
	require.NoError(t, err, progress.String())
	proofs := evidence.Proofs()
	var table bytes.Buffer
	require.NoError(t, demo.Table(&table, proofs, false))
	t.Log("\n" + progress.String() + table.String())
	return proofs
}

func verdicts(proofs []demo.Proof) map[string]bool {
	verdicts := map[string]bool{}
	for _, proof := range proofs {
		verdicts[proof.Name] = proof.Passed
	}
	return verdicts
}

func TestDemo(t *testing.T) {
	t.Parallel()
	proofs := run(t, demo.Options{OutageBytes: 12 << 20, Generate: 100})
	for _, proof := range proofs {
		assert.True(t, proof.Passed, "%s: %s %v", proof.Claim, proof.Number, proof.Details)
	}
	assert.Len(t, proofs, 12)
}

// TestSabotage breaks every defence at once in the real pipeline: each proof
// that stands for a broken one has to turn red, the others have to stay green.
func TestSabotage(t *testing.T) {
	t.Parallel()
	proofs := run(t, demo.Options{
		OutageBytes: 3 << 20, Generate: -1, DrainTimeout: 15 * time.Second,
		Sabotage: demo.Sabotage{NoRedaction: true, PlainSpool: true, NoClientAuth: true, NoGuard: true, PlainObject: true, LostItem: true},
	})
	assert.Equal(t, map[string]bool{
		demo.PlaintextRefused: true, // still TLS
		demo.StrangersRefused: false,
		demo.BadConfigRefused: false,
		demo.ObjectsUnderKey:  false,
		demo.ObjectsClean:     false,
		demo.SpoolUsed:        true,
		demo.SpoolClean:       false,
		demo.SpoolSealed:      false,
		demo.LogsClean:        true,
		demo.MetricsClean:     true,
		demo.NothingLost:      false,
	}, verdicts(proofs))
}
