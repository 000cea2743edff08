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

// The goroutine that rotates waits for a key service that does not answer while
// a machine wakes up from a sleep: the epoch that stands by is taken, instead of
// refusing records until the request ends.
func TestNextEpochIsTakenWhileARequestHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := envelopetest.New("k1")
		clock := &wall{}
		s := settings(p)
		s.Clock = clock
		e := ready(t, s)
		first := current(t, e)
		time.Sleep(22 * time.Hour)
		synctest.Wait()
		require.Equal(t, 2, p.Calls("generate"), "the next epoch stands by")
		release := p.Block()
		probes := p.Calls("unwrap")
		time.Sleep(5*time.Minute + time.Second)
		synctest.Wait()
		require.Equal(t, probes+1, p.Calls("unwrap"), "a probe hangs")
		clock.mu.Lock()
		clock.offset = 60 * time.Hour // the first is older than max_epoch_age, the next is not
		clock.mu.Unlock()
		require.NoError(t, e.Admit())
		assert.NotSame(t, first, current(t, e))
		assert.False(t, e.State().Refusing)
		release()
		e.Close()
	})
}
