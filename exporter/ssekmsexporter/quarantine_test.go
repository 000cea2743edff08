package ssekmsexporter

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

func keyHas(key, signal string) bool { return strings.Contains(key, "/"+signal+"_") }

// disk is a storage extension in memory that outlives an exporter.
type disk struct {
	component.StartFunc
	component.ShutdownFunc

	mu   sync.Mutex
	data map[string][]byte
}

func newDisk() *disk { return &disk{data: make(map[string][]byte)} }

func (d *disk) GetClient(_ context.Context, _ component.Kind, id component.ID, name string) (storage.Client, error) {
	return &diskClient{disk: d, prefix: id.String() + "/" + name + "/"}, nil
}

func (d *disk) get(key string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.data[key]
}

func (d *disk) keys() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var keys []string
	for k := range d.data {
		keys = append(keys, k)
	}
	return keys
}

type diskClient struct {
	disk   *disk
	prefix string
}

func (c *diskClient) Get(_ context.Context, key string) ([]byte, error) {
	return c.disk.get(c.prefix + key), nil
}

func (c *diskClient) Set(ctx context.Context, key string, value []byte) error {
	return c.Batch(ctx, storage.SetOperation(key, value))
}

func (c *diskClient) Delete(ctx context.Context, key string) error {
	return c.Batch(ctx, storage.DeleteOperation(key))
}

func (c *diskClient) Batch(_ context.Context, ops ...*storage.Operation) error {
	c.disk.mu.Lock()
	defer c.disk.mu.Unlock()
	for _, op := range ops {
		switch op.Type {
		case storage.Get:
			op.Value = c.disk.data[c.prefix+op.Key]
		case storage.Set:
			c.disk.data[c.prefix+op.Key] = append([]byte(nil), op.Value...)
		case storage.Delete:
			delete(c.disk.data, c.prefix+op.Key)
		}
	}
	return nil
}

func (c *diskClient) Close(context.Context) error { return nil }

var storageID = component.MustNewID("disk")

// diskRig has a persistent queue on d.
func diskRig(t *testing.T, cfg *Config, d *disk) *rig {
	t.Helper()
	cfg.Queue.Get().StorageID = &storageID
	r := newRig(t, cfg)
	r.host.extensions = map[component.ID]component.Component{storageID: d}
	return r
}

// A body that the store refuses again and again, while it takes canaries, moves
// to the quarantine; the batches behind it go on.
func TestPoisonIsQuarantined(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	d := newDisk()
	cfg := stubConfig(stub)
	cfg.Compression = compressionNone
	r := diskRig(t, cfg, d)
	r.start(t)
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if strings.Contains(string(p.Body), "poison") {
			return s3stub.Fails(http.StatusBadRequest, "InvalidRequest")
		}
		return nil
	})
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(3, "poison")))
	require.NoError(t, r.logs.ConsumeLogs(t.Context(), testLogs(2, "fine")))
	eventually(t, "the poison is quarantined", func() bool { return r.sum(t, "s3_sse_kms_quarantined") == 1 })
	eventually(t, "the rest is stored", func() bool { return r.sum(t, "s3_sse_kms_objects") == 1 })
	refused := 0
	for _, p := range stub.Telemetry() {
		if strings.Contains(string(p.Body), "poison") {
			refused++
		}
	}
	assert.Equal(t, poisonLimit, refused)
	assert.Equal(t, 1, r.engine.quarantine.len())
	r.noPayload(t)
	r.stop(t)

	var kept []byte
	for _, k := range d.keys() {
		if strings.Contains(k, "/quarantine/traces_") {
			kept = d.get(k)
		}
	}
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(kept)
	require.NoError(t, err)
	assert.Equal(t, 3, td.SpanCount())

	again := diskRig(t, cfg, d)
	again.start(t)
	assert.Equal(t, 1, again.engine.quarantine.len(), "the index outlives a restart")
}

// Where only half of a split batch is poison, that half moves once, however often
// the other one has to be tried.
func TestPoisonedHalfIsQuarantinedOnce(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.Compression = compressionNone
	r := diskRig(t, cfg, newDisk())
	r.start(t)
	var refused, failures atomic.Int32
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		poison, fine := strings.Contains(string(p.Body), "poison"), strings.Contains(string(p.Body), "fine")
		switch {
		case poison && fine:
			return s3stub.Fails(http.StatusBadRequest, "EntityTooLarge")
		case poison:
			refused.Add(1)
			return s3stub.Fails(http.StatusBadRequest, "InvalidRequest")
		case fine && failures.Add(1) <= 3:
			return s3stub.Fails(http.StatusBadRequest, "BadDigest")
		}
		return nil
	})
	td := testTraces(3, "poison")
	testTraces(2, "fine").ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), td))
	eventually(t, "the other half is stored", func() bool { return r.sum(t, "s3_sse_kms_objects") == 1 })
	assert.EqualValues(t, 1, r.sum(t, "s3_sse_kms_quarantined"))
	assert.EqualValues(t, poisonLimit, refused.Load())
}

