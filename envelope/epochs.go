package envelope

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

var (
	// ErrEpochExpired: the current epoch is older than max_epoch_age and the
	// KMS gave no new one. Inserts are refused, reads and deletes go on.
	ErrEpochExpired = errors.New("epoch key is older than max_epoch_age and no new one could be made")
	// ErrRevoked: the KMS has refused the current epoch for longer than
	// revocation_grace. Inserts are refused, reads and deletes go on.
	ErrRevoked = errors.New("key is revoked for longer than revocation_grace")
	// ErrNotReady: no epoch was chosen yet, or Epochs is closed.
	ErrNotReady = errors.New("no epoch key: call Ready first")
)

// EpochSettings configure Epochs. All durations must be positive.
type EpochSettings struct {
	Provider Provider
	Context  Context

	RotationInterval time.Duration // age at which the next epoch takes over
	MaxEpochAge      time.Duration // age at which inserts are refused
	RevocationGrace  time.Duration // time from the first refusal to the end of inserts
	StatusInterval   time.Duration // time between probes while all is well
	StartupTimeout   time.Duration // how long Unwrap and Ready retry an outage

	// Clock is nil outside of tests.
	Clock Clock
	// OnRequest, if set, is told of every request to the provider: operation,
	// class code (see Class) and duration. It must not block.
	OnRequest func(op, class string, took time.Duration)
	// OnState, if set, is told of every change of State, one at a time, from
	// the goroutine that Ready starts. It must not call Close.
	OnState func(State)
}

// Health of the key service, as last seen.
type Health int

// The values of Health.
const (
	HealthOK          Health = iota
	HealthUnavailable        // outage, throttling: going on with the current epoch
	HealthRevoked            // the KMS refuses the current epoch, or a new one
)

func (h Health) String() string {
	switch h {
	case HealthOK:
		return "ok"
	case HealthUnavailable:
		return "unavailable"
	default:
		return "revoked"
	}
}

// State is what a component status needs.
type State struct {
	Health Health
	// Since is when Health was entered.
	Since time.Time
	// Refusing tells that Admit returns an error now.
	Refusing bool
	// Err is the last failure, nil when HealthOK and not Refusing.
	Err error
}

// Epochs owns the epoch keys of one store. It unwraps those that files name,
// chooses the one new files use, mints the next ahead of need, and probes the
// KMS. The KMS is never asked by Current and Admit: those are safe on the path
// of every record.
//
// Order of calls: Unwrap for every header found, Ready, then Current and Admit
// for every insert; Unwrap stays allowed. Close ends all.
//
// Rotation: when the current epoch's age comes within an eighth of
// RotationInterval of it, the next epoch is minted and held; at
// RotationInterval it takes over. An outage shorter than that eighth is never
// noticed by writers.
type Epochs struct {
	s     EpochSettings
	clock Clock

	// request and ready are locks (one token each) that give way to a context.
	// request is held during each request to the provider, so that ten clients
	// opening at once unwrap one epoch once; ready during Ready, so that they
	// mint one epoch together. ready is taken before request.
	request chan struct{}
	ready   chan struct{}

	stop   context.CancelFunc
	ctx    context.Context // ends with Close: the lifetime of the goroutine that Ready starts
	loop   sync.WaitGroup
	wakeup chan struct{}

	mu sync.Mutex // guards everything declared below
	// cache holds unwrapped epochs for cacheLife after their last use.
	cache    map[[32]byte]*cached
	current  *EpochKey // epoch of new files; nil before Ready
	next     *EpochKey // minted ahead, in no file yet; nil most of the time
	probeErr error     // outcome of the last probe
	mintErr  error     // outcome of the last attempt to mint ahead
	health   Health
	since    time.Time // when health was entered
	revoked  time.Time // first refusal of the running series; zero if none
	lastSeen State     // last State given to OnState
	probeAt  time.Time
	mintAt   time.Time // earliest next attempt to mint
	closed   bool
}

type cached struct {
	key  *EpochKey
	used time.Time
}

const (
	// cacheLife: opening a store takes seconds; later no epoch but the
	// current one is needed, and what is not in memory can't be read there.
	cacheLife = 10 * time.Minute
	// maxSkew: an epoch from further in the future than this has an age that
	// nobody knows, so it is read with but never written with.
	maxSkew = 5 * time.Minute
)

