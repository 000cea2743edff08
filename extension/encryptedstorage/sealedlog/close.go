package sealedlog

import (
	"errors"
	"time"
)

// tick is how often a log without traffic looks after itself.
const tick = time.Second

// maintain flushes in the interval mode, and tries again what the disk refused.
func (l *Log) maintain() {
	period := tick
	if l.opts.Sync == SyncInterval && l.opts.FlushInterval > 0 {
		period = min(period, l.opts.FlushInterval)
	}
	t := time.NewTicker(period)
	defer t.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-t.C:
			l.Flush()
		}
	}
}

// Flush writes what is held in memory, if the disk allows, syncs in
// SyncInterval, and sees that a spare segment stands by.
func (l *Log) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	if l.stuck == nil && l.opts.Sync == SyncInterval && l.synced < l.seq {
		if err := l.sync(); err != nil {
			l.stuck, l.stuckUntil = err, time.Time{}
		}
	}
	if l.stuck != nil && !l.opts.Now().Before(l.stuckUntil) {
		_ = l.failover(nil)
	}
	l.reclaim()
	l.prepareSpare()
}

// Close waits for running calls, makes everything durable (not in SyncNever)
// and closes all files. What it reports as an error is not durable.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	err := l.finish()
	l.closed = true
	close(l.stop)
	l.mu.Unlock()
	l.done.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.collectSpare(true)
	l.forgetAll()
	l.flush = nil // done, and nothing is to be decided by it any more
	return errors.Join(err, l.closeFiles())
}

func (l *Log) finish() error {
	if l.deferred != nil {
		deletes := l.deferredDeletes()
		if len(deletes) > 0 {
			if err := l.log(deletes, false); err != nil && l.holdable(deletes) {
				l.applyInMemory(deletes) // else they come back, which loses nothing
			}
		}
		l.deferred = nil
	}
	if l.stuck != nil {
		l.stuckUntil = time.Time{}
		if err := l.failover(nil); err != nil {
			return err
		}
	}
	if seg := l.active(); !seg.sealed {
		if err := l.writeFooter(seg); err != nil {
			seg.broken = true
			if l.opts.Sync == SyncNever {
				return err
			}
			return l.failover(nil)
		}
		seg.sealed = true
	}
	if l.opts.Sync == SyncNever {
		return nil
	}
	if err := l.sync(); err != nil {
		return l.failover(nil)
	}
	return nil
}

func (l *Log) closeFiles() error {
	var errs []error
	for _, s := range l.segs {
		errs = append(errs, s.file.Close())
		l.opts.Budget.give(s.size)
	}
	if l.spare != nil {
		errs = append(errs, l.spare.file.Close())
		l.opts.Budget.give(l.spare.size)
		l.spare = nil
	}
	l.opts.Budget.give(l.kept)
	l.kept = 0
	return errors.Join(errs...)
}
