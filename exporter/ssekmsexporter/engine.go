package ssekmsexporter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/metadata"
)

const (
	deleteTimeout = 10 * time.Second
	// longestWait is how long a batch waits for the breaker inside one attempt
	// before it goes back to the retry backoff with an error.
	longestWait = 10 * time.Second
	// defaultUploads are in flight at once where sending_queue does not say:
	// without one each receiver brings its own.
	defaultUploads = 4
)

// engine is what the signals of one component share: the connections, the
// breaker, the posture and the compressors. The first signal to start starts
// it, the last to shut down stops it.
type engine struct {
	id         component.ID
	cfg        *Config
	logger     *zap.Logger
	telemetry  *metadata.TelemetryBuilder
	breaker    *breaker
	slots      *slots
	pool       *compressors
	partition  *partition
	tenants    *tenants // nil without tenant settings
	attempts   *attemptLog
	quarantine *quarantine
	posture    *posture
	now        func() time.Time
	// probeMin and probeMax bound the wait between two canaries while open.
	probeMin, probeMax time.Duration
	holdWait           time.Duration
	// asking holds who asks whether the store takes others, see takesOthers.
	asking chan struct{}
	// verified counts the objects of telemetry that were verified.
	verified atomic.Uint64
	gone     func() // forgets this engine in the factory

	// clients and marshaler are set once by start, before anything reads them.
	clients   *clients
	marshaler marshaler
	// leaving holds a channel for each signal, closed when that signal begins to
	// shut down: its batches must not wait for a store that the others still
	// hope for. stopping is closed with the last of them.
	leaving  map[string]chan struct{}
	stopping chan struct{}
	// background waits for the prober and the replay of the quarantine.
	background sync.WaitGroup
	cancel     context.CancelFunc

	// life guards everything declared below. It is held while the posture
	// checks of the first start run.
	life     sync.Mutex
	running  int // signals started and not yet shutting down
	engaged  int // signals started and not yet stopped
	started  bool
	startErr error
	ended    bool

	// hostsMu guards everything declared below.
	hostsMu sync.Mutex
	hosts   []component.Host
}

func newEngine(set exporter.Settings, cfg *Config, gone func()) (*engine, error) {
	e := &engine{
		id: set.ID, cfg: cfg, now: time.Now,
		// A finding is one line; the collector's default adds a stack to errors.
		logger: set.Logger.WithOptions(zap.AddStacktrace(zap.DPanicLevel)),
		gone:   gone, probeMin: shortestProbe, probeMax: longestProbe, holdWait: longestWait,
		breaker: newBreaker(), attempts: newAttemptLog(), stopping: make(chan struct{}), asking: make(chan struct{}, 1),
		leaving: map[string]chan struct{}{signalTraces: make(chan struct{}), signalMetrics: make(chan struct{}), signalLogs: make(chan struct{})},
	}
	consumers := defaultUploads
	if cfg.Queue.HasValue() {
		consumers = cfg.Queue.Get().NumConsumers
	}
	e.slots = newSlots(consumers)
	var err error
	if e.pool, err = newCompressors(cfg.Compression); err != nil {
		return nil, err
	}
	if e.partition, err = newPartition(cfg.Partition); err != nil {
		return nil, fmt.Errorf("partition::%w", err)
	}
	if cfg.Tenant.HasValue() {
		if e.tenants, err = newTenants(*cfg.Tenant.Get()); err != nil {
			return nil, fmt.Errorf("tenant::%w", err)
		}
	}
	if e.telemetry, err = metadata.NewTelemetryBuilder(set.TelemetrySettings); err != nil {
		return nil, err
	}
	e.posture = newPosture()
	e.quarantine = newQuarantine(cfg, set.ID)
	return e, nil
}

// start counts a signal and, for the first, connects and runs the posture
// checks. Every signal gets the same result.
func (e *engine) start(ctx context.Context, host component.Host) error {
	e.life.Lock()
	defer e.life.Unlock()
	e.running++
	e.engaged++
	e.hostsMu.Lock()
	e.hosts = append(e.hosts, host)
	e.hostsMu.Unlock()
	if !e.started {
		e.started = true
		e.startErr = e.open(ctx, host)
	}
	if e.startErr == nil {
		// In turn with reportAll: the breaker may change between the question
		// and the report.
		e.hostsMu.Lock()
		componentstatus.ReportStatus(host, e.statusNow())
		e.hostsMu.Unlock()
	}
	return e.startErr
}

func (e *engine) open(ctx context.Context, host component.Host) error {
	if err := e.observe(); err != nil {
		return err
	}
	e.countFromZero(ctx)
	var err error
	if e.clients, err = newClients(ctx, e.cfg); err != nil {
		return e.refused(err)
	}
	if e.marshaler, err = newMarshaler(e.cfg.Format, host); err != nil {
		return e.refused(err)
	}
	if err := e.quarantine.start(ctx, host); err != nil {
		return e.refused(err)
	}
	if e.cfg.Queue.HasValue() && e.cfg.Queue.Get().StorageID == nil {
		e.logger.Warn("sending_queue::storage is not set: data held in memory is lost when the process ends")
	}
	if err := e.checkAtStart(ctx); err != nil {
		return err
	}
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e.cancel = cancel
	e.background.Go(func() { e.probe(background) })
	e.background.Go(func() { e.replay(background) })
	return nil
}

// refused puts the path of the exporter before an error that begins with one of
// its settings.
func (e *engine) refused(err error) error {
	return fmt.Errorf("s3_sse_kms: exporters::%s::%w", e.id, err)
}

