package envelope_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/envelopetest"
)

func settings(p envelope.Provider) envelope.EpochSettings {
	return envelope.EpochSettings{
		Provider: p, Context: envelope.Context{"otel-store": "a"}.With(envelope.PurposeKey, envelope.PurposeSpool),
		RotationInterval: 24 * time.Hour, MaxEpochAge: 72 * time.Hour, RevocationGrace: 15 * time.Minute,
		StatusInterval: 5 * time.Minute, StartupTimeout: 2 * time.Minute,
	}
}

func newEpochs(t *testing.T, s envelope.EpochSettings) *envelope.Epochs {
	t.Helper()
	e, err := envelope.NewEpochs(s)
	require.NoError(t, err)
	t.Cleanup(e.Close)
	return e
}

func ready(t *testing.T, s envelope.EpochSettings) *envelope.Epochs {
	t.Helper()
	e := newEpochs(t, s)
	require.NoError(t, e.Ready(t.Context()))
	return e
}

func current(t *testing.T, e *envelope.Epochs) *envelope.EpochKey {
	t.Helper()
	k, err := e.Current()
	require.NoError(t, err)
	return k
}

// states collects what OnState is told.
type states struct {
	mu   sync.Mutex
	seen []envelope.State
}

func (s *states) add(st envelope.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, st)
}

func (s *states) health() (out []envelope.Health) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.seen {
		out = append(out, st.Health)
	}
	return out
}

func TestNewEpochsRefusesSettings(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*envelope.EpochSettings){
		"no key provider":       func(s *envelope.EpochSettings) { s.Provider = nil },
		"rotation_interval":     func(s *envelope.EpochSettings) { s.RotationInterval = 0 },
		"max_epoch_age":         func(s *envelope.EpochSettings) { s.MaxEpochAge = -1 },
		"revocation_grace":      func(s *envelope.EpochSettings) { s.RevocationGrace = 0 },
		"status_interval":       func(s *envelope.EpochSettings) { s.StatusInterval = 0 },
		"startup_timeout":       func(s *envelope.EpochSettings) { s.StartupTimeout = 0 },
		"must be greater than ": func(s *envelope.EpochSettings) { s.MaxEpochAge = s.RotationInterval },
		"reserved prefix":       func(s *envelope.EpochSettings) { s.Context = envelope.Context{"aws:x": "y"} },
		"empty value":           func(s *envelope.EpochSettings) { s.Context = envelope.Context{"otel-store": ""} },
	} {
		s := settings(envelopetest.New("k1"))
		change(&s)
		_, err := envelope.NewEpochs(s)
		assert.ErrorContains(t, err, name)
	}
}

func TestNothingIsAdmittedBeforeReadyAndAfterClose(t *testing.T) {
	t.Parallel()
	e := newEpochs(t, settings(envelopetest.New("k1")))
	require.ErrorIs(t, e.Admit(), envelope.ErrNotReady)
	_, err := e.Current()
	require.ErrorIs(t, err, envelope.ErrNotReady)
	require.NoError(t, e.Ready(t.Context()))
	require.NoError(t, e.Admit())
	k := current(t, e)
	e.Close()
	e.Close()
	require.ErrorIs(t, e.Admit(), envelope.ErrNotReady)
	_, err = k.Segment(envelope.SegmentInfo{Suite: envelope.SuiteAES256GCM}, [32]byte{})
	require.ErrorIs(t, err, envelope.ErrWiped)
	require.ErrorIs(t, e.Ready(t.Context()), envelope.ErrNotReady)
	_, err = e.Unwrap(t.Context(), k.Wrapped, k.Created)
	require.Error(t, err)
}

func TestYoungEpochIsReusedAtStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := envelopetest.New("k1")
		first := ready(t, settings(p))
		old := current(t, first)
		first.Close()
		time.Sleep(20 * time.Hour)

		e := newEpochs(t, settings(p))
		got, err := e.Unwrap(t.Context(), old.Wrapped, old.Created)
		require.NoError(t, err)
		require.NoError(t, e.Ready(t.Context()))
		assert.Same(t, got, current(t, e))
		assert.Equal(t, 1, p.Calls("generate"), "no second epoch was made")
		e.Close()

		time.Sleep(4 * time.Hour) // now 24 h old
		e = newEpochs(t, settings(p))
		got, err = e.Unwrap(t.Context(), old.Wrapped, old.Created)
		require.NoError(t, err)
		require.NoError(t, e.Ready(t.Context()))
		assert.NotSame(t, got, current(t, e))
		assert.Equal(t, 2, p.Calls("generate"))
		e.Close()
	})
}

