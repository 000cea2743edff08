package s3_test

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

// peakHeap watches the heap until the returned function is called, which says by
// how many bytes it grew at most.
func peakHeap(t *testing.T) func() uint64 {
	t.Helper()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	base, top := stats.HeapInuse, stats.HeapInuse
	stop := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() {
		ticker := time.NewTicker(2 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				runtime.ReadMemStats(&stats)
				top = max(top, stats.HeapInuse)
			}
		}
	})
	return func() uint64 {
		close(stop)
		watcher.Wait()
		return top - base
	}
}