// While canaries fail, a refusal says nothing about the body: nothing moves.
func TestNoQuarantineWhileCanariesFail(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := diskRig(t, stubConfig(stub), newDisk())
	r.start(t)
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusBadRequest, "InvalidRequest") })
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(3, "a")))
	eventually(t, "the breaker opens", r.open)
	stub.Script(nil)
	eventually(t, "all is stored", func() bool { return storedSpans(t, stub)["a"] == 3 })
	assert.Zero(t, r.sum(t, "s3_sse_kms_quarantined"))
}

// Held data survives a restart on a persistent queue, and is then stored.
func TestHeldDataSurvivesARestart(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	d := newDisk()
	r := diskRig(t, stubConfig(stub), d)
	r.start(t)
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusForbidden, "AccessDenied") })
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(2, "a")))
	eventually(t, "the breaker opens", r.open)
	// Only now: a PUT that the hold cancels may still be stored.
	for range 4 {
		require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(2, "a")))
	}
	r.stop(t)
	assert.Empty(t, stub.Objects())

	stub.Script(nil)
	again := diskRig(t, stubConfig(stub), d)
	again.start(t)
	eventually(t, "all is stored", func() bool { return storedSpans(t, stub)["a"] == 10 })
}

// The shutdown of one signal does not wait for a store that holds: its batches
// go back to the queue at once, while the other signals stay.
func TestShutdownDoesNotWaitForTheStore(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	d := newDisk()
	r := diskRig(t, stubConfig(stub), d)
	r.engine.holdWait = time.Hour
	r.start(t)
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusForbidden, "AccessDenied") })
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(2, "a")))
	eventually(t, "the breaker opens", r.open)
	// Only now: a PUT that the hold cancels may still be stored.
	require.NoError(t, r.logs.ConsumeLogs(t.Context(), testLogs(2, "a")))
	eventually(t, "both are held", func() bool { n, _ := r.engine.attempts.held(time.Now()); return r.open() && n == 2 })
	require.NoError(t, r.traces.Shutdown(context.Background()))
	n, _ := r.engine.attempts.held(time.Now())
	assert.Equal(t, 2, n, "nothing is dropped")

	stub.Script(nil)
	eventually(t, "the logs are stored", func() bool { return len(stub.Objects()) == 1 })
	r.stopped = true
	require.NoError(t, r.metrics.Shutdown(context.Background()))
	require.NoError(t, r.logs.Shutdown(context.Background()))

	again := diskRig(t, stubConfig(stub), d)
	again.start(t)
	eventually(t, "the spans are stored", func() bool { return len(stub.Objects()) == 2 })
}

// Nor does it wait for an upload to end that hangs: with as many batches behind
// it as there are consumers, each would hang for its own timeout.
func TestShutdownDoesNotWaitForASlot(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	d := newDisk()
	cfg := stubConfig(stub)
	cfg.Queue.Get().NumConsumers = 1
	r := diskRig(t, cfg, d)
	r.start(t)
	gate := make(chan struct{})
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if p.Canary {
			return nil
		}
		return s3stub.After(gate, s3stub.Honest)
	})
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), testTraces(2, "a")))
	eventually(t, "an upload hangs", func() bool { return len(stub.Telemetry()) == 1 })
	require.NoError(t, r.logs.ConsumeLogs(t.Context(), testLogs(2, "a")))
	eventually(t, "another waits for its slot", func() bool { return r.engine.slots.waiting() == 1 })
	require.NoError(t, r.logs.Shutdown(context.Background()))
	assert.Empty(t, stub.Objects(), "it waited for the upload")
	assert.Zero(t, r.engine.slots.waiting())

	close(gate)
	eventually(t, "the spans are stored", func() bool { return len(stub.Objects()) == 1 })
	r.stopped = true
	require.NoError(t, r.traces.Shutdown(context.Background()))
	require.NoError(t, r.metrics.Shutdown(context.Background()))

	again := diskRig(t, stubConfig(stub), d)
	again.start(t)
	eventually(t, "the logs are stored", func() bool { return len(stub.Objects()) == 2 })
}

// Two batches equal byte for byte that the store keeps refusing are two batches.
func TestEqualBatchesAreQuarantinedEach(t *testing.T) {
	t.Parallel()
	stub, d := s3stub.New(t), newDisk()
	cfg := stubConfig(stub)
	cfg.Compression = compressionNone
	r := diskRig(t, cfg, d)
	r.start(t)
	stub.Script(func(p *s3stub.Put) s3stub.Answer {
		if strings.Contains(string(p.Body), "poison") {
			return s3stub.Fails(http.StatusBadRequest, "InvalidRequest")
		}
		return nil
	})
	poison := func() batch { return newTracesBatch(testTraces(3, "poison")) }
	for range 2 {
		done := settled{}
		var err error
		for range 2 * poisonLimit {
			if err = r.engine.push(t.Context(), poison(), "", done, poison); err == nil {
				break
			}
		}
		require.NoError(t, err)
	}
	assert.EqualValues(t, 2, r.sum(t, "s3_sse_kms_quarantined"))
	kept := 0
	for _, key := range d.keys() {
		if strings.Contains(key, "/quarantine/traces_") {
			td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(d.get(key))
			require.NoError(t, err)
			kept += td.SpanCount()
		}
	}
	assert.Equal(t, 6, kept)
}
