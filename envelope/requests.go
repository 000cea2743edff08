package envelope

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// First and longest pause between two requests during an outage at start.
const (
	retryFirst = 200 * time.Millisecond
	retryMax   = 10 * time.Second
)

// retry calls f until it succeeds, fails for good, or StartupTimeout is over.
func (e *Epochs) retry(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := e.joined(ctx)
	defer cancel()
	begin := e.clock.Now()
	wait := retryFirst
	for {
		err := f(ctx)
		if err == nil || !Retryable(err) {
			return e.named(err)
		}
		left := e.s.StartupTimeout - e.clock.Now().Sub(begin)
		if left <= 0 {
			return fmt.Errorf("gave up after startup_timeout (%s): %w", e.s.StartupTimeout, e.named(err))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), e.named(err))
		case <-e.clock.After(min(jitter(wait), left)):
		}
		wait = min(2*wait, retryMax)
	}
}

// joined returns a context that ends with the caller's and with Close.
func (e *Epochs) joined(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(e.ctx, cancel)
	return ctx, func() { unhook(); cancel() }
}

// named adds the encryption context, which a policy may have refused.
func (e *Epochs) named(err error) error {
	if err == nil || errors.Is(err, ErrNotReady) {
		return err
	}
	return fmt.Errorf("encryption context %s: %w", e.s.Context, err)
}

// jitter spreads a fleet that was started by one outage's end: half of d to d.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1) //nolint:gosec // spreads load, guards nothing //nolint:gosec // spreads load, hides nothing
}

// acquire takes the one token of a lock, or gives up with ctx.
func acquire(ctx context.Context, lock chan struct{}) error {
	select {
	case lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ask runs one request to the provider and reports it.
func (e *Epochs) ask(ctx context.Context, op string, f func() (*EpochKey, error)) (*EpochKey, error) {
	if err := acquire(ctx, e.request); err != nil {
		return nil, err
	}
	defer func() { <-e.request }()
	return e.observe(op, f)
}

func (e *Epochs) observe(op string, f func() (*EpochKey, error)) (*EpochKey, error) {
	begin := e.clock.Now()
	k, err := f()
	if e.s.OnRequest != nil {
		e.s.OnRequest(op, Class(err), e.clock.Now().Sub(begin))
	}
	return k, err
}

func (e *Epochs) mint(ctx context.Context) (*EpochKey, error) {
	// The age counts from before the request: a slow KMS must not make the
	// key look younger than it is.
	created := e.clock.Now()
	k, err := e.ask(ctx, "generate", func() (*EpochKey, error) { return e.s.Provider.Generate(ctx, e.s.Context) })
	if err != nil {
		return nil, err
	}
	k.Created = created
	return k, nil
}

func (e *Epochs) status(ctx context.Context) (keyID string, err error) {
	_, err = e.ask(ctx, "status", func() (_ *EpochKey, err error) {
		keyID, err = e.s.Provider.Status(ctx, e.s.Context)
		return nil, err
	})
	return keyID, err
}
