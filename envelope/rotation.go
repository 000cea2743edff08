package envelope

import (
	"context"
	"time"
)

// start begins the goroutine once; later calls wake it.
func (e *Epochs) start() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	if !e.probeAt.IsZero() {
		select {
		case e.wakeup <- struct{}{}:
		default:
		}
		return
	}
	now := e.clock.Now()
	e.since = now
	e.probeAt = now.Add(e.s.StatusInterval)
	e.lastSeen = e.state(now)
	e.loop.Go(e.run)
}

// run does what is due and sleeps until something else is.
func (e *Epochs) run() {
	for {
		wait := e.step(e.ctx)
		select {
		case <-e.ctx.Done():
			return
		case <-e.wakeup:
		case <-e.clock.After(wait):
		}
	}
}

// step does everything that is due now and returns how long nothing else is.
func (e *Epochs) step(ctx context.Context) time.Duration {
	e.promote()
	if e.mintDue() {
		e.mintNext(ctx)
		e.promote()
	}
	if e.probeDue() {
		e.probe(ctx)
	}
	e.expire()
	e.announce()
	return e.untilNext()
}

// lead is how long before RotationInterval the next epoch is minted.
func (e *Epochs) lead() time.Duration { return e.s.RotationInterval / 8 }

// pause is the time between probes while something is wrong: the end of an
// outage should be seen soon, but not by the whole fleet at once.
func (e *Epochs) pause() time.Duration {
	return jitter(max(time.Second, min(30*time.Second, e.s.StatusInterval)))
}

func (e *Epochs) promote() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.takeNext(e.clock.Now())
}

// takeNext makes the next epoch the current one if it is due; it needs mu, and a
// current one.
func (e *Epochs) takeNext(now time.Time) {
	if e.next == nil || age(now, e.current.Created) < e.s.RotationInterval {
		return
	}
	e.setCurrent(e.next)
	e.next = nil
}

func (e *Epochs) mintDue() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.Now()
	return e.next == nil && !now.Before(e.mintAt) &&
		age(now, e.current.Created) >= e.s.RotationInterval-e.lead()
}

func (e *Epochs) mintNext(ctx context.Context) {
	k, err := e.mint(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mintErr = err
	e.settle()
	if err != nil {
		e.mintAt = e.clock.Now().Add(e.pause())
		return
	}
	if e.closed {
		k.Wipe()
		return
	}
	e.next = k
}

func (e *Epochs) probeDue() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return !e.clock.Now().Before(e.probeAt)
}

// probe unwraps the current epoch, and follows the operator to another key:
// also then, and above all then, when the old one was taken away. That the old
// one does not open any more stays the probe's outcome once, so that it is
// seen: files sealed under it can't be opened after a restart.
func (e *Epochs) probe(ctx context.Context) {
	e.mu.Lock()
	current := e.current
	e.mu.Unlock()
	err := e.probeUnwrap(ctx, current)
	if err == nil || Revoked(err) {
		keyID, statusErr := e.status(ctx)
		if statusErr == nil && keyID != current.Wrapped.KeyID {
			k, mintErr := e.mint(ctx)
			if mintErr == nil {
				mintErr = e.install(k)
				e.dropNext(keyID)
			}
			if err == nil {
				err = mintErr
			}
		} else if err == nil {
			err = statusErr
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.probeErr = err
	e.settle()
	wait := e.s.StatusInterval
	if err != nil {
		wait = e.pause()
	}
	e.probeAt = e.clock.Now().Add(wait)
}

func (e *Epochs) probeUnwrap(ctx context.Context, current *EpochKey) error {
	k, err := e.ask(ctx, "probe", func() (*EpochKey, error) {
		return e.s.Provider.Unwrap(ctx, current.Wrapped, e.s.Context)
	})
	if err != nil {
		return err
	}
	defer k.Wipe()
	if !k.Equal(current) {
		// Files written now could not be read after a restart.
		return &Error{
			Class: ErrBadCiphertext, Provider: e.s.Provider.Name(), Op: "probe",
			KeyID: current.Wrapped.KeyID, Detail: "the key service returns another key than before",
		}
	}
	return nil
}

// dropNext forgets an epoch minted ahead under a key that is no longer used.
func (e *Epochs) dropNext(keyID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.next != nil && e.next.Wrapped.KeyID != keyID {
		e.next.Wipe()
		e.next = nil
	}
}

// settle derives health from the last outcomes; it needs mu. An outage after a
// refusal does not end the refusal: only an answer does.
func (e *Epochs) settle() {
	if e.closed {
		return // requests cut short by our own Close tell nothing of the KMS
	}
	now := e.clock.Now()
	health := HealthUnavailable
	switch {
	case e.probeErr == nil && e.mintErr == nil:
		health, e.revoked = HealthOK, time.Time{}
	case Revoked(e.probeErr), Revoked(e.mintErr), !e.revoked.IsZero():
		health = HealthRevoked
		if e.revoked.IsZero() {
			e.revoked = now
		}
	}
	if health != e.health {
		e.health, e.since = health, now
	}
}

// expire wipes epochs that nobody has asked for lately.
func (e *Epochs) expire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.Now()
	for id, c := range e.cache {
		if c.key != e.current && now.Sub(c.used) >= cacheLife {
			c.key.Wipe()
			delete(e.cache, id)
		}
	}
}

// announce tells OnState of a change. Only the goroutine of run calls it.
func (e *Epochs) announce() {
	e.mu.Lock()
	now := e.clock.Now()
	s := e.state(now)
	changed := s.Health != e.lastSeen.Health || s.Refusing != e.lastSeen.Refusing
	e.lastSeen = s
	closed := e.closed
	e.mu.Unlock()
	if changed && !closed && e.s.OnState != nil {
		e.s.OnState(s)
	}
}

// untilNext is the time to the earliest of: probe, mint, rotation, refusal by
// age, refusal by revocation, expiry of cached keys.
func (e *Epochs) untilNext() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.Now()
	if e.closed || e.current == nil {
		return e.s.StatusInterval
	}
	wait := e.probeAt.Sub(now)
	consider := func(at time.Time) {
		if d := at.Sub(now); d > 0 {
			wait = min(wait, d)
		}
	}
	// By age, not by date: the two clocks may disagree.
	created := now.Add(-age(now, e.current.Created))
	if e.next == nil {
		consider(created.Add(e.s.RotationInterval - e.lead()))
		consider(e.mintAt)
	}
	consider(created.Add(e.s.RotationInterval))
	consider(created.Add(e.s.MaxEpochAge))
	if !e.revoked.IsZero() {
		consider(e.revoked.Add(e.s.RevocationGrace))
	}
	for _, c := range e.cache {
		if c.key != e.current {
			consider(c.used.Add(cacheLife))
		}
	}
	return max(wait, 0)
}
