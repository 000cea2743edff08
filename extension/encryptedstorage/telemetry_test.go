package encryptedstorage

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/internal/metadata"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

// point sums up the data points of a metric whose attributes hold want.
func point(t *testing.T, tel *componenttest.Telemetry, name string, want map[string]string) float64 {
	m, err := tel.GetMetric(name)
	require.NoError(t, err, name)
	sum := 0.0
	count := func(attributes map[string]string, v float64) {
		for k, w := range want {
			if attributes[k] != w {
				return
			}
		}
		sum += v
	}
	switch d := m.Data.(type) {
	case metricdata.Gauge[int64]:
		for _, p := range d.DataPoints {
			count(pairs(p.Attributes.ToSlice()), float64(p.Value))
		}
	case metricdata.Gauge[float64]:
		for _, p := range d.DataPoints {
			count(pairs(p.Attributes.ToSlice()), p.Value)
		}
	case metricdata.Sum[int64]:
		for _, p := range d.DataPoints {
			count(pairs(p.Attributes.ToSlice()), float64(p.Value))
		}
	case metricdata.Histogram[float64]:
		for _, p := range d.DataPoints {
			count(pairs(p.Attributes.ToSlice()), float64(p.Count))
		}
	default:
		t.Fatalf("%s has an unknown kind", name)
	}
	return sum
}

func pairs(kvs []attribute.KeyValue) map[string]string {
	m := map[string]string{}
	for _, kv := range kvs {
		m[string(kv.Key)] = kv.Value.String()
	}
	return m
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.Background())) })
	set := extensiontest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	ctx := context.Background()
	cfg := testConfig(t)
	ext, err := NewFactory().Create(ctx, set, cfg)
	require.NoError(t, err)
	require.NoError(t, ext.Start(ctx, componenttest.NewNopHost()))
	c := openClient(t, ext.(storage.Extension))
	for _, key := range []string{"1", "2", "3"} {
		require.NoError(t, c.Batch(ctx, storage.SetOperation("qmv0", []byte("m"+key)), storage.SetOperation(key, make([]byte, 1000))))
	}
	require.NoError(t, c.Batch(ctx, storage.SetOperation("qmv0", []byte("n")), storage.DeleteOperation("1")))
	s := ext.(*store)
	s.telemetry.EncryptedStorageStorageFull.Add(ctx, 0)
	s.hooks("x").Batch("insert", sealedlog.ErrFull)
	s.hooks("x").Batch("insert", envelope.ErrRevoked)
	s.hooks("x").Batch("insert", errors.New("other"))

	const p = "otelcol_encrypted_storage_"
	at := func(name string, attributes ...string) float64 {
		want := map[string]string{}
		for i := 0; i+1 < len(attributes); i += 2 {
			want[attributes[i]] = attributes[i+1]
		}
		return point(t, tel, p+name, want)
	}
	assert.InDelta(t, 3, at("entries"), 0)
	assert.InDelta(t, 1, at("segments"), 0)
	assert.Greater(t, at("bytes", "state", "live"), 2000.0)
	assert.Greater(t, at("bytes", "state", "dead"), 2000.0)
	assert.Eventually(t, func() bool {
		_, err := c.Get(ctx, "2")
		require.NoError(t, c.Set(ctx, "qmv0", []byte("o")))
		return err == nil && at("bytes", "state", "spare") >= 1<<20 && at("reserve_in_use") == 0
	}, 20*time.Second, 5*time.Millisecond, "a spare stands by")
	assert.InDelta(t, 3, at("batches", "class", "insert", "result", "ok"), 0)
	assert.GreaterOrEqual(t, at("batches", "class", "maintenance", "result", "ok"), 1.0)
	assert.InDelta(t, 1, at("batches", "result", "full"), 0)
	assert.InDelta(t, 1, at("batches", "result", "refused"), 0)
	assert.InDelta(t, 1, at("batches", "result", "error"), 0)
	assert.InDelta(t, 1, at("storage_full"), 0)
	assert.GreaterOrEqual(t, at("append_duration"), 4.0)
	assert.GreaterOrEqual(t, at("fsync_duration"), 3.0)
	assert.InDelta(t, 1, at("recovery_duration"), 0)
	assert.Zero(t, at("recovery_lost_tail"))
	assert.InDelta(t, 1, at("live_epochs"), 0)
	assert.GreaterOrEqual(t, at("last_seq"), 4.0, "OPEN and three inserts")
	assert.Zero(t, at("frames_rejected"))
	assert.GreaterOrEqual(t, at("epoch_age"), 0.0)
	assert.GreaterOrEqual(t, at("oldest_record_age"), 0.0)
	assert.InDelta(t, 1, at("kms_requests", "op", "generate", "code", "ok"), 0)
	require.NoError(t, ext.Shutdown(ctx))
}

