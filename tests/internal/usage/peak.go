package usage

import (
	"sync"
	"time"
)

// Peak watches a number until it is stopped.
type Peak struct {
	stop    chan struct{}
	watcher sync.WaitGroup
	top     int64
}

// WatchAnonymous samples the anonymous memory of a process 50 times a second.
func WatchAnonymous(pid int) *Peak {
	p := &Peak{stop: make(chan struct{})}
	p.watcher.Go(func() {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			// A process that has ended has no more: what was seen counts.
			if now, err := AnonymousMemory(pid); err == nil {
				p.top = max(p.top, now)
			}
			select {
			case <-p.stop:
				return
			case <-ticker.C:
			}
		}
	})
	return p
}

// Stop ends the watch and returns the largest number seen.
func (p *Peak) Stop() int64 {
	close(p.stop)
	p.watcher.Wait()
	return p.top
}
