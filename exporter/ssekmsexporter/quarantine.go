package ssekmsexporter

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	quarantineName  = "quarantine"
	quarantineIndex = "index"
	// maxQuarantined bounds the index. Beyond it poison stays in the queue,
	// where it is seen as an old batch.
	maxQuarantined = 1000
)

// quarantine keeps batches that the store refuses while it accepts others. It
// is a client of the queue's own storage extension: what the queue may not
// leave in clear on the disk, the quarantine may not either.
type quarantine struct {
	storageID *component.ID
	id        component.ID
	// client is set by start and nil without a storage extension.
	client storage.Client

	// mu guards everything declared below, and the order of writes.
	mu    sync.Mutex
	index []quarantined
}

// quarantined is one entry of the index. The batch itself is OTLP protobuf
// under Key.
type quarantined struct {
	Key     string    `json:"key"`
	Signal  string    `json:"signal"`
	Records int       `json:"records"`
	Time    time.Time `json:"time"`
	// Tenant is the sub-prefix; empty without tenants.
	Tenant string `json:"tenant,omitempty"`
}

var errQuarantineFull = errors.New("the quarantine is full; repair what the store refuses (a policy, a limit), then restart: each start tries every batch of it once more")

func newQuarantine(cfg *Config, id component.ID) *quarantine {
	q := &quarantine{id: id}
	if cfg.Queue.HasValue() {
		q.storageID = cfg.Queue.Get().StorageID
	}
	return q
}

func (q *quarantine) start(ctx context.Context, host component.Host) error {
	if q.storageID == nil {
		return nil
	}
	ext, ok := host.GetExtensions()[*q.storageID]
	if !ok {
		return fmt.Errorf("sending_queue::storage: extension %q is not configured; add it to service::extensions", q.storageID)
	}
	provider, ok := ext.(storage.Extension)
	if !ok {
		return fmt.Errorf("sending_queue::storage: extension %q is not a storage extension", q.storageID)
	}
	client, err := provider.GetClient(ctx, component.KindExporter, q.id, quarantineName)
	if err != nil {
		return fmt.Errorf("sending_queue::storage: open the quarantine: %w", err)
	}
	doc, err := client.Get(ctx, quarantineIndex)
	if err == nil && doc != nil {
		err = json.Unmarshal(doc, &q.index)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("sending_queue::storage: read the quarantine: %w", err), client.Close(ctx))
	}
	q.client = client
	return nil
}

func (q *quarantine) available() bool { return q.client != nil }

// len returns how many batches are kept.
func (q *quarantine) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.index)
}

// keep stores a batch and its index entry in one step. It returns once the
// storage extension has them.
func (q *quarantine) keep(ctx context.Context, b batch, tenant string, digest [32]byte, now time.Time) error {
	m := marshaler{traces: &ptrace.ProtoMarshaler{}, metrics: &pmetric.ProtoMarshaler{}, logs: &plog.ProtoMarshaler{}}
	doc, err := b.marshal(m, newScratch(), 0, b.resources())
	if err != nil {
		return errMarshal
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	entry := quarantined{Key: b.signal() + "_" + hex.EncodeToString(digest[:]), Signal: b.signal(), Records: records(b), Time: now.UTC(), Tenant: tenant}
	index := q.index
	// Equal batches are as many batches.
	for n, first := 2, entry.Key; slices.ContainsFunc(index, func(known quarantined) bool { return known.Key == entry.Key }); n++ {
		entry.Key = first + "-" + strconv.Itoa(n)
	}
	if len(index) >= maxQuarantined {
		return errQuarantineFull
	}
	index = append(index[:len(index):len(index)], entry)
	list, err := json.Marshal(index)
	if err != nil {
		return fmt.Errorf("write the quarantine's index: %w", err)
	}
	if err := q.client.Batch(ctx, storage.SetOperation(entry.Key, doc), storage.SetOperation(quarantineIndex, list)); err != nil {
		return fmt.Errorf("write to the quarantine: %w", err)
	}
	q.index = index
	return nil
}

// list returns what is kept, the oldest first.
func (q *quarantine) list() []quarantined {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.index[:len(q.index):len(q.index)]
}

// read returns the batch of an entry.
func (q *quarantine) read(ctx context.Context, entry quarantined) (batch, error) {
	doc, err := q.client.Get(ctx, entry.Key)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the quarantine: %w", err)
	case doc == nil:
		return nil, errors.New("read the quarantine: a batch of its index is not there")
	}
	unreadable := errors.New("read the quarantine: a batch cannot be decoded")
	switch entry.Signal {
	case signalTraces:
		if data, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(doc); err == nil {
			return newTracesBatch(data), nil
		}
	case signalMetrics:
		if data, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(doc); err == nil {
			return newMetricsBatch(data), nil
		}
	case signalLogs:
		if data, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(doc); err == nil {
			return newLogsBatch(data), nil
		}
	}
	return nil, unreadable // the library's own error can quote telemetry
}

// drop removes a batch and its index entry in one step.
func (q *quarantine) drop(ctx context.Context, entry quarantined) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	index := slices.DeleteFunc(slices.Clone(q.index), func(known quarantined) bool { return known.Key == entry.Key })
	list, err := json.Marshal(index)
	if err != nil {
		return fmt.Errorf("write the quarantine's index: %w", err)
	}
	if err := q.client.Batch(ctx, storage.DeleteOperation(entry.Key), storage.SetOperation(quarantineIndex, list)); err != nil {
		return fmt.Errorf("write to the quarantine: %w", err)
	}
	q.index = index
	return nil
}

func (q *quarantine) close(ctx context.Context) error {
	if q.client == nil {
		return nil
	}
	return q.client.Close(ctx)
}