// A watcher takes a fall of last_seq for an older copy of the directory: nothing
// else may make it fall.
func TestLastSeqFallsWithAnOlderCopyOnly(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cfg := testConfig(t)
	c, stop := run(t, cfg)
	require.NoError(t, c.insert())
	name := fmt.Sprintf("%s %s %s", component.KindExporter, exporterID, "traces")
	for range 20 { // marks of delivery, which on_insert does not sync
		require.NoError(t, c.client.Set(ctx, "qmv0", []byte("m")))
	}
	st := c.snapshots()[name]
	require.Greater(t, st.Seq, st.Synced+10, "else there is nothing to lose")
	seen := c.count(t, "last_seq")
	assert.LessOrEqual(t, seen, float64(st.Synced), "a power loss takes what is beyond")
	assert.Positive(t, seen)
	image := filepath.Join(t.TempDir(), "spool")
	require.NoError(t, os.CopyFS(image, os.DirFS(cfg.Directory)))

	for range 50 {
		require.NoError(t, c.insert())
	}
	require.NoError(t, c.client.Close(ctx))
	closed := c.count(t, "last_seq")
	assert.GreaterOrEqual(t, closed, seen+50, "a client that closes")
	client, err := c.GetClient(ctx, component.KindExporter, exporterID, "traces")
	require.NoError(t, err)
	assert.GreaterOrEqual(t, c.count(t, "last_seq"), closed)
	require.NoError(t, client.Close(ctx))
	stop()

	// What the power loss would have left: nothing that was not synced.
	require.NoError(t, os.Chmod(image, 0o700))
	cfg.Directory = image
	for _, path := range segmentsOf(t, cfg) {
		require.NoError(t, os.Chmod(filepath.Dir(path), 0o700))
		change(t, path, func(data []byte) []byte {
			for _, f := range framesOf(data) {
				if binary.BigEndian.Uint64(data[f.at+8:]) > st.Synced {
					return data[:f.at]
				}
			}
			return data
		})
	}
	c, stop = run(t, cfg)
	restarted := c.count(t, "last_seq")
	assert.GreaterOrEqual(t, restarted, seen, "a power loss")
	assert.Less(t, restarted, closed, "an older copy")
	stop()
}

// statusHost keeps the statuses that are reported.
type statusHost struct {
	component.Host
	mu     sync.Mutex
	events []*componentstatus.Event
}

func (h *statusHost) Report(e *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

func (h *statusHost) last() componentstatus.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.events) == 0 {
		return componentstatus.StatusNone
	}
	return h.events[len(h.events)-1].Status()
}

func TestStatusIsRecoverable(t *testing.T) {
	t.Parallel()
	ext, err := NewFactory().Create(context.Background(), extensiontest.NewNopSettings(metadata.Type), testConfig(t))
	require.NoError(t, err)
	h := &statusHost{Host: componenttest.NewNopHost()}
	require.NoError(t, ext.Start(context.Background(), h))
	s := ext.(*store)
	becomes := func(want componentstatus.Status) {
		t.Helper()
		require.Eventually(t, func() bool { return h.last() == want }, 10*time.Second, time.Millisecond)
	}
	s.hooks("a").Event(sealedlog.Event{Kind: sealedlog.EventStuck, Err: errors.New("disk")})
	becomes(componentstatus.StatusRecoverableError)
	s.keyState(envelope.State{Health: envelope.HealthRevoked, Err: envelope.ErrRevoked})
	s.hooks("a").Event(sealedlog.Event{Kind: sealedlog.EventRecovered})
	becomes(componentstatus.StatusRecoverableError)
	s.keyState(envelope.State{})
	becomes(componentstatus.StatusOK)
	require.NoError(t, ext.Shutdown(context.Background()))
}
