package encryptedstorage

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/sealedlog"
)

// snapshots returns what all open logs say of themselves.
func (s *store) snapshots() map[string]sealedlog.Stats {
	s.mu.Lock()
	logs := make(map[string]*sealedlog.Log, len(s.clients))
	for name, c := range s.clients {
		if c != nil {
			logs[name] = c.log
		}
	}
	s.mu.Unlock()
	stats := make(map[string]sealedlog.Stats, len(logs))
	for name, l := range logs {
		stats[name] = l.Stats()
	}
	return stats
}

// lastSeq sums up the last sequence numbers that are known to be durable. Numbers
// beyond may be given out again after a power loss or a failed fsync: with them the
// sum would fall, and an older copy of the directory would not stand out.
func (s *store) lastSeq() int64 {
	stats := s.snapshots()
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, st := range stats {
		s.durable[name] = max(s.durable[name], st.Synced)
	}
	sum := int64(0)
	for _, seq := range s.durable {
		sum += int64(seq)
	}
	return sum
}

func (s *store) total(get func(sealedlog.Stats) int64) int64 {
	sum := int64(0)
	for _, st := range s.snapshots() {
		sum += get(st)
	}
	return sum
}

// observe registers the metrics that are read when they are collected.
func (s *store) observe() error {
	gauge := func(get func(sealedlog.Stats) int64) metric.Int64Callback {
		return func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(s.total(get))
			return nil
		}
	}
	b := s.telemetry
	return errors.Join(
		b.RegisterEncryptedStorageBytesCallback(func(_ context.Context, o metric.Int64Observer) error {
			var live, dead, spare int64
			for _, st := range s.snapshots() {
				live += st.LiveBytes
				spare += st.SpareBytes
				dead += st.FileBytes - st.LiveBytes - st.SpareBytes
			}
			o.Observe(live, stateAttribute(stateLive))
			o.Observe(dead, stateAttribute(stateDead))
			o.Observe(spare, stateAttribute(stateSpare))
			return nil
		}),
		b.RegisterEncryptedStorageEntriesCallback(gauge(func(st sealedlog.Stats) int64 { return int64(st.Entries) })),
		b.RegisterEncryptedStorageSegmentsCallback(gauge(func(st sealedlog.Stats) int64 { return int64(st.Segments) })),
		b.RegisterEncryptedStorageLastSeqCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(s.lastSeq())
			return nil
		}),
		b.RegisterEncryptedStorageLiveEpochsCallback(gauge(func(st sealedlog.Stats) int64 { return int64(st.LiveEpochs) })),
		b.RegisterEncryptedStorageReserveInUseCallback(gauge(func(st sealedlog.Stats) int64 {
			if st.Stuck || st.SpareBytes == 0 {
				return 1
			}
			return 0
		})),
		b.RegisterEncryptedStorageEpochAgeCallback(func(_ context.Context, o metric.Float64Observer) error {
			s.mu.Lock()
			epochs := s.epochs
			started := s.started
			s.mu.Unlock()
			if started {
				o.Observe(epochs.Age().Seconds())
			}
			return nil
		}),
		b.RegisterEncryptedStorageOldestRecordAgeCallback(func(_ context.Context, o metric.Float64Observer) error {
			age := time.Duration(0)
			for _, st := range s.snapshots() {
				if !st.OldestRecord.IsZero() {
					age = max(age, time.Since(st.OldestRecord))
				}
			}
			o.Observe(age.Seconds())
			return nil
		}),
	)
}

// stuckCause and damageCause name what may be wrong with one client.
func stuckCause(client string) string  { return "writing " + client }
func damageCause(client string) string { return "damage " + client }

func rejectionReason(why sealedlog.Rejection) string {
	switch why {
	case sealedlog.RejectedTorn:
		return reasonTorn
	case sealedlog.RejectedTamper:
		return reasonTamper
	default:
		return reasonCorrupt
	}
}

