package ssekmsexporter

import (
	"context"
	"errors"
	"sync"
)

// slots bounds the uploads in flight. The bound halves when the store asks to
// slow down and grows by one after as many successes as it is large, so a
// throttled store is not met with the same load again.
type slots struct {
	max int

	// mu guards everything declared below.
	mu        sync.Mutex
	limit     int
	inUse     int
	queued    int // waiters
	successes int
	freed     chan struct{}
}

func newSlots(n int) *slots {
	n = max(n, 1)
	return &slots{max: n, limit: n, freed: make(chan struct{})}
}

// errLeaving sends a batch back to a queue that keeps it.
var errLeaving = errors.New("the exporter is shutting down")

// acquire waits for a slot, or until leaving is closed; a nil leaving never is.
func (s *slots) acquire(ctx context.Context, leaving <-chan struct{}) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queued++
	defer func() { s.queued-- }()
	for s.inUse >= s.limit {
		freed := s.freed
		s.mu.Unlock()
		var err error
		select {
		case <-freed:
		case <-leaving:
			err = errLeaving
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		s.mu.Lock()
		if err != nil {
			return err
		}
	}
	s.inUse++
	return nil
}

// waiting is how many wait for a slot.
func (s *slots) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queued
}

// release gives a slot back.
func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inUse--
	s.wake()
}

// slower halves the bound, down to one.
func (s *slots) slower() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = max(s.limit/2, 1)
	s.successes = 0
}

// faster counts a success.
func (s *slots) faster() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.successes++
	if s.limit < s.max && s.successes >= s.limit {
		s.limit++
		s.successes = 0
		s.wake()
	}
}

func (s *slots) current() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limit
}

// wake tells every waiter to look again. mu must be held.
func (s *slots) wake() {
	close(s.freed)
	s.freed = make(chan struct{})
}
