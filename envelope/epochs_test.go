package envelope_test

import (
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
	_, err = e.Unwrap(t.Context(), k.Wrapped)
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
		got, err := e.Unwrap(t.Context(), old.Wrapped)
		require.NoError(t, err)
		e.Reuse(old.Wrapped, old.Created)
		require.NoError(t, e.Ready(t.Context()))
		assert.Same(t, got, current(t, e))
		assert.Equal(t, 1, p.Calls("generate"), "no second epoch was made")
		e.Close()

		time.Sleep(4 * time.Hour) // now 24 h old
		e = newEpochs(t, settings(p))
		got, err = e.Unwrap(t.Context(), old.Wrapped)
		require.NoError(t, err)
		e.Reuse(old.Wrapped, old.Created)
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
			_, err := e.Unwrap(t.Context(), old[i].Wrapped)
			require.NoError(t, err)
			e.Reuse(old[i].Wrapped, old[i].Created)
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
		_, err = e.Unwrap(t.Context(), k.Wrapped)
		require.NoError(t, err)
		e.Reuse(k.Wrapped, time.Now().Add(time.Hour))
		require.NoError(t, e.Ready(t.Context()))
		assert.NotEqual(t, k.Wrapped.ID(), current(t, e).Wrapped.ID())
	})
	t.Run("of unknown age", func(t *testing.T) {
		t.Parallel()
		p := envelopetest.New("k1")
		e := newEpochs(t, settings(p))
		k, err := p.Generate(t.Context(), settings(p).Context)
		require.NoError(t, err)
		_, err = e.Unwrap(t.Context(), k.Wrapped)
		require.NoError(t, err)
		require.NoError(t, e.Ready(t.Context()))
		assert.NotEqual(t, k.Wrapped.ID(), current(t, e).Wrapped.ID())
	})
	t.Run("made younger by another header", func(t *testing.T) {
		t.Parallel()
		p := envelopetest.New("k1")
		e := newEpochs(t, settings(p))
		k, err := p.Generate(t.Context(), settings(p).Context)
		require.NoError(t, err)
		_, err = e.Unwrap(t.Context(), k.Wrapped)
		require.NoError(t, err)
		e.Reuse(k.Wrapped, time.Now().Add(-30*time.Hour))
		e.Reuse(k.Wrapped, time.Now())
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
		_, err = e.Unwrap(t.Context(), k.Wrapped)
		require.NoError(t, err)
		e.Reuse(k.Wrapped, time.Now())
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
			_, err := e.Unwrap(t.Context(), k.Wrapped)
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
	_, err = newEpochs(t, s).Unwrap(t.Context(), k.Wrapped)
	require.ErrorIs(t, err, envelope.ErrBadCiphertext)
	require.ErrorContains(t, err, "otel-store: b", "the context is named")
	require.ErrorContains(t, err, "k1", "the key is named")

	_, err = newEpochs(t, settings(envelopetest.New("k9"))).Unwrap(t.Context(), k.Wrapped)
	require.ErrorIs(t, err, envelope.ErrUnknownKey)
	require.ErrorContains(t, err, "k1")
	require.ErrorContains(t, err, "k9")
	assert.Equal(t, 1, p.Calls("unwrap"), "a refusal is final, not retried")
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
	_, err := e.Unwrap(t.Context(), envelope.Wrapped{Provider: "test", KeyID: "k", Blob: []byte{1}})
	require.ErrorIs(t, err, envelope.ErrDenied)
	assert.Equal(t, []report{{"status", "ok"}, {"generate", "ok"}, {"unwrap", "denied"}}, got)
}