// NewEpochs checks the settings and asks nobody anything.
func NewEpochs(s EpochSettings) (*Epochs, error) {
	if s.Provider == nil {
		return nil, errors.New("no key provider")
	}
	if err := s.Context.Validate(); err != nil {
		return nil, err
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"rotation_interval", s.RotationInterval},
		{"max_epoch_age", s.MaxEpochAge},
		{"revocation_grace", s.RevocationGrace},
		{"status_interval", s.StatusInterval},
		{"startup_timeout", s.StartupTimeout},
	} {
		if d.value <= 0 {
			return nil, fmt.Errorf("%s must be greater than zero", d.name)
		}
	}
	if s.MaxEpochAge <= s.RotationInterval {
		return nil, fmt.Errorf("max_epoch_age (%s) must be greater than rotation_interval (%s)", s.MaxEpochAge, s.RotationInterval)
	}
	if s.Clock == nil {
		s.Clock = systemClock{}
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Epochs{
		s: s, clock: s.Clock, ctx: ctx, stop: stop,
		request: make(chan struct{}, 1), ready: make(chan struct{}, 1), wakeup: make(chan struct{}, 1),
		cache: map[[32]byte]*cached{},
	}, nil
}

// Unwrap opens the epoch key of a file header, to read with. The same epoch is
// asked for once however many files name it. An outage is retried until
// StartupTimeout or ctx ends. Derive segment keys from the result at once and let
// go of it: Epochs wipes keys that were not asked for in ten minutes.
func (e *Epochs) Unwrap(ctx context.Context, w Wrapped) (*EpochKey, error) {
	if err := w.Validate(); err != nil {
		return nil, err
	}
	id := w.ID()
	var key *EpochKey
	err := e.retry(ctx, func(ctx context.Context) error {
		if key = e.lookup(id); key != nil {
			return nil
		}
		if err := acquire(ctx, e.request); err != nil {
			return err
		}
		defer func() { <-e.request }()
		if key = e.lookup(id); key != nil {
			return nil // another caller was faster
		}
		k, err := e.observe("unwrap", func() (*EpochKey, error) { return e.s.Provider.Unwrap(ctx, w, e.s.Context) })
		if err != nil {
			return err
		}
		key, err = e.remember(id, k)
		return err
	})
	return key, err
}

// Reuse lets an epoch that Unwrap has opened be written with again. created is when
// it was made, as a header says that was authenticated under it: whoever could
// choose the time would keep an epoch in use for as long as they like.
func (e *Epochs) Reuse(w Wrapped, created time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c := e.cache[w.ID()]; c != nil && c.key != e.current && (c.key.Created.IsZero() || created.Before(c.key.Created)) {
		c.key.Created = created
	}
}

// Ready chooses the epoch that new files use: the newest one given to Reuse,
// if it is younger than RotationInterval and under the key that the provider
// writes with now, else a new one. It retries like Unwrap, and starts the
// goroutine that rotates and probes. Later calls look again at what Reuse has
// brought since.
func (e *Epochs) Ready(ctx context.Context) error {
	if err := acquire(ctx, e.ready); err != nil {
		return err
	}
	defer func() { <-e.ready }()
	var keyID string
	err := e.retry(ctx, func(ctx context.Context) (err error) {
		keyID, err = e.status(ctx)
		return err
	})
	if err != nil {
		return e.unlessClosed(err)
	}
	if !e.reuse(keyID) {
		err := e.retry(ctx, func(ctx context.Context) error {
			k, err := e.mint(ctx)
			if err != nil {
				return err
			}
			return e.install(k)
		})
		if err != nil {
			return e.unlessClosed(err)
		}
	}
	e.start()
	return nil
}

// unlessClosed returns err, or ErrNotReady where Close has cut the request short.
func (e *Epochs) unlessClosed(err error) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return ErrNotReady
	}
	return err
}

// reuse makes the newest fitting epoch the current one, and reports whether
// there is a current one that fits.
func (e *Epochs) reuse(keyID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.clock.Now()
	best := e.current
	if best != nil && !e.fits(best, keyID, now) {
		best = nil
	}
	for _, c := range e.cache {
		if e.fits(c.key, keyID, now) && (best == nil || c.key.Created.After(best.Created)) {
			best = c.key
		}
	}
	if best == nil && e.next != nil && e.fits(e.next, keyID, now) {
		best, e.next = e.next, nil
	}
	if best == nil {
		return false
	}
	e.setCurrent(best)
	return true
}

