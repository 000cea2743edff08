package envelope_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/envelopetest"
)

// TestEpochsUnderRandomFaults drives Epochs through weeks of random outages,
// revocations, key changes and restarts, and compares it with what must hold
// whatever the order of events. Time is the bubble's: weeks of it take
// about a second of CPU. OTELCOL_SEALED_EPOCH_SEEDS sets how many histories are run.
func TestEpochsUnderRandomFaults(t *testing.T) {
	t.Parallel()
	seeds := uint64(1)
	if text := os.Getenv("OTELCOL_SEALED_EPOCH_SEEDS"); text != "" {
		n, err := strconv.ParseUint(text, 10, 32)
		require.NoError(t, err)
		seeds = n
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { faultyWeeks(t, seed) })
	}
}

func faultyWeeks(t *testing.T, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	p := envelopetest.New("k0")
	s := settings(p)
	e, err := envelope.NewEpochs(s)
	require.NoError(t, err)
	defer func() { e.Close() }() // the last one
	require.NoError(t, e.Ready(t.Context()))
	faults := []error{nil, nil, envelope.ErrTransient, envelope.ErrThrottled, envelope.ErrDenied, envelope.ErrDisabled, envelope.ErrGone}
	var (
		class error
		since = time.Now() // when class was switched on
		keys  = 0
	)
	// From a fault to the probe that sees it, and from its end likewise.
	seen := s.StatusInterval + time.Second
	for step := range 60 {
		switch random.IntN(10) {
		case 0, 1, 2, 3:
			if next := faults[random.IntN(len(faults))]; !errors.Is(next, class) {
				class, since = next, time.Now()
				p.Fail(class)
			}
		case 4:
			keys++
			p.Use("k" + string(rune('a'+keys%20)))
		case 5: // a restart; only with a KMS that answers does it come up
			if class == nil {
				k, err := e.Current()
				require.NoError(t, err)
				e.Close()
				e, err = envelope.NewEpochs(s)
				require.NoError(t, err)
				_, err = e.Unwrap(t.Context(), k.Wrapped)
				require.NoError(t, err)
				e.Reuse(k.Wrapped, k.Created)
				require.NoError(t, e.Ready(t.Context()))
			}
		}
		time.Sleep(time.Duration(random.Int64N(int64(8 * time.Hour))))
		synctest.Wait()

		k, err := e.Current()
		require.NoError(t, err, "seed %d step %d", seed, step)
		_, err = k.Segment(envelope.SegmentInfo{Suite: envelope.SuiteAES256GCM}, [32]byte{})
		require.NoError(t, err, "seed %d step %d: the current epoch is always usable", seed, step)
		admit, state, lasting := e.Admit(), e.State(), time.Since(since)
		require.Equal(t, admit != nil, state.Refusing)
		if e.Age() >= s.MaxEpochAge {
			require.Error(t, admit, "seed %d step %d: an epoch of age %s", seed, step, e.Age())
		}
		switch {
		case class == nil && lasting > seen:
			require.NoError(t, admit, "seed %d step %d: healthy for %s", seed, step, lasting)
			require.Less(t, e.Age(), s.RotationInterval, "seed %d step %d: no rotation", seed, step)
			again, err := p.Unwrap(t.Context(), k.Wrapped, s.Context)
			require.NoError(t, err, "seed %d step %d: what is written now opens later", seed, step)
			require.True(t, again.Equal(k))
		case envelope.Revoked(class) && lasting > seen+s.RevocationGrace:
			require.ErrorIs(t, admit, envelope.ErrRevoked, "seed %d step %d: %v for %s", seed, step, class, lasting)
		case envelope.Retryable(class) && lasting > seen && lasting < s.MaxEpochAge-s.RotationInterval && state.Health == envelope.HealthUnavailable:
			require.NoError(t, admit, "seed %d step %d: an outage of %s", seed, step, lasting)
		}
	}
}
