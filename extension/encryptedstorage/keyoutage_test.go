package encryptedstorage

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// The key service is asked once for a new key, and after a restart once for
// the same one again.
func startsAgain(t *testing.T, s *keyService) {
	s.cfg.Keys.StatusInterval = time.Hour // no probe among the requests
	c, stop := run(t, s.cfg)
	require.NoError(t, c.client.Set(context.Background(), "kept", []byte("value")))
	for range 10 {
		require.NoError(t, c.insert())
	}
	c.works(t)
	assert.InDelta(t, 1, c.count(t, "kms_requests", "op", "status", "code", "ok"), 0)
	assert.InDelta(t, 1, c.count(t, "kms_requests", "op", "generate", "code", "ok"), 0)
	assert.InDelta(t, 2, c.count(t, "kms_requests"), 0, "no request is made for a record")
	assert.InDelta(t, 1, c.count(t, "live_epochs"), 0)
	age := c.count(t, "epoch_age")
	assert.Positive(t, age)
	assert.LessOrEqual(t, age, c.epochs.Age().Seconds())
	stop()

	c, stop = run(t, s.cfg)
	c.works(t)
	assert.Zero(t, c.count(t, "kms_requests", "op", "generate"), "the epoch key is used again")
	assert.InDelta(t, 1, c.count(t, "kms_requests", "op", "unwrap", "code", "ok"), 0, "one request for all segments")
	assert.InDelta(t, 1, c.count(t, "live_epochs"), 0)
	assert.Greater(t, c.count(t, "epoch_age"), age)
	assert.Zero(t, c.count(t, "frames_rejected"))
	assert.Empty(t, c.host.events)
	stop()
}

func outageAtStart(t *testing.T, s *keyService) {
	long := s.cfg.Keys.StartupTimeout
	for _, filled := range []bool{false, true} {
		if filled {
			s.stored(t)
		}
		before := []string(nil)
		if filled {
			before = files(t, s.cfg.Directory)
		}
		s.outage(true)
		s.cfg.Keys.StartupTimeout = 300 * time.Millisecond
		c := newCollector(t, s.cfg)
		err := c.start()
		require.ErrorIs(t, err, envelope.ErrTransient)
		for _, part := range []string{
			"encrypted_storage: extensions::encrypted_storage::" + s.setting + ": ",
			"gave up after startup_timeout (300ms)", "otel-purpose: spool", "otel-store: edge-7",
			"raise keys::startup_timeout",
		} {
			require.ErrorContains(t, err, part)
		}
		if filled || s.setting == "keys::aws_kms" { // a plug-in names its key only when it can be reached
			require.ErrorContains(t, err, s.keyID)
		}
		assert.Positive(t, c.count(t, "kms_requests", "code", "transient"))
		if filled {
			assert.Equal(t, before, files(t, s.cfg.Directory), "nothing deleted, nothing added")
		}
		s.outage(false)
		s.cfg.Keys.StartupTimeout = long
	}
	c, stop := run(t, s.cfg)
	c.works(t)
	require.NoError(t, c.insert())
	stop()
}

// An outage is gone through with the key at hand until it is too old; then
// only inserts end. The first answer of the service ends it all.
func outageWhileRunning(t *testing.T, s *keyService) {
	s.cfg.Keys.RotationInterval, s.cfg.Keys.MaxEpochAge = time.Second, 4*time.Second
	s.stored(t)
	c, stop := run(t, s.cfg)
	require.NoError(t, c.insert())
	s.outage(true)
	var err error
	admitted := 0
	require.Eventually(t, func() bool {
		if err = c.insert(); err == nil {
			admitted++
			return false
		}
		return true
	}, time.Minute, 10*time.Millisecond)
	// Not a moment earlier.
	assert.GreaterOrEqual(t, c.epochs.Age(), s.cfg.Keys.MaxEpochAge)
	assert.GreaterOrEqual(t, c.count(t, "epoch_age"), s.cfg.Keys.MaxEpochAge.Seconds())
	assert.Positive(t, admitted)
	require.ErrorIs(t, err, envelope.ErrEpochExpired)
	require.NotErrorIs(t, err, storage.ErrStorageFull, "the queue would take it for a full disk")
	c.becomes(t, componentstatus.StatusRecoverableError)
	require.Eventually(t, func() bool {
		return c.count(t, "kms_requests", "op", "probe", "code", "transient") > 0 &&
			c.count(t, "kms_requests", "op", "generate", "code", "transient") > 0
	}, time.Minute, 10*time.Millisecond)
	assert.Positive(t, c.count(t, "batches", "class", "insert", "result", "refused"))
	assert.Zero(t, c.count(t, "storage_full"))
	c.works(t)

	s.outage(false)
	require.Eventually(t, func() bool { return c.insert() == nil }, time.Minute, 10*time.Millisecond)
	c.becomes(t, componentstatus.StatusOK)
	// The next file is sealed under the new key.
	require.Eventually(t, func() bool {
		require.NoError(t, c.insert())
		return c.count(t, "live_epochs") >= 2
	}, time.Minute, 10*time.Millisecond)
	c.works(t)
	c.onlyRecoverable(t)
	stop()
}

