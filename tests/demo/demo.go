// Package demo shows the whole promise on a real pipeline and proves it: real
// collector binary, real object store over TLS, real telemetry full of planted
// personal data and secrets, an outage of the store, and a collector that is
// killed in the middle.
//
// [Run] does it all and returns the [Evidence]; [Evidence.Proofs] judges it.
// The two are apart so that each proof can be shown to fail.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Options of a run. The zero value is the demo as `make demo` shows it.
type Options struct {
	// Progress receives one line for each step; nil for silence.
	Progress io.Writer
	// Keep leaves the temporary folder behind.
	Keep bool
	// OutageBytes is how much telemetry has to be acknowledged while the store
	// is away; 24 MiB if zero.
	OutageBytes int64
	// DrainTimeout bounds the wait for the store to hold everything; 45s if
	// zero.
	DrainTimeout time.Duration
	// Generate is the number of traces, log records and data points of
	// telemetrygen; 300 if zero, none if negative.
	Generate int
	// Sabotage breaks one defence, to see its proof fail.
	Sabotage Sabotage
}

// Sabotage of a run. Each field breaks one defence and has to turn at least one
// proof red.
type Sabotage struct {
	// NoRedaction takes `redact` out of the pipelines.
	NoRedaction bool
	// PlainSpool puts the queue on contrib's file_storage.
	PlainSpool bool
	// NoClientAuth lets clients without a certificate in.
	NoClientAuth bool
	// NoGuard takes tls_guard out of the configurations that it should refuse.
	NoGuard bool
	// PlainObject stores one object without encryption.
	PlainObject bool
	// LostItem enters an item into the ledger that was never sent.
	LostItem bool
}

// Any is true if something is broken on purpose.
func (s Sabotage) Any() bool { return s != Sabotage{} }

// Run goes through the whole story. An error means that the story could not be
// told to its end; what it proves is decided by Evidence.Proofs. Nothing is
// left running, whatever happened.
func Run(ctx context.Context, options Options) (_ Evidence, err error) {
	if options.OutageBytes == 0 {
		options.OutageBytes = 24 << 20
	}
	if options.DrainTimeout == 0 {
		options.DrainTimeout = 45 * time.Second
	}
	if options.Generate == 0 {
		options.Generate = 300
	}
	if options.Progress == nil {
		options.Progress = io.Discard
	}
	s := &stage{options: options, began: time.Now(), evidence: Evidence{Sabotage: options.Sabotage}}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, act := range []func(context.Context) error{
		s.build,
		s.startCollector,
		s.knock,
		s.offerBadConfigs,
		s.send,
		s.takeStoreAway,
		s.killCollector,
		s.fillSpool,
		s.bringStoreBack,
		s.inspect,
	} {
		if err := act(ctx); err != nil {
			return s.evidence, err
		}
	}
	s.evidence.Elapsed = time.Since(s.began)
	return s.evidence, nil
}

// say prints a line of progress with the time since the start.
func (s *stage) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.options.Progress, "%6.1fs  %s\n", time.Since(s.began).Seconds(), fmt.Sprintf(format, args...))
}

// poll calls check until it is true, fails, or the context ends.
func poll(ctx context.Context, every time.Duration, check func() (bool, error)) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		done, err := check()
		if err != nil || done {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}
