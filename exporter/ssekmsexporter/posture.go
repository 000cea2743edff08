package ssekmsexporter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
)

// result of a posture check.
type result int64

const (
	resultOK result = iota
	// resultInconclusive is a question that could not be asked or that this
	// identity may not ask. It is never reported as ok.
	resultInconclusive
	resultFail
)

func (r result) String() string {
	return [...]string{"ok", "inconclusive", "fail"}[r]
}

// finding is the outcome of one named check.
type finding struct {
	check  string
	result result
	why    error // nil when ok
}

func ok(check string) finding { return finding{check: check, result: resultOK} }
func failed(check string, why error) finding {
	return finding{check: check, result: resultFail, why: why}
}

func inconclusive(check string, why error) finding {
	return finding{check: check, result: resultInconclusive, why: why}
}

// posture remembers the last result of each check.
type posture struct {
	// mu guards everything declared below.
	mu   sync.Mutex
	last map[string]finding
	// settled is set once a full run ended without a failed check. Under
	// enforce no telemetry is sent before.
	settled bool
	// canary is the key of the last canary that passed.
	canary string
}

func newPosture() *posture { return &posture{last: make(map[string]finding)} }

// record stores a finding and reports whether its result is new.
func (p *posture) record(f finding) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, known := p.last[f.check]
	p.last[f.check] = f
	return !known || before.result != f.result
}

func (p *posture) isSettled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.settled
}

func (p *posture) setCanary(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.canary = key
}

func (p *posture) lastCanary() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.canary
}

func (p *posture) settle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settled = true
}

func (p *posture) observe(_ context.Context, o metric.Int64Observer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, f := range p.last {
		o.Observe(int64(f.result), metric.WithAttributes(attribute.String("check", name)))
	}
	return nil
}

const (
	// startBudget bounds all checks at start, so that a store that does not
	// answer delays the collector by no more.
	startBudget = 20 * time.Second
	// checkTimeout bounds one check.
	checkTimeout = 10 * time.Second

	// shortestProbe and longestProbe bound the wait between two canaries.
	shortestProbe = time.Second
	longestProbe  = 30 * time.Second
)

// checkAtStart runs every check. A failed one refuses start-up under enforce;
// a store that cannot be asked leaves the breaker open and lets the process
// start, because refusing would lose what the receivers could have queued.
func (e *engine) checkAtStart(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, startBudget)
	defer stop()
	generation := e.breaker.begin()
	canary := e.checkCanary(ctx)
	e.note(ctx, canary)
	findings := []finding{canary}
	if canary.result == resultOK {
		findings = append(findings, e.runChecks(ctx)...)
	}
	if err := e.judge(findings); err != nil {
		return err
	}
	if canary.result == resultOK {
		e.posture.settle()
		e.resume(generation)
		return nil
	}
	e.breaker.trip(canary.why)
	e.logger.Warn("the store could not be checked; the collector starts and holds data until a canary passes", zap.Error(canary.why))
	return nil
}

// judge turns findings into the refusal of a start, or nil.
func (e *engine) judge(findings []finding) error {
	if e.cfg.Posture.Mode != modeEnforce {
		return nil
	}
	var errs []error
	for _, f := range findings {
		switch {
		case f.result == resultFail:
			errs = append(errs, fmt.Errorf("s3_sse_kms: posture check %s failed: %s: %w", f.check, strings.TrimSuffix(fmt.Sprintf("exporters::%s::%s", e.id, f.path()), "::"), f.why))
		case f.result == resultInconclusive && e.cfg.Posture.Inconclusive == modeFail:
			errs = append(errs, fmt.Errorf("s3_sse_kms: posture check %s is inconclusive: exporters::%s::posture::inconclusive is fail: %w", f.check, e.id, f.why))
		}
	}
	return errors.Join(errs...)
}

// note records a finding and logs a change. What a shutdown has cut says nothing
// about the store; what the budget of a start has cut does.
func (e *engine) note(ctx context.Context, f finding) {
	if errors.Is(ctx.Err(), context.Canceled) || !e.posture.record(f) {
		return
	}
	fields := []zap.Field{zap.String("check", f.check), zap.Stringer("result", f.result)}
	switch f.result {
	case resultOK:
		e.logger.Info("posture check", fields...)
	case resultInconclusive:
		e.logger.Warn("posture check", append(fields, zap.Error(f.why))...)
	default:
		e.logger.Error("posture check", append(fields, zap.Error(f.why))...)
	}
}

// probeBackoff is the wait before the next canary. It grows with every canary,
// also over canaries that pass, until telemetry was stored and verified in
// between: a store that accepts canaries and lies about telemetry would get an
// object of it each second otherwise.
type probeBackoff struct {
	min, max, next time.Duration
	verified       uint64
}

// wait returns the wait before a canary, given how much telemetry was verified.
func (b *probeBackoff) wait(verified uint64) time.Duration {
	if verified != b.verified || b.next == 0 {
		b.verified, b.next = verified, b.min
	}
	d := b.next
	b.next = min(2*d, b.max)
	return d
}

// probe runs until the engine stops: canaries with backoff while the breaker is
// open, and all checks each recheck_interval while it is closed.
func (e *engine) probe(ctx context.Context) {
	backoff := probeBackoff{min: e.probeMin, max: e.probeMax}
	for {
		open, changed, _ := e.breaker.state()
		if !open {
			timer := time.NewTimer(e.cfg.Posture.RecheckInterval)
			select {
			case <-changed:
				// Give the store a moment: the canary after a violation would
				// only repeat it.
				timer.Stop()
			case <-timer.C:
				e.recheck(ctx)
			case <-ctx.Done():
				timer.Stop()
				return
			}
			continue
		}
		if !pause(ctx, e.stopping, backoff.wait(e.verified.Load())) {
			return
		}
		e.tryResume(ctx)
	}
}

// tryResume sends a canary and, if it passes, lets telemetry through.
func (e *engine) tryResume(ctx context.Context) {
	generation := e.breaker.begin()
	canary := e.checkCanary(ctx)
	if ctx.Err() != nil {
		return // the shutdown ended it, which says nothing about the store
	}
	e.note(ctx, canary)
	if canary.result != resultOK {
		e.hold(ctx, canary.why)
		return
	}
	if !e.posture.isSettled() {
		err := e.judge(e.runChecks(ctx))
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			e.hold(ctx, err)
			return
		}
		e.posture.settle()
	}
	e.resume(generation)
}

// recheck repeats every check. Only the canary opens the breaker: the other
// results are reported, and the data keeps being stored under the key.
func (e *engine) recheck(ctx context.Context) {
	canary := e.checkCanary(ctx)
	e.note(ctx, canary)
	if ctx.Err() == nil && canary.result == resultFail {
		e.hold(ctx, canary.why)
		return
	}
	e.runChecks(ctx)
}

// runChecks runs every check but the canary.
func (e *engine) runChecks(ctx context.Context) []finding {
	var findings []finding
	for _, check := range e.checks() {
		c, stop := context.WithTimeout(ctx, checkTimeout)
		f := check(c)
		stop()
		e.note(ctx, f)
		findings = append(findings, f)
	}
	return findings
}