// hooks connect one log to metrics, log lines and status. They run with the
// log locked.
func (s *store) hooks(name string) sealedlog.Hooks {
	ctx := context.Background()
	stuck, damage := stuckCause(name), damageCause(name)
	// Made once: attributes are allocated, and this is on the way of every call.
	done := map[string][]metric.AddOption{}
	for _, class := range []string{sealedlog.ClassInsert, sealedlog.ClassMaintenance} {
		done[class] = []metric.AddOption{batchAttributes(class, resultOK)}
	}
	return sealedlog.Hooks{
		Appended: func(d time.Duration) { s.telemetry.EncryptedStorageAppendDuration.Record(ctx, d.Seconds()) },
		Synced:   func(d time.Duration, _ error) { s.telemetry.EncryptedStorageFsyncDuration.Record(ctx, d.Seconds()) },
		Batch: func(class string, err error) {
			if err == nil {
				s.telemetry.EncryptedStorageBatches.Add(ctx, 1, done[class]...)
				return
			}
			result := resultError
			switch {
			case errors.Is(err, sealedlog.ErrFull):
				result = resultFull
				s.telemetry.EncryptedStorageStorageFull.Add(ctx, 1)
			case errors.Is(err, envelope.ErrEpochExpired), errors.Is(err, envelope.ErrRevoked):
				result = resultRefused
			}
			s.telemetry.EncryptedStorageBatches.Add(ctx, 1, batchAttributes(class, result))
		},
		Rejected: func(why sealedlog.Rejection, frames int) {
			s.telemetry.EncryptedStorageFramesRejected.Add(ctx, int64(frames), reasonAttribute(rejectionReason(why)))
		},
		Event: func(e sealedlog.Event) {
			switch e.Kind {
			case sealedlog.EventDamage:
				s.log.Error("stored data is damaged; its file is kept", zap.String("client", name), zap.Error(e.Err))
				s.health.set(damage, e.Err)
			case sealedlog.EventQuarantined:
				s.log.Info("no damaged file is in use any more; what there was is kept as quarantine-*", zap.String("client", name))
				s.health.clear(damage)
			case sealedlog.EventStuck:
				s.log.Error("storage can't be written", zap.String("client", name), zap.Error(e.Err))
				s.health.set(stuck, e.Err)
			case sealedlog.EventRecovered:
				s.log.Info("storage can be written again", zap.String("client", name))
				s.health.clear(stuck)
			case sealedlog.EventSpare:
				s.log.Warn("no room for a spare segment: new records are refused until the backlog shrinks", zap.String("client", name), zap.Error(e.Err))
			}
		},
	}
}

// opened records what the recovery of a client found.
func (s *store) opened(name string, st sealedlog.Stats) {
	ctx := context.Background()
	s.telemetry.EncryptedStorageRecoveryDuration.Record(ctx, st.RecoveryDuration.Seconds())
	s.telemetry.EncryptedStorageRecoveryLostTail.Add(ctx, st.LostBytes)
	s.log.Info("storage opened", zap.String("client", name), zap.Int("entries", st.Entries),
		zap.Int("segments", st.Segments), zap.Int64("lost_tail_bytes", st.LostBytes),
		zap.Uint64("damaged", st.Damages), zap.Uint64("last_seq", st.Seq), zap.Duration("took", st.RecoveryDuration))
}

// countRequest is told of every request to the key service.
func (s *store) countRequest(op, class string, _ time.Duration) {
	s.telemetry.EncryptedStorageKmsRequests.Add(context.Background(), 1, requestAttributes(op, class))
}

// keyState is told of every change of the key service's health.
func (s *store) keyState(state envelope.State) {
	if state.Err == nil {
		s.log.Info("key service is available")
		s.health.clear("keys")
		return
	}
	s.log.Error("key service", zap.Stringer("health", state.Health), zap.Bool("refusing_inserts", state.Refusing), zap.Error(state.Err))
	s.health.set("keys", state.Err)
}
