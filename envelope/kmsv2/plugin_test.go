package kmsv2_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope/kmsv2"
	"github.com/sealed-otel/otelcol-sealed/envelope/kmsv2/kmsv2test"
)

func start(t *testing.T) (*kmsv2test.Plugin, *kmsv2.Provider) {
	t.Helper()
	p := kmsv2test.New("kek-1")
	socket := filepath.Join(t.TempDir(), "kms.sock")
	p.Serve(t, socket)
	return p, connect(t, socket)
}

func connect(t *testing.T, socket string) *kmsv2.Provider {
	t.Helper()
	provider, err := kmsv2.New(kmsv2.Settings{Endpoint: "unix://" + socket, Timeout: time.Minute})
	require.NoError(t, err)
	t.Cleanup(func() { _ = provider.Close() })
	return provider
}