func TestNewestOfSeveralEpochsIsReused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := envelopetest.New("k1")
		var old []*envelope.EpochKey
		for range 3 {
			e := ready(t, settings(p))
			old = append(old, current(t, e))
			e.Close()
			time.Sleep(time.Hour)
		}
		e := newEpochs(t, settings(p))
		for _, i := range []int{1, 2, 0} {
			_, err := e.Unwrap(t.Context(), old[i].Wrapped, old[i].Created)
			require.NoError(t, err)
		}
		require.NoError(t, e.Ready(t.Context()))
		assert.Equal(t, old[2].Wrapped, current(t, e).Wrapped)
		e.Close()
	})
}

func TestEpochsThatMustNotBeWrittenWith(t *testing.T) {
	t.Parallel()
	t.Run("from the future", func(t *testing.T) {
		t.Parallel()
		p := envelopetest.New("k1")
		e := newEpochs(t, settings(p))
		k, err := p.Generate(t.Context(), settings(p).Context)
		require.NoError(t, err)
		_, err = e.Unwrap(t.Context(), k.Wrapped, time.Now().Add(time.Hour))
		require.NoError(t, err)
		require.NoError(t, e.Ready(t.Context()))
		assert.NotEqual(t, k.Wrapped.ID(), current(t, e).Wrapped.ID())
	})
	t.Run("under a key that is configured for reading only", func(t *testing.T) {
		t.Parallel()
		p := envelopetest.New("k1")
		k, err := p.Generate(t.Context(), settings(p).Context)
		require.NoError(t, err)
		p.Use("k2")
		e := newEpochs(t, settings(p))
		_, err = e.Unwrap(t.Context(), k.Wrapped, time.Now())
		require.NoError(t, err)
		require.NoError(t, e.Ready(t.Context()))
		assert.Equal(t, "k2", current(t, e).Wrapped.KeyID)
	})
}

func TestOneRequestForAnEpochThatManyFilesName(t *testing.T) {
	t.Parallel()
	p := envelopetest.New("k1")
	k, err := p.Generate(t.Context(), settings(p).Context)
	require.NoError(t, err)
	e := newEpochs(t, settings(p))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, err := e.Unwrap(t.Context(), k.Wrapped, time.Now())
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	assert.Equal(t, 1, p.Calls("unwrap"))
}

func TestClientsThatOpenTogetherMintOnce(t *testing.T) {
	t.Parallel()
	p := envelopetest.New("k1")
	e := newEpochs(t, settings(p))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { assert.NoError(t, e.Ready(t.Context())) })
	}
	wg.Wait()
	assert.Equal(t, 1, p.Calls("generate"))
}

func TestUnwrapRefusals(t *testing.T) {
	t.Parallel()
	p := envelopetest.New("k1")
	k, err := p.Generate(t.Context(), settings(p).Context)
	require.NoError(t, err)

	s := settings(p)
	s.Context = s.Context.With("otel-store", "b")
	_, err = newEpochs(t, s).Unwrap(t.Context(), k.Wrapped, time.Now())
	require.ErrorIs(t, err, envelope.ErrBadCiphertext)
	require.ErrorContains(t, err, "otel-store: b", "the context is named")
	require.ErrorContains(t, err, "k1", "the key is named")

	_, err = newEpochs(t, settings(envelopetest.New("k9"))).Unwrap(t.Context(), k.Wrapped, time.Now())
	require.ErrorIs(t, err, envelope.ErrUnknownKey)
	require.ErrorContains(t, err, "k1")
	require.ErrorContains(t, err, "k9")
	assert.Equal(t, 1, p.Calls("unwrap"), "a refusal is final, not retried")
}

func TestOutageAtStart(t *testing.T) {
	t.Parallel()
	t.Run("is waited for", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := envelopetest.New("k1")
			p.Fail(envelope.ErrTransient)
			e := newEpochs(t, settings(p))
			time.AfterFunc(time.Minute, func() { p.Fail(nil) })
			begin := time.Now()
			require.NoError(t, e.Ready(t.Context()))
			assert.Less(t, time.Since(begin), time.Minute+11*time.Second)
			e.Close()
		})
	})
	t.Run("ends at startup_timeout with key and context named", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := envelopetest.New("k1")
			k, err := p.Generate(t.Context(), settings(p).Context)
			require.NoError(t, err)
			p.Fail(envelope.ErrThrottled)
			e := newEpochs(t, settings(p))
			begin := time.Now()
			_, err = e.Unwrap(t.Context(), k.Wrapped, time.Now())
			require.ErrorIs(t, err, envelope.ErrThrottled)
			require.ErrorContains(t, err, "startup_timeout (2m0s)")
			require.ErrorContains(t, err, "key k1")
			require.ErrorContains(t, err, "otel-store: a")
			assert.Equal(t, 2*time.Minute, time.Since(begin))
			assert.Greater(t, p.Calls("unwrap"), 10)
			assert.Less(t, p.Calls("unwrap"), 60, "a fleet must not hammer a KMS that is down")
			e.Close()
		})
	})
	t.Run("ends with the caller's context and with Close", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := envelopetest.New("k1")
			p.Fail(envelope.ErrTransient)
			e := newEpochs(t, settings(p))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			require.ErrorIs(t, e.Ready(ctx), envelope.ErrTransient)
			time.AfterFunc(time.Second, e.Close)
			begin := time.Now()
			require.Error(t, e.Ready(t.Context()))
			assert.Equal(t, time.Second, time.Since(begin))
		})
	})
}

func TestRotationWithNextEpochMintedAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := envelopetest.New("k1")
		e := ready(t, settings(p))
		first := current(t, e)
		time.Sleep(21*time.Hour + time.Second)
		synctest.Wait()
		assert.Equal(t, 2, p.Calls("generate"), "minted an eighth of the interval ahead")
		assert.Same(t, first, current(t, e))
		p.Fail(envelope.ErrTransient) // the outage that minting ahead is for
		time.Sleep(3*time.Hour - 2*time.Second)
		synctest.Wait()
		assert.Same(t, first, current(t, e))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		second := current(t, e)
		assert.NotSame(t, first, second)
		assert.Equal(t, 3*time.Hour, e.Age().Round(time.Minute))
		// A writer may still hold the first for a moment.
		_, err := first.Segment(envelope.SegmentInfo{Suite: envelope.SuiteAES256GCM}, [32]byte{})
		require.NoError(t, err)
		time.Sleep(11 * time.Minute)
		synctest.Wait()
		_, err = first.Segment(envelope.SegmentInfo{Suite: envelope.SuiteAES256GCM}, [32]byte{})
		require.ErrorIs(t, err, envelope.ErrWiped)
		e.Close()
	})
}

func TestLongOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen states
		s := settings(nil)
		p := envelopetest.New("k1")
		s.Provider, s.OnState = p, seen.add
		e := ready(t, s)
		p.Fail(envelope.ErrTransient)
		time.Sleep(5*time.Minute + time.Second)
		synctest.Wait()
		assert.Equal(t, envelope.HealthUnavailable, e.State().Health)
		assert.False(t, e.State().Refusing)
		time.Sleep(72*time.Hour - 5*time.Minute - 2*time.Second)
		synctest.Wait()
		require.NoError(t, e.Admit(), "the current epoch serves up to max_epoch_age")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.ErrorIs(t, e.Admit(), envelope.ErrEpochExpired)
		require.ErrorIs(t, e.Admit(), envelope.ErrTransient)
		_, err := e.Current()
		require.NoError(t, err, "reads and deletes go on")
		p.Fail(nil)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		require.NoError(t, e.Admit(), "a new epoch was made as soon as the KMS was back")
		health := seen.health()
		assert.Equal(t, envelope.HealthUnavailable, health[0])
		assert.Equal(t, envelope.HealthOK, health[len(health)-1])
		assert.LessOrEqual(t, len(health), 4, "a state is told once, not at every probe")
		e.Close()
	})
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	for _, class := range []error{envelope.ErrDenied, envelope.ErrDisabled, envelope.ErrGone, envelope.ErrBadCiphertext} {
		t.Run(class.Error(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := envelopetest.New("k1")
				e := ready(t, settings(p))
				p.Fail(class)
				time.Sleep(5*time.Minute + time.Second)
				synctest.Wait()
				assert.Equal(t, envelope.HealthRevoked, e.State().Health)
				require.NoError(t, e.Admit())
				time.Sleep(10 * time.Minute)
				p.Fail(envelope.ErrTransient) // an outage does not undo the refusal
				time.Sleep(5*time.Minute - 2*time.Second)
				synctest.Wait()
				require.NoError(t, e.Admit(), "within the grace")
				time.Sleep(2 * time.Second)
				synctest.Wait()
				require.ErrorIs(t, e.Admit(), envelope.ErrRevoked)
				assert.True(t, e.State().Refusing)
				p.Fail(nil)
				time.Sleep(31 * time.Second)
				synctest.Wait()
				require.NoError(t, e.Admit())
				assert.Equal(t, envelope.HealthOK, e.State().Health)
				assert.NoError(t, e.State().Err)
				e.Close()
			})
		})
	}
}

