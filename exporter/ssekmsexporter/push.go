package ssekmsexporter

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
)

const (
	// maxNames bounds the numbered names tried for one body: <key>, <key>-2, ...
	// Equal batches (heartbeats without times) take them up; a random name
	// follows.
	maxNames = 5
	// quickRetries are made within one attempt, with the body at hand; after
	// them the batch goes back to exporterhelper's backoff.
	quickRetries    = 2
	quickRetryDelay = 250 * time.Millisecond
	// maxSalvage is how often a batch is halved in search of what cannot be
	// marshalled: a sixty-fourth of it is dropped at least, and it is marshalled
	// seven times at most.
	maxSalvage = 6
)

// settled holds the parts of one split batch that are stored and verified,
// quarantined or dropped, so that a retry neither sends nor counts them again. It
// goes with the request: an equal batch has parts of its own.
type settled map[string]struct{}

func (s settled) has(part string) bool {
	_, ok := s[part]
	return ok
}

// push stores one batch. It returns nil once every object of it is verified, a
// permanent error if some of its telemetry cannot be marshalled and the rest is
// stored, and a retryable error for everything else. It lets go of the batch
// while it uploads, and asks again for the same where the store's answer makes
// it necessary: several batches can wait for a slow store then without being
// held in decoded form.
func (e *engine) push(ctx context.Context, b batch, tenant string, done settled, again func() batch) error {
	n, signal := records(b), b.signal()
	if n == 0 {
		// A hole in the queue, or resources without records: nothing to keep.
		return nil
	}
	id := batchID{signal: signal, tenant: tenant, records: n, begins: begins(b)}
	p := &pushing{engine: e, id: id, tenant: tenant, first: e.attempts.firstTry(id, e.now()), done: done, again: again}
	err := p.run(ctx, b)
	if p.dropped > 0 {
		e.telemetry.S3SseKmsDroppedRecords.Add(ctx, int64(p.dropped), signalAttrs[signal])
		e.logger.Error("telemetry cannot be marshalled and is dropped", zap.String("signal", signal), zap.Int("records", p.dropped))
	}
	if err != nil {
		e.attempts.failed(id, p.first)
		if !e.cfg.Queue.HasValue() {
			e.attempts.watch(ctx, id)
		}
		return err
	}
	e.attempts.done(id)
	if p.dropped > 0 {
		return consumererror.NewPermanent(fmt.Errorf("%w: %d of %d records are dropped, the others are stored", errMarshal, p.dropped, n))
	}
	return nil
}

// signalAttrs is made once for each signal: it is needed for every object.
var signalAttrs = map[string]metric.MeasurementOption{
	signalTraces:  metric.WithAttributeSet(attribute.NewSet(attribute.String("signal", signalTraces))),
	signalMetrics: metric.WithAttributeSet(attribute.NewSet(attribute.String("signal", signalMetrics))),
	signalLogs:    metric.WithAttributeSet(attribute.NewSet(attribute.String("signal", signalLogs))),
}

// damaged counts records of a signal that a queue on disk gave back in a form
// that cannot be read. exporterhelper drops such requests, too.
func (e *engine) damaged(signal string) func(context.Context, int) {
	return func(ctx context.Context, n int) {
		e.telemetry.S3SseKmsDroppedRecords.Add(ctx, int64(n), signalAttrs[signal])
		e.logger.Error("telemetry from the sending queue cannot be read and is dropped; check the queue's storage",
			zap.String("signal", signal), zap.Int("records", n))
	}
}

// pushing is one attempt at one batch.
type pushing struct {
	engine *engine
	id     batchID
	tenant string
	first  time.Time
	done   settled
	again  func() batch
	// dropped counts the records that cannot be marshalled.
	dropped int
}

func (p *pushing) run(ctx context.Context, b batch) error {
	e := p.engine
	if open, _, _ := e.breaker.state(); open {
		e.attempts.failed(p.id, p.first)
	}
	if err := e.wait(ctx, p.id.signal); err != nil {
		return err
	}
	if err := e.slots.acquire(ctx, e.leavingFor(p.id.signal)); err != nil {
		return err
	}
	defer e.slots.release()
	return p.store(ctx, b, "", int64(e.cfg.Upload.MaxObjectBytes))
}

// store writes a batch as one object, or its halves. part names the half: "" is
// the whole batch, "lr" the right half of its left half.
func (p *pushing) store(ctx context.Context, b batch, part string, limit int64) error {
	e := p.engine
	o, err := e.build(b, p.tenant, p.first, limit)
	if errors.Is(err, errMarshal) {
		return p.salvage(ctx, b, part, limit)
	}
	if err == nil {
		if part == "" {
			b = nil // see push
		}
		err = p.storeObject(ctx, o, part)
		digest := o.name.digest
		size := o.body.size
		o.body.release()
		if err == nil {
			return nil
		}
		class := classify(err)
		if b == nil && (class == faultRejected || class == faultExists || class == faultTooLarge) {
			b = p.again()
		}
		if class == faultRejected || class == faultExists {
			return p.rejected(ctx, b, part, digest, err)
		}
		if class == faultTooLarge {
			if _, _, ok := b.halve(); !ok {
				return p.rejected(ctx, b, part, digest, err)
			}
			limit = min(limit, max(size-1, 1))
		}
	}
	if !errors.Is(err, errTooLarge) && classify(err) != faultTooLarge {
		return err
	}
	if _, _, ok := b.halve(); !ok {
		// One record beyond the bound: the bound is ours, the record is data.
		return p.store(ctx, b, part, maxPutBytes)
	}
	return p.storeHalves(ctx, b, part, limit)
}

