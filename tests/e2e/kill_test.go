package e2e

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/archive"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/quickstart"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

// kills is 4 by default; OTELCOL_SEALED_KILLS makes a soak of it.
func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("OTELCOL_SEALED_KILLS")
	if text == "" {
		return 4
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "OTELCOL_SEALED_KILLS")
	return n
}

// TestKilledAgainAndAgain kills a working collector with SIGKILL at points that
// nobody chose: under load, while the store is away, and while it recovers from
// the kill before. Every item that was acknowledged has to be in the store.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	requireBinary(t)
	rounds := kills(t)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute+time.Duration(rounds)*30*time.Second)
	defer cancel()
	store := startStore(ctx, t, minio.Options{})
	identity, err := store.WriteOnly(ctx, minio.KeyARN)
	require.NoError(t, err)
	site, err := quickstart.New(t.TempDir())
	require.NoError(t, err)
	// At level debug, because what is lost or retried is logged there.
	talkative := filepath.Join(site.Dir, "debug.yaml")
	require.NoError(t, os.WriteFile(talkative, []byte("service: {telemetry: {logs: {level: debug}}}\n"), 0o600))
	c, err := collector.Start(ctx, site.Options(quickstart.Store{
		Endpoint: store.Endpoint, Bucket: store.Bucket, CAFile: store.CAFile, Key: minio.KeyARN, Identity: identity,
	}, talkative))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Kill()) })

	set, err := planted.New(6)
	require.NoError(t, err)
	ledger := sender.NewLedger()
	s, err := sender.New(sender.Options{
		Address: site.GRPC, TLS: site.Authority.ClientTLS(site.Client), Planted: set, Ledger: ledger, Run: "kill",
		Batch: 20, Interval: 40 * time.Millisecond,
	})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() { _ = s.Stop(t.Context()) })

	for round := range rounds {
		// A different amount of work before each kill.
		target := ledger.Total() + 100 + rand.IntN(600) // no secret
		require.NoError(t, await(ctx, 2*time.Minute, func() bool { return ledger.Total() >= target }), "round %d: too little is acknowledged", round)
		if round%2 == 1 {
			require.NoError(t, store.Down())
		}
		require.NoError(t, c.Kill())
		if round%2 == 0 {
			// And once more somewhere in its start and recovery.
			require.NoError(t, c.Launch())
			timer := time.NewTimer(time.Duration(rand.IntN(1500)) * time.Millisecond) // no secret
			<-timer.C
			require.NoError(t, c.Kill())
		}
		require.NoError(t, c.Again(ctx), "round %d", round)
		require.NoError(t, store.Up(ctx))
	}
	stopping, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	require.NoError(t, s.Stop(stopping))
	require.Empty(t, ledger.Refused())

	a := archive.New(store.Root(), store.Bucket, set.Scanner())
	missing := map[sender.Signal][]string{}
	_ = await(ctx, 2*time.Minute, func() bool {
		require.NoError(t, a.Refresh(ctx))
		left := 0
		for _, signal := range sender.Signals {
			missing[signal] = ledger.Missing(signal, func(id string) bool { return a.Holds(signal, id) })
			left += len(missing[signal])
		}
		return left == 0
	})
	for _, signal := range sender.Signals {
		assert.NotZero(t, ledger.Count(signal), signal)
		assert.Empty(t, missing[signal], "acknowledged, then lost")
	}
	for _, object := range a.Objects() {
		assert.Equal(t, minio.KeyARN, object.KMSKey, object.Key)
		assert.Empty(t, object.Hits, object.Key)
	}
	log, err := c.Log()
	require.NoError(t, err)
	assert.Contains(t, string(log), "debug", "debug lines are there")
	assert.Empty(t, set.Scanner().Bytes("debug log", log))
	t.Logf("%d starts; %d items acknowledged, none lost, %d stored more than once", c.Runs(), ledger.Total(), a.Duplicates())
	require.NoError(t, c.Stop())
}

// await polls until check is true.
func await(ctx context.Context, most time.Duration, check func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, most, errors.New("not within "+most.String()))
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		if check() {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

func startStore(ctx context.Context, t *testing.T, options minio.Options) *minio.Server {
	t.Helper()
	options.Dir = t.TempDir()
	store, err := minio.Start(ctx, options)
	if errors.Is(err, minio.ErrNotInstalled) && os.Getenv("OTELCOL_SEALED_BIN") == "" {
		required.Missing(t, err.Error())
	}
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Down()) })
	return store
}