// leave is called when a signal begins to shut down. Every batch of it that
// waits for the breaker goes back to its queue.
func (e *engine) leave(signal string) {
	e.life.Lock()
	defer e.life.Unlock()
	select {
	case <-e.leaving[signal]:
	default:
		close(e.leaving[signal])
	}
	e.running--
	if e.running == 0 && !e.ended {
		e.ended = true
		close(e.stopping)
	}
}

// stop is called when a signal's queue has ended. The last one frees the rest.
func (e *engine) stop(ctx context.Context) error {
	e.life.Lock()
	defer e.life.Unlock()
	e.engaged--
	if e.engaged > 0 {
		return nil
	}
	if e.cancel != nil {
		e.cancel()
	}
	e.background.Wait()
	err := errors.Join(e.quarantine.close(ctx), e.marshaler.close())
	if e.clients != nil {
		e.clients.close()
	}
	e.telemetry.Shutdown()
	e.gone()
	return err
}

// discard frees an engine whose signal shuts down without having started.
func (e *engine) discard() {
	e.life.Lock()
	defer e.life.Unlock()
	if !e.started {
		e.telemetry.Shutdown()
		e.gone()
	}
}

// hold opens the breaker, cancels what is running, and says so once. The status
// follows the reason, or a key that was repaired would still be named while the
// bucket's policy is what holds.
func (e *engine) hold(ctx context.Context, reason error) {
	cancelled, news := e.breaker.trip(reason)
	if cancelled > 0 {
		e.telemetry.S3SseKmsCancelledPuts.Add(ctx, int64(cancelled))
	}
	if news {
		e.logger.Warn("writes are held until a canary passes; data stays in the queue", zap.Error(reason), zap.Int("cancelled_puts", cancelled))
		e.reportAll(componentstatus.NewRecoverableErrorEvent(&heldError{reason: reason}))
	}
}

// resume closes the breaker after a canary of that generation passed.
func (e *engine) resume(generation uint64) bool {
	ok, changed := e.breaker.close(generation)
	if changed {
		e.logger.Info("a canary was stored under the configured key; writes begin")
		e.reportAll(componentstatus.NewEvent(componentstatus.StatusOK))
	}
	return ok
}

func (e *engine) statusNow() *componentstatus.Event {
	if open, _, reason := e.breaker.state(); open {
		return componentstatus.NewRecoverableErrorEvent(&heldError{reason: reason})
	}
	return componentstatus.NewEvent(componentstatus.StatusOK)
}

// reportAll tells every signal's host of a change of the breaker. The breaker
// may have changed again before its turn came: without the second event the
// status would stay at what came last, not at what holds.
func (e *engine) reportAll(event *componentstatus.Event) {
	e.hostsMu.Lock()
	defer e.hostsMu.Unlock()
	events := []*componentstatus.Event{event}
	if now := e.statusNow(); now.Status() != event.Status() {
		events = append(events, now)
	}
	for _, host := range e.hosts {
		for _, event := range events {
			componentstatus.ReportStatus(host, event)
		}
	}
}

// wait lets a batch wait for the breaker, for at most holdWait. The shutdown of
// its signal ends the wait at once, so that the batch goes back to a persistent
// queue.
func (e *engine) wait(ctx context.Context, signal string) error {
	if open, _, _ := e.breaker.state(); !open {
		return nil
	}
	timer := time.NewTimer(e.holdWait)
	defer timer.Stop()
	for {
		open, changed, reason := e.breaker.state()
		if !open {
			return nil
		}
		select {
		case <-changed:
		case <-timer.C:
			return &heldError{reason: reason}
		case <-e.leaving[signal]:
			return &heldError{reason: errors.New("the exporter is shutting down")}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// leavingFor is closed when a signal begins to shut down whose queue keeps what
// is not stored. A queue in memory is emptied then, by these very uploads: nil.
func (e *engine) leavingFor(signal string) <-chan struct{} {
	if !e.cfg.Queue.HasValue() || e.cfg.Queue.Get().StorageID == nil {
		return nil
	}
	return e.leaving[signal]
}

// countFromZero makes the counters that stay silent for years visible: an alert
// on their increase would miss the first count of one that did not exist.
func (e *engine) countFromZero(ctx context.Context) {
	for _, kind := range violationKinds {
		e.telemetry.S3SseKmsViolations.Add(ctx, 0, kind.attributes())
	}
	for _, attrs := range signalAttrs {
		e.telemetry.S3SseKmsDroppedRecords.Add(ctx, 0, attrs)
		e.telemetry.S3SseKmsQuarantined.Add(ctx, 0, attrs)
	}
	e.telemetry.S3SseKmsUnverifiedDuplicates.Add(ctx, 0)
	e.telemetry.S3SseKmsCancelledPuts.Add(ctx, 0)
}

// observe registers the gauges.
func (e *engine) observe() error {
	return errors.Join(
		e.telemetry.RegisterS3SseKmsBreakerOpenCallback(func(_ context.Context, o metric.Int64Observer) error {
			var v int64
			if open, _, _ := e.breaker.state(); open {
				v = 1
			}
			o.Observe(v)
			return nil
		}),
		e.telemetry.RegisterS3SseKmsUploadLimitCallback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(int64(e.slots.current()))
			return nil
		}),
		e.telemetry.RegisterS3SseKmsHeldBatchesCallback(func(_ context.Context, o metric.Int64Observer) error {
			n, _ := e.attempts.held(e.now())
			o.Observe(int64(n))
			return nil
		}),
		e.telemetry.RegisterS3SseKmsOldestHeldAgeCallback(func(_ context.Context, o metric.Float64Observer) error {
			_, age := e.attempts.held(e.now())
			o.Observe(age.Seconds())
			return nil
		}),
		e.telemetry.RegisterS3SseKmsPostureCheckCallback(e.posture.observe),
	)
}