// Decrypt still works, but writing was taken away: that is a revocation too.
func TestRevocationOfMintingAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := envelopetest.New("k1")
		e := ready(t, settings(p))
		p.FailOp("generate", envelope.ErrDenied)
		time.Sleep(21*time.Hour + 20*time.Minute)
		synctest.Wait()
		require.ErrorIs(t, e.Admit(), envelope.ErrRevoked)
		p.FailOp("generate", nil)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		require.NoError(t, e.Admit())
		e.Close()
	})
}

func TestOperatorChangesTheKey(t *testing.T) {
	t.Parallel()
	for _, removeOld := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := envelopetest.New("k1")
			e := ready(t, settings(p))
			p.Use("k2")
			if removeOld {
				p.Remove("k1")
			}
			time.Sleep(5*time.Minute + time.Second)
			synctest.Wait()
			assert.Equal(t, "k2", current(t, e).Wrapped.KeyID)
			if removeOld {
				assert.Equal(t, envelope.HealthRevoked, e.State().Health, "that old files can't be opened again is seen")
				assert.ErrorContains(t, e.State().Err, "k1")
			}
			time.Sleep(30 * time.Second)
			synctest.Wait()
			assert.Equal(t, envelope.HealthOK, e.State().Health)
			assert.NoError(t, e.Admit())
			e.Close()
		})
	}
}

func TestNextEpochUnderAnOldKeyIsDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := envelopetest.New("k1")
		e := ready(t, settings(p))
		time.Sleep(22 * time.Hour)
		p.Use("k2")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.Equal(t, "k2", current(t, e).Wrapped.KeyID)
		for range 100 {
			time.Sleep(time.Hour)
			synctest.Wait()
			require.Equal(t, "k2", current(t, e).Wrapped.KeyID)
		}
		e.Close()
	})
}

func TestRequestsAreReported(t *testing.T) {
	t.Parallel()
	type report struct{ op, class string }
	var got []report
	p := envelopetest.New("k1")
	s := settings(p)
	s.OnRequest = func(op, class string, _ time.Duration) { got = append(got, report{op, class}) }
	e := ready(t, s)
	p.Fail(envelope.ErrDenied)
	_, err := e.Unwrap(t.Context(), envelope.Wrapped{Provider: "test", KeyID: "k", Blob: []byte{1}}, time.Now())
	require.ErrorIs(t, err, envelope.ErrDenied)
	assert.Equal(t, []report{{"status", "ok"}, {"generate", "ok"}, {"unwrap", "denied"}}, got)
}

// A request that hangs must not hold up Close.
func TestCloseCutsARequestShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := envelopetest.New("k1")
		var seen states
		s := settings(p)
		s.OnState = seen.add
		e := ready(t, s)
		defer p.Block()()
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		begin := time.Now()
		e.Close()
		assert.Zero(t, time.Since(begin))
		assert.Empty(t, seen.health(), "our own Close is no outage")
	})
}

// swapped returns another key than the one it wrapped, as a restored or forged
// plug-in could.
type swapped struct{ *envelopetest.Provider }

func (s swapped) Unwrap(_ context.Context, w envelope.Wrapped, _ envelope.Context) (*envelope.EpochKey, error) {
	return envelope.NewEpochKey(make([]byte, envelope.KeySize), w)
}

func TestProbeComparesKeys(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := ready(t, settings(swapped{envelopetest.New("k1")}))
		time.Sleep(6 * time.Minute)
		synctest.Wait()
		assert.Equal(t, envelope.HealthRevoked, e.State().Health)
		assert.ErrorIs(t, e.State().Err, envelope.ErrBadCiphertext)
		e.Close()
	})
}

// wall is a clock whose wall time can be set; monotonic time is the bubble's.
type wall struct {
	mu     sync.Mutex
	offset time.Duration
}

func (w *wall) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Round(0).Add(w.offset)
}

func (*wall) After(d time.Duration) <-chan time.Time { return time.After(d) }

// A machine that slept: the wall clock jumps, timers notice nothing.
func TestWallClockJumps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := envelopetest.New("k1")
		clock := &wall{}
		s := settings(p)
		s.Clock = clock
		e := ready(t, s)
		first := current(t, e)
		p.Fail(envelope.ErrTransient)
		clock.mu.Lock()
		clock.offset = 80 * time.Hour
		clock.mu.Unlock()
		require.ErrorIs(t, e.Admit(), envelope.ErrEpochExpired, "asked right after the jump")
		p.Fail(nil)
		time.Sleep(5*time.Minute + time.Second)
		synctest.Wait()
		require.NoError(t, e.Admit())
		assert.NotSame(t, first, current(t, e))
		e.Close()
	})
}
