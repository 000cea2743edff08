package encryptedstorage

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/config/configoptional"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// A new key writes, the old one still reads, and both are on disk until the
// old segments are gone.
func changedKey(t *testing.T, s *keyService) {
	s.cfg.Keys.StatusInterval = time.Hour
	s.stored(t)
	changed := s.change(t, false)
	for round := range 2 {
		c, stop := run(t, s.cfg)
		c.works(t)
		epoch, err := c.epochs.Current()
		require.NoError(t, err)
		assert.Equal(t, changed, epoch.Wrapped.KeyID)
		assert.InDelta(t, 1-round, c.count(t, "kms_requests", "op", "generate", "code", "ok"), 0, "the epoch of the first run is used again")
		assert.InDelta(t, 2, c.count(t, "live_epochs"), 0)
		stop()
	}
}

// An operator who changes the key in the service itself is followed without a
// restart.
func keyChangesWhileRunning(t *testing.T, s *keyService) {
	s.stored(t)
	c, stop := run(t, s.cfg)
	require.NoError(t, c.insert())
	changed := s.change(t, false)
	require.Eventually(t, func() bool {
		epoch, err := c.epochs.Current()
		require.NoError(t, err)
		return epoch.Wrapped.KeyID == changed
	}, time.Minute, 5*time.Millisecond)
	require.Eventually(t, func() bool {
		require.NoError(t, c.insert())
		return c.count(t, "live_epochs") == 2
	}, time.Minute, 10*time.Millisecond)
	c.works(t)
	stop()
	c, stop = run(t, s.cfg)
	c.works(t)
	stop()
}

// Without also_decrypt the start says which key is missing, and touches
// nothing; with it, all is as before.
func changedKeyAlone(t *testing.T, s *keyService) {
	before := s.stored(t)
	changed := s.change(t, true)
	c := newCollector(t, s.cfg)
	err := c.start()
	require.ErrorIs(t, err, envelope.ErrUnknownKey)
	for _, part := range []string{"extensions::encrypted_storage::keys::aws_kms: ", exporterID.String(), s.keyID, changed, "also_decrypt"} {
		require.ErrorContains(t, err, part)
	}
	assert.InDelta(t, 1, c.count(t, "frames_rejected", "reason", "wrong_key"), 0)
	require.NoError(t, c.Shutdown(t.Context()))
	assert.Equal(t, before, files(t, s.cfg.Directory), "nothing deleted, nothing added")
	aws := *s.cfg.Keys.AWSKMS.Get()
	aws.AlsoDecrypt = []string{s.keyID}
	s.cfg.Keys.AWSKMS = configoptional.Some(aws)
	c, stop := run(t, s.cfg)
	c.works(t)
	stop()
}

func unknownARN(t *testing.T, s *keyService) {
	before := s.stored(t)
	aws := *s.cfg.Keys.AWSKMS.Get()
	right := aws
	aws.KeyARN = aws.KeyARN[:strings.LastIndexByte(aws.KeyARN, '/')] + "/00000000-0000-4000-8000-000000000000"
	s.cfg.Keys.AWSKMS = configoptional.Some(aws)
	s.cfg.Keys.StartupTimeout = time.Hour // it is not waited for
	c := newCollector(t, s.cfg)
	err := c.start()
	require.ErrorIs(t, err, envelope.ErrGone)
	for _, part := range []string{"extensions::encrypted_storage::keys::aws_kms: ", aws.KeyARN, "correct key_arn"} {
		require.ErrorContains(t, err, part)
	}
	assert.InDelta(t, 1, c.count(t, "kms_requests", "op", "status", "code", "gone"), 0)
	assert.Equal(t, before, files(t, s.cfg.Directory))
	s.cfg.Keys.AWSKMS = configoptional.Some(right)
	c, stop := run(t, s.cfg)
	c.works(t)
	stop()
}

func anotherContext(t *testing.T, s *keyService) {
	before := s.stored(t)
	s.cfg.Keys.Context = map[string]string{"otel-store": "edge-8"}
	c := newCollector(t, s.cfg)
	err := c.start()
	require.ErrorIs(t, err, envelope.ErrBadCiphertext)
	for _, part := range []string{"extensions::encrypted_storage::" + s.setting + ": ", exporterID.String(), s.keyID, "otel-store: edge-8", "restore the key and the keys::context"} {
		require.ErrorContains(t, err, part)
	}
	assert.InDelta(t, 1, c.count(t, "frames_rejected", "reason", "wrong_key"), 0)
	assert.Positive(t, c.count(t, "kms_requests", "op", "unwrap", "code", "bad_ciphertext"))
	require.NoError(t, c.Shutdown(t.Context()))
	assert.Equal(t, before, files(t, s.cfg.Directory), "nothing deleted, nothing added")
	s.cfg.Keys.Context["otel-store"] = "edge-7"
	c, stop := run(t, s.cfg)
	c.works(t)
	stop()
}
