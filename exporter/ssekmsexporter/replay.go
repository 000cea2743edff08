package ssekmsexporter

import (
	"context"
	"errors"

	"go.uber.org/zap"
)

// replay tries every quarantined batch once more after a start: what the store has
// refused, a policy or a limit, may be repaired since. What it refuses again stays.
func (e *engine) replay(ctx context.Context) {
	for _, kept := range e.quarantine.list() {
		if !e.writable(ctx, kept.Signal) {
			return
		}
		stored, err := e.replayOne(ctx, kept)
		switch {
		case ctx.Err() != nil:
			return
		case stored && err == nil:
			e.logger.Info("a quarantined batch was stored", zap.String("signal", kept.Signal), zap.Int("records", kept.Records))
		default:
			e.logger.Warn("a quarantined batch stays in the quarantine; the next start tries it again",
				zap.String("signal", kept.Signal), zap.Int("records", kept.Records), zap.Error(err))
		}
	}
}

// writable waits until the breaker is closed. It reports false when that is no
// longer to be waited for.
func (e *engine) writable(ctx context.Context, signal string) bool {
	for {
		open, changed, _ := e.breaker.state()
		if !open {
			return true
		}
		select {
		case <-changed:
		case <-e.leaving[signal]:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

var errNoTenant = errors.New("it was kept without its tenant, by a configuration that had none")

// replayOne puts one batch, and takes it out of the quarantine once it is verified. A
// process that ends between the two puts it once more.
func (e *engine) replayOne(ctx context.Context, kept quarantined) (stored bool, err error) {
	if e.tenants != nil && kept.Tenant == "" {
		return false, errNoTenant
	}
	b, err := e.quarantine.read(ctx, kept)
	if err != nil {
		return false, err
	}
	if err := e.slots.acquire(ctx, e.leaving[kept.Signal]); err != nil {
		return false, err
	}
	defer e.slots.release()
	// It was one object when it was refused.
	o, err := e.build(b, kept.Tenant, kept.Time, maxPutBytes)
	if err != nil {
		return false, err
	}
	defer o.body.release()
	p := &pushing{engine: e, id: batchID{signal: kept.Signal}, tenant: kept.Tenant, first: kept.Time, done: settled{}}
	if err := p.storeObject(ctx, o, ""); err != nil {
		return false, err
	}
	return true, e.quarantine.drop(ctx, kept)
}
