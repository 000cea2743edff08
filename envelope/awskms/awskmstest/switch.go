package awskmstest

import (
	"net/http"
	"time"
)

// Fault is an answer that requests get instead of the real one.
type Fault struct {
	Op     string // "Decrypt"; empty is every operation
	Status int    // HTTP status
	Code   string // error code, "KMSInternalException"
	Times  int    // how often; 0 is until Clear
}

// Inject makes the next matching requests fail. Signatures are still checked.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Status == 0 {
		f.Status = http.StatusBadRequest
	}
	if f.Times == 0 {
		f.Times = -1
	}
	s.faults = append(s.faults, &f)
}

// Throttle answers the next n requests with ThrottlingException, all of them
// if n is 0.
func (s *Server) Throttle(n int) { s.Inject(Fault{Code: "ThrottlingException", Times: n}) }

// Outage breaks every connection without an answer while on.
func (s *Server) Outage(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = on
}

// Latency delays every answer.
func (s *Server) Latency(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency = d
}

// Clear ends all faults, outage and latency.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.down, s.latency = nil, false, 0
}

func (s *Server) takeFault(op string) *apiError {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Times == 0 || f.Op != "" && f.Op != op {
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		return &apiError{f.Status, f.Code, "switched on by the test"}
	}
	return nil
}

// Disable makes a key answer DisabledException.
func (s *Server) Disable(arn string) { s.setState(arn, stateDisabled) }

// Enable undoes Disable, ScheduleDeletion and Unavailable.
func (s *Server) Enable(arn string) { s.setState(arn, stateEnabled) }

// ScheduleDeletion makes a key answer KMSInvalidStateException.
func (s *Server) ScheduleDeletion(arn string) { s.setState(arn, statePendingDeletion) }

// Unavailable makes a key answer KeyUnavailableException, as one in a key
// store that lost its connection.
func (s *Server) Unavailable(arn string) { s.setState(arn, stateUnavailable) }

// Delete removes a key for ever: NotFoundException.
func (s *Server) Delete(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, arn)
}

// Rotate gives a key new material; what the old one encrypted still opens.
func (s *Server) Rotate(arn string) {
	s.withKey(arn, (*kmsKey).rotate)
}

// SetPolicy replaces a key policy.
func (s *Server) SetPolicy(arn string, text []byte) {
	s.tb.Helper()
	s.withKey(arn, func(k *kmsKey) {
		if err := k.setPolicy(text); err != nil {
			s.tb.Fatalf("key %s: %v", arn, err)
		}
	})
}

func (s *Server) setState(arn, state string) {
	s.withKey(arn, func(k *kmsKey) { k.state = state })
}

func (s *Server) withKey(arn string, f func(*kmsKey)) {
	s.tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keys[arn]
	if k == nil {
		s.tb.Fatalf("no key %s", arn)
		return
	}
	f(k)
}