func throttledAtStart(t *testing.T, s *keyService) {
	s.stored(t)
	s.throttle(4) // more than one request's own attempts
	c, stop := run(t, s.cfg)
	c.works(t)
	assert.Positive(t, c.count(t, "kms_requests", "code", "throttled"))
	assert.Positive(t, c.count(t, "kms_requests", "code", "ok"))
	stop()
}

// Throttling is no revocation, however long it lasts.
func throttledWhileRunning(t *testing.T, s *keyService) {
	s.cfg.Keys.RevocationGrace = time.Millisecond
	s.stored(t)
	c, stop := run(t, s.cfg)
	s.throttle(0)
	require.Eventually(t, func() bool {
		return c.count(t, "kms_requests", "op", "probe", "code", "throttled") > 1
	}, time.Minute, 10*time.Millisecond)
	c.becomes(t, componentstatus.StatusRecoverableError)
	require.NoError(t, c.insert())
	c.works(t)
	s.throttle(-1)
	c.becomes(t, componentstatus.StatusOK)
	c.onlyRecoverable(t)
	stop()
}

func disabledWhileRunning(t *testing.T, s *keyService) {
	s.cfg.Keys.RevocationGrace = 500 * time.Millisecond
	s.stored(t)
	c, stop := run(t, s.cfg)
	require.NoError(t, c.insert())
	disabled := time.Now()
	s.disable(true)
	var err error
	require.Eventually(t, func() bool { err = c.insert(); return err != nil }, time.Minute, 10*time.Millisecond)
	assert.GreaterOrEqual(t, time.Since(disabled), s.cfg.Keys.RevocationGrace, "the grace counts from the first refusal")
	require.ErrorIs(t, err, envelope.ErrRevoked)
	require.ErrorIs(t, err, envelope.ErrDisabled)
	require.NotErrorIs(t, err, storage.ErrStorageFull)
	c.becomes(t, componentstatus.StatusRecoverableError)
	// The first refusal may have met a request for the next epoch.
	require.Eventually(t, func() bool { return c.count(t, "kms_requests", "op", "probe", "code", "disabled") > 0 }, time.Minute, 10*time.Millisecond)
	assert.Positive(t, c.count(t, "batches", "class", "insert", "result", "refused"))
	c.works(t)
	s.disable(false)
	require.Eventually(t, func() bool { return c.insert() == nil }, time.Minute, 10*time.Millisecond)
	c.becomes(t, componentstatus.StatusOK)
	c.onlyRecoverable(t)
	stop()
}

// A refusal is an answer: it is not waited for.
func disabledAtStart(t *testing.T, s *keyService) {
	before := s.stored(t)
	s.disable(true)
	s.cfg.Keys.StartupTimeout = time.Hour
	c := newCollector(t, s.cfg)
	err := c.start()
	require.ErrorIs(t, err, envelope.ErrDisabled)
	require.ErrorContains(t, err, "extensions::encrypted_storage::"+s.setting+": ")
	require.ErrorContains(t, err, "enable the key in the key service")
	assert.Equal(t, before, files(t, s.cfg.Directory))
	s.disable(false)
	c, stop := run(t, s.cfg)
	c.works(t)
	stop()
}
