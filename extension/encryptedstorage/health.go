package encryptedstorage

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
)

// health reports one status for several causes: recoverable while any lasts.
// Reports are made by a goroutine, because causes appear while a log is locked.
type health struct {
	wake chan struct{}
	done chan struct{}
	quit chan struct{}

	// mu guards everything declared below.
	mu      sync.Mutex
	causes  map[string]error
	running bool
}

func newHealth() *health {
	return &health{
		wake: make(chan struct{}, 1), done: make(chan struct{}), quit: make(chan struct{}),
		causes: map[string]error{},
	}
}

func (h *health) start(host component.Host) {
	h.mu.Lock()
	h.running = true
	h.mu.Unlock()
	go h.run(host)
}

func (h *health) stop() {
	h.mu.Lock()
	running := h.running
	h.running = false
	h.mu.Unlock()
	if running {
		close(h.quit)
		<-h.done
	}
}

func (h *health) run(host component.Host) {
	defer close(h.done)
	healthy := true
	for {
		select {
		case <-h.quit:
			return
		case <-h.wake:
		}
		err := h.err()
		switch {
		case err != nil:
			componentstatus.ReportStatus(host, componentstatus.NewRecoverableErrorEvent(err))
		case !healthy:
			componentstatus.ReportStatus(host, componentstatus.NewEvent(componentstatus.StatusOK))
		}
		healthy = err == nil
	}
}

func (h *health) err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, cause := range slices.Sorted(maps.Keys(h.causes)) {
		errs = append(errs, h.causes[cause])
	}
	return errors.Join(errs...)
}

func (h *health) set(cause string, err error) {
	h.mu.Lock()
	h.causes[cause] = err
	h.mu.Unlock()
	h.notify()
}

func (h *health) clear(cause string) {
	h.mu.Lock()
	_, had := h.causes[cause]
	delete(h.causes, cause)
	h.mu.Unlock()
	if had {
		h.notify()
	}
}

func (h *health) notify() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}
