package ssekmsexporter

import (
	"context"
	"errors"
	"sync"
)

// errHeld is the cause of every refusal by the breaker. It is retryable.
var errHeld = errors.New("writes are held until a canary is stored under the configured key")

// breaker decides whether telemetry may be sent. One breaker serves all signals
// of a component. It starts open.
//
//   - A PUT of telemetry begins only inside admit, under mu, while closed.
//   - trip cancels every admitted PUT before it returns.
//   - Only a canary that began after the last trip may close it: close takes
//     the generation that the canary started from.
type breaker struct {
	// mu guards everything declared below.
	mu         sync.Mutex
	closed     bool
	generation uint64
	reason     error
	// changed is closed, and replaced, on each change of state.
	changed chan struct{}
	running map[*admission]struct{}
}

// admission is one PUT of telemetry that the breaker let through.
type admission struct {
	cancel context.CancelCauseFunc
}

func newBreaker() *breaker {
	return &breaker{
		reason:  errors.New("no canary has passed yet"),
		changed: make(chan struct{}),
		running: make(map[*admission]struct{}),
	}
}

// heldError says why nothing is sent. It unwraps to errHeld and to the reason.
type heldError struct{ reason error }

func (e *heldError) Error() string   { return errHeld.Error() + ": " + e.reason.Error() }
func (e *heldError) Unwrap() []error { return []error{errHeld, e.reason} }

// admit returns a context for one PUT that ends when the breaker opens, and a
// function that must be called when the PUT is over.
func (b *breaker) admit(ctx context.Context) (context.Context, func(), error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		return nil, nil, &heldError{reason: b.reason}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	a := &admission{cancel: cancel}
	b.running[a] = struct{}{}
	return ctx, func() {
		b.mu.Lock()
		delete(b.running, a)
		b.mu.Unlock()
		cancel(nil)
	}, nil
}

// trip opens the breaker and cancels what is running. It returns how many PUTs
// it cancelled, and whether the breaker was closed before or its reason is another
// one than before.
func (b *breaker) trip(reason error) (cancelled int, news bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.generation++
	changed := b.closed
	news = changed || b.reason.Error() != reason.Error()
	b.closed = false
	b.reason = reason
	for a := range b.running {
		a.cancel(&heldError{reason: reason})
		delete(b.running, a)
		cancelled++
	}
	if changed {
		b.signal()
	}
	return cancelled, news
}

// begin returns the generation that a canary starts from.
func (b *breaker) begin() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.generation
}

// close lets telemetry through, unless the breaker tripped after the canary of
// that generation began: its answer says nothing about the time since.
func (b *breaker) close(generation uint64) (ok, changed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if generation != b.generation {
		return false, false
	}
	changed = !b.closed
	b.closed = true
	b.reason = nil
	if changed {
		b.signal()
	}
	return true, changed
}

// state returns whether the breaker is open, a channel that is closed when that
// changes, and why it is open.
func (b *breaker) state() (open bool, changed <-chan struct{}, reason error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.closed, b.changed, b.reason
}

// signal wakes everyone who waits for a change. mu must be held.
func (b *breaker) signal() {
	close(b.changed)
	b.changed = make(chan struct{})
}
