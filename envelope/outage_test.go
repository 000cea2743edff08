package envelope_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/envelopetest"
)

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
			_, err = e.Unwrap(t.Context(), k.Wrapped)
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