func (e *Epochs) fits(k *EpochKey, keyID string, now time.Time) bool {
	return k.Wrapped.KeyID == keyID && age(now, k.Created) < e.s.RotationInterval && now.Sub(k.Created) > -maxSkew
}

// age is the greater of the age by the monotonic clock, which stands still
// while the machine sleeps, and by the wall clock, which can be set back. An
// epoch read from a header has only the second.
func age(now, created time.Time) time.Duration {
	return max(now.Sub(created), now.Round(0).Sub(created.Round(0)))
}

// setCurrent needs mu. The epoch replaced stays usable for cacheLife: a writer
// may have loaded it a moment ago.
func (e *Epochs) setCurrent(k *EpochKey) {
	now := e.clock.Now()
	if old := e.current; old != nil && old != k {
		e.cache[old.Wrapped.ID()] = &cached{key: old, used: now}
	}
	e.current = k
	// A failure to mint the successor of the old one has nothing to say now.
	e.mintErr, e.mintAt = nil, time.Time{}
	e.cache[k.Wrapped.ID()] = &cached{key: k, used: now}
}

func (e *Epochs) install(k *EpochKey) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		k.Wipe()
		return ErrNotReady
	}
	e.setCurrent(k)
	return nil
}

func (e *Epochs) lookup(id [32]byte) *EpochKey {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.cache[id]
	if c == nil || e.closed {
		return nil
	}
	c.used = e.clock.Now()
	return c.key
}

func (e *Epochs) remember(id [32]byte, k *EpochKey) (*EpochKey, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		k.Wipe()
		return nil, ErrNotReady
	}
	if c := e.cache[id]; c != nil {
		if c.key != k {
			k.Wipe()
		}
		return c.key, nil
	}
	k.Created = time.Time{} // not for writing, see Reuse
	e.cache[id] = &cached{key: k, used: e.clock.Now()}
	return k, nil
}

// Current returns the epoch that new files use. It differs from the one of the
// file being written after a rotation: the writer then begins a new file.
func (e *Epochs) Current() (*EpochKey, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil || e.closed {
		return nil, ErrNotReady
	}
	return e.current, nil
}

// Admit returns nil if records may be inserted now, else ErrEpochExpired or
// ErrRevoked with what the KMS said. Both are recoverable: ask again.
func (e *Epochs) Admit() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.admit(e.clock.Now())
}

// admit needs mu.
func (e *Epochs) admit(now time.Time) error {
	if e.current == nil || e.closed {
		return ErrNotReady
	}
	// The goroutine that rotates may wait for a key service that does not answer:
	// nothing is refused while a younger epoch stands by.
	e.takeNext(now)
	var refusal error
	switch {
	case !e.revoked.IsZero() && now.Sub(e.revoked) >= e.s.RevocationGrace:
		refusal = ErrRevoked
	case age(now, e.current.Created) >= e.s.MaxEpochAge:
		refusal = ErrEpochExpired
	default:
		return nil
	}
	if err := e.problem(); err != nil {
		return fmt.Errorf("%w: %w", refusal, err)
	}
	return refusal
}

// State tells how the key service was at the last probe.
func (e *Epochs) State() State {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.state(e.clock.Now())
}

// state needs mu.
func (e *Epochs) state(now time.Time) State {
	s := State{Health: e.health, Since: e.since, Err: e.problem()}
	if err := e.admit(now); err != nil {
		s.Refusing, s.Err = true, err
	}
	return s
}

// problem needs mu.
func (e *Epochs) problem() error {
	if e.probeErr != nil {
		return e.probeErr
	}
	return e.mintErr
}

// Age is the age of the current epoch; zero before Ready.
func (e *Epochs) Age() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil {
		return 0
	}
	return max(0, age(e.clock.Now(), e.current.Created))
}

// Close ends the goroutine, waits for it, and wipes every epoch key. Segment
// keys already derived keep working. Further calls do nothing.
func (e *Epochs) Close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.stop()
	e.loop.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	for id, c := range e.cache {
		c.key.Wipe()
		delete(e.cache, id)
	}
	if e.next != nil {
		e.next.Wipe()
		e.next = nil
	}
	e.current = nil
}
