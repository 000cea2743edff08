package encryptedstorage

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/internal/metadata"
)

var exporterID = component.MustNewIDWithName("otlp_grpc", "backend")

func writeKeyFile(t testing.TB, path string, ids ...string) {
	var content []byte
	for _, id := range ids {
		key := make([]byte, 32)
		_, _ = rand.Read(key)
		content = append(content, id+" "+base64.StdEncoding.EncodeToString(key)+"\n"...)
	}
	require.NoError(t, os.WriteFile(path, content, 0o600))
}

// testConfig is a valid configuration over a new directory and key file.
func testConfig(t testing.TB) *Config {
	dir := t.TempDir()
	cfg := createDefaultConfig().(*Config)
	cfg.Directory = filepath.Join(dir, "spool")
	cfg.MinFreeSpace = 0
	keyFile := filepath.Join(dir, "spool.key")
	writeKeyFile(t, keyFile, "k1")
	cfg.Keys.KeyFile = configoptional.Some(KeyFileConfig{Path: keyFile})
	require.NoError(t, cfg.Validate())
	return cfg
}

func startStore(t testing.TB, cfg *Config) storage.Extension {
	ext, err := NewFactory().Create(context.Background(), extensiontest.NewNopSettings(metadata.Type), cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(context.Background(), componenttest.NewNopHost()))
	return ext.(storage.Extension)
}

func openClient(t testing.TB, s storage.Extension) storage.Client {
	c, err := s.GetClient(context.Background(), component.KindExporter, exporterID, "traces")
	require.NoError(t, err)
	return c
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	ctx := context.Background()
	for round := range 3 {
		s := startStore(t, cfg)
		c := openClient(t, s)
		if round > 0 {
			v, err := c.Get(ctx, "a")
			require.NoError(t, err)
			assert.Equal(t, "value", string(v))
		}
		require.NoError(t, c.Set(ctx, "a", []byte("value")))
		_, err := s.GetClient(ctx, component.KindExporter, exporterID, "traces")
		require.ErrorContains(t, err, "open already")
		if round != 1 { // Shutdown closes what a component left open
			require.NoError(t, c.Close(ctx))
			_, err = c.Get(ctx, "a")
			require.Error(t, err)
		}
		require.NoError(t, s.Shutdown(ctx))
	}
}

func TestShutdownWithoutStart(t *testing.T) {
	t.Parallel()
	ext, err := NewFactory().Create(context.Background(), extensiontest.NewNopSettings(metadata.Type), testConfig(t))
	require.NoError(t, err)
	require.NoError(t, ext.Shutdown(context.Background()))
}

// A component that closes its client twice must not let a third one open the log
// beside the second.
func TestSecondCloseReleasesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := startStore(t, testConfig(t))
	first := openClient(t, s)
	require.NoError(t, first.Close(ctx))
	second := openClient(t, s)
	require.NoError(t, first.Close(ctx))
	_, err := s.GetClient(ctx, component.KindExporter, exporterID, "traces")
	require.ErrorContains(t, err, "open already")
	require.NoError(t, second.Close(ctx))
	require.NoError(t, s.Shutdown(ctx))
}

// Metrics are read from the beginning, also while the store starts.
func TestMetricsWhileStarting(t *testing.T) {
	t.Parallel()
	telemetry := componenttest.NewTelemetry()
	set := extension.Settings{ID: component.NewID(metadata.Type), TelemetrySettings: telemetry.NewTelemetrySettings()}
	ext, err := NewFactory().Create(context.Background(), set, testConfig(t))
	require.NoError(t, err)
	stop := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = telemetry.GetMetric("otelcol_encrypted_storage_epoch_age") // there is none before the start
			}
		}
	})
	require.NoError(t, ext.Start(context.Background(), componenttest.NewNopHost()))
	close(stop)
	reader.Wait()
	require.NoError(t, ext.Shutdown(context.Background()))
	require.NoError(t, telemetry.Shutdown(context.Background()))
}
