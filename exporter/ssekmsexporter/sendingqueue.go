package ssekmsexporter

import (
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/exporter/exporterhelper"
)

const (
	// defaultQueueBytes and defaultBatchBytes are sizes of the queue and of a
	// batch, both with sizer bytes.
	defaultQueueBytes = 256 << 20
	defaultBatchBytes = 32 << 20
)

// queueProblems refuses what would let exporterhelper drop a batch, hold
// without a bound, or write and ask without a pause.
func (c *Config) queueProblems() []error {
	var errs []error
	if !c.Retry.Enabled {
		errs = append(errs, errors.New("retry_on_failure::enabled: must be true; without retries a fault of the store drops data"))
	}
	if c.Retry.MaxElapsedTime != 0 {
		errs = append(errs, errors.New("retry_on_failure::max_elapsed_time: must be 0; a bounded retry drops data when it ends"))
	}
	// The store would be asked without a pause.
	for _, d := range [...]struct {
		name, example string
		is            time.Duration
	}{{"initial_interval", "5s", c.Retry.InitialInterval}, {"max_interval", "30s", c.Retry.MaxInterval}} {
		if d.is < time.Millisecond {
			errs = append(errs, fmt.Errorf("retry_on_failure::%s: %s must be at least 1ms; write a unit, such as %s", d.name, d.is, d.example))
		}
	}
	if !c.Queue.HasValue() {
		return errs
	}
	// A default made for bytes is no bound when it counts something else.
	switch queue := c.Queue.Get(); {
	case queue.Sizer != exporterhelper.RequestSizerTypeBytes && queue.QueueSize == defaultQueueBytes:
		errs = append(errs, fmt.Errorf("sending_queue::queue_size: %d is the default of sizer bytes; set it for sizer %s", queue.QueueSize, queue.Sizer.String()))
	case queue.Sizer == exporterhelper.RequestSizerTypeBytes && queue.QueueSize < minObjectBytes:
		errs = append(errs, fmt.Errorf("sending_queue::queue_size: %d bytes hold no request; set at least %d, or another sizer", queue.QueueSize, minObjectBytes))
	}
	if !c.Queue.Get().Batch.HasValue() {
		return errs
	}
	batch := c.Queue.Get().Batch.Get()
	if batch.Sizer != exporterhelper.RequestSizerTypeBytes && batch.MinSize == defaultBatchBytes {
		errs = append(errs, fmt.Errorf("sending_queue::batch::min_size: %d is the default of sizer bytes; set it for sizer %s", batch.MinSize, batch.Sizer.String()))
	}
	// Each request would be an object of its own.
	if batch.FlushTimeout < time.Millisecond {
		errs = append(errs, fmt.Errorf("sending_queue::batch::flush_timeout: %s must be at least 1ms; write a unit, such as 60s", batch.FlushTimeout))
	}
	if batch.MaxSize != 0 {
		errs = append(errs, errors.New("sending_queue::batch::max_size: must be 0; bound objects with upload::max_object_bytes, which splits where this would drop"))
	}
	if c.Tenant.HasValue() && len(batch.Partition.MetadataKeys) > 0 {
		errs = append(errs, errors.New("sending_queue::batch::partition::metadata_keys: cannot be combined with tenant, which partitions the batches itself"))
	}
	return errs
}