// storeHalves stores the halves of a batch that has some.
func (p *pushing) storeHalves(ctx context.Context, b batch, part string, limit int64) error {
	left, right, _ := b.halve()
	if err := p.store(ctx, left, part+"l", limit); err != nil {
		return err
	}
	return p.store(ctx, right, part+"r", limit)
}

// salvage drops what cannot be marshalled of a batch, and stores the rest: one
// record of a hostile sender must not cost what came with it.
func (p *pushing) salvage(ctx context.Context, b batch, part string, limit int64) error {
	if _, _, ok := b.halve(); ok && len(part) < maxSalvage {
		return p.storeHalves(ctx, b, part, limit)
	}
	// A retry for the sake of another part does not count this one again.
	if dropped := part + "!"; !p.done.has(dropped) {
		p.done[dropped] = struct{}{}
		p.dropped += records(b)
	}
	return nil
}

// storeObject puts one object, under another name where the first is taken by
// an attempt that was never verified.
func (p *pushing) storeObject(ctx context.Context, o *object, part string) error {
	e := p.engine
	// The part belongs to the name: two halves can be equal byte for byte.
	stored := part + string(o.name.digest[:])
	if part != "" && p.done.has(stored) {
		return nil
	}
	var err error
	for n := 1; n <= maxNames+1; n++ {
		suffix := ""
		switch {
		case n > maxNames:
			suffix = rand.Text()
		case n > 1:
			suffix = strconv.Itoa(n)
		}
		if err = p.put(ctx, o, o.name.key(suffix)); err == nil {
			if n > 1 {
				e.telemetry.S3SseKmsUnverifiedDuplicates.Add(ctx, 1)
			}
			break
		}
		if classify(err) != faultExists {
			return err
		}
	}
	if err != nil {
		return err
	}
	if part != "" {
		p.done[stored] = struct{}{}
	}
	attrs := signalAttrs[o.name.signal]
	e.telemetry.S3SseKmsObjects.Add(ctx, 1, attrs)
	e.telemetry.S3SseKmsRawBytes.Add(ctx, o.body.raw, attrs)
	e.telemetry.S3SseKmsStoredBytes.Add(ctx, o.body.size, attrs)
	e.telemetry.S3SseKmsObjectSize.Record(ctx, o.body.size, attrs)
	return nil
}

// put makes up to 1+quickRetries attempts under one name.
func (p *pushing) put(ctx context.Context, o *object, key string) error {
	e := p.engine
	for try := 0; ; try++ {
		err := e.putVerified(ctx, o, key)
		if err == nil {
			e.slots.faster()
			return nil
		}
		class := classify(err)
		if mayBeAlone(err) && e.takesOthers(ctx) {
			err, class = &deniedAloneError{err}, faultRejected
		}
		e.telemetry.S3SseKmsFaults.Add(context.WithoutCancel(ctx), 1, metric.WithAttributes(attribute.String("reason", string(class))))
		switch class {
		case faultHold:
			e.hold(context.WithoutCancel(ctx), err)
			return err
		case faultThrottle, faultTransient:
			e.slots.slower()
		default:
			return err
		}
		if try == quickRetries || !pause(ctx, e.leaving[p.id.signal], quickRetryDelay<<try) {
			return err
		}
	}
}

// pause sleeps about d, and reports whether it slept to the end.
func pause(ctx context.Context, stopping <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d/2 + mathrand.N(d)) //nolint:gosec // jitter, nothing secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stopping:
	case <-ctx.Done():
	}
	return false
}

// rejected counts a refusal of this body. After poisonLimit of them, and a
// canary that passes right now, the store works and the body is the problem: it
// moves to the quarantine so that the batches behind it can go on.
func (p *pushing) rejected(ctx context.Context, b batch, part string, digest [32]byte, cause error) error {
	e := p.engine
	if e.attempts.reject(p.id, p.first, digest) < poisonLimit || !e.quarantine.available() {
		return cause
	}
	generation := e.breaker.begin()
	if err := e.canary(ctx); err != nil {
		e.hold(context.WithoutCancel(ctx), err)
		return cause
	}
	e.resume(generation)
	if err := e.quarantine.keep(ctx, b, p.tenant, digest, e.now()); err != nil {
		e.logger.Error("a batch that the store keeps refusing could not be quarantined; it stays in the queue", zap.Error(err))
		return cause
	}
	if part != "" {
		// A retry for the sake of another part neither sends nor counts it again.
		p.done[part+string(digest[:])] = struct{}{}
	}
	e.telemetry.S3SseKmsQuarantined.Add(ctx, 1, signalAttrs[b.signal()])
	e.logger.Warn("the store keeps refusing a batch while canaries pass; it was moved to the quarantine",
		zap.String("signal", b.signal()), zap.Int("records", records(b)), zap.Error(cause))
	return nil
}
