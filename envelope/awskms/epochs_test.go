package awskms_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// The whole path in real time: official SDK, wire, classes, epochs, admission.
func TestEpochsOverTheWire(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	settings := envelope.EpochSettings{
		Provider: f.provider(t), Context: spool, RotationInterval: 24 * time.Hour, MaxEpochAge: 72 * time.Hour,
		RevocationGrace: 50 * time.Millisecond, StatusInterval: 50 * time.Millisecond, StartupTimeout: time.Minute,
	}
	e, err := envelope.NewEpochs(settings)
	require.NoError(t, err)
	defer e.Close()
	f.srv.Throttle(1) // waited for
	require.NoError(t, e.Ready(t.Context()))
	require.NoError(t, e.Admit())

	reaches := func(what string, condition func() bool) {
		t.Helper()
		require.Eventually(t, condition, time.Minute, 10*time.Millisecond, what)
	}
	health := func(h envelope.Health) func() bool { return func() bool { return e.State().Health == h } }

	f.srv.Outage(true)
	reaches("outage", health(envelope.HealthUnavailable))
	require.NoError(t, e.Admit(), "an outage alone refuses nothing")
	f.srv.Outage(false)
	reaches("end of the outage", health(envelope.HealthOK))

	f.srv.Disable(f.key)
	reaches("refusal", func() bool { return e.Admit() != nil })
	require.ErrorIs(t, e.Admit(), envelope.ErrRevoked)
	require.ErrorIs(t, e.Admit(), envelope.ErrDisabled)
	require.ErrorContains(t, e.Admit(), f.key)
	_, err = e.Current()
	require.NoError(t, err)
	f.srv.Enable(f.key)
	reaches("recovery", func() bool { return e.Admit() == nil })

	k, err := e.Current()
	require.NoError(t, err)
	wrapped, created := k.Wrapped, k.Created
	e.Close()
	e, err = envelope.NewEpochs(settings)
	require.NoError(t, err)
	defer e.Close()
	_, err = e.Unwrap(t.Context(), wrapped)
	require.NoError(t, err)
	e.Reuse(wrapped, created)
	require.NoError(t, e.Ready(t.Context()))
	again, err := e.Current()
	require.NoError(t, err)
	assert.Equal(t, wrapped.ID(), again.Wrapped.ID(), "the epoch is reused after a restart")
}
