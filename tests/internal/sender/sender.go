// Package sender sends traces, logs and metrics over OTLP/gRPC with mutual TLS,
// every item full of planted personal data and secrets, and keeps a ledger of
// what was acknowledged.
//
// It behaves like a careful client: a batch is sent again until it is
// acknowledged, over restarts of the receiver.
package sender

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
)

// Options of a sender.
type Options struct {
	// Address of the OTLP/gRPC receiver, host:port.
	Address string
	// TLS of the connection, with the client certificate.
	TLS *tls.Config
	// Planted values to put into every item.
	Planted *planted.Set
	// Ledger to enter acknowledged items into.
	Ledger *Ledger
	// Run makes ids unique among senders that share a store.
	Run string
	// Batch is the number of items in a request, 50 if zero.
	Batch int
	// Interval between two requests of one signal, 20ms if zero.
	Interval time.Duration
}

// Sender of one run. Start it once, then Stop it.
type Sender struct {
	options    Options
	connection *grpc.ClientConn
	next       atomic.Int64
	stop       chan struct{}
	cancel     context.CancelCauseFunc
	workers    sync.WaitGroup
	stopOnce   sync.Once
}

// New connects lazily: the receiver need not run yet.
func New(options Options) (*Sender, error) {
	if options.Batch == 0 {
		options.Batch = 50
	}
	if options.Interval == 0 {
		options.Interval = 20 * time.Millisecond
	}
	connection, err := Dial(options.Address, options.TLS)
	if err != nil {
		return nil, err
	}
	return &Sender{options: options, connection: connection, stop: make(chan struct{})}, nil
}

// Dial makes a client connection that comes back quickly after a restart of
// the server.
func Dial(address string, config *tls.Config) (*grpc.ClientConn, error) {
	connection, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 500 * time.Millisecond},
			MinConnectTimeout: 2 * time.Second,
		}))
	if err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	return connection, nil
}

// Start sends in the background until Stop.
func (s *Sender) Start() {
	ctx, cancel := context.WithCancelCause(context.Background())
	s.cancel = cancel
	for _, signal := range Signals {
		s.workers.Go(func() { s.work(ctx, signal) })
	}
}

var errStopped = errors.New("sender stopped")

// Stop begins no new batch, waits until those on their way are acknowledged or
// the context ends, and closes the connection. Batches that were given up are
// an error: their items are not in the ledger, but may be in the store.
func (s *Sender) Stop(ctx context.Context) error {
	var stopError error
	s.stopOnce.Do(func() {
		close(s.stop)
		finished := make(chan struct{})
		go func() {
			defer close(finished)
			s.workers.Wait()
		}()
		select {
		case <-finished:
		case <-ctx.Done():
			s.cancel(errStopped)
			<-finished
			stopError = fmt.Errorf("sender: gave up on batches that were not acknowledged: %w", context.Cause(ctx))
		}
		if s.cancel != nil {
			s.cancel(errStopped)
		}
		stopError = errors.Join(stopError, s.connection.Close())
	})
	return stopError
}

func (s *Sender) work(ctx context.Context, signal Signal) {
	ticker := time.NewTicker(s.options.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		from := s.next.Add(int64(s.options.Batch)) - int64(s.options.Batch)
		s.deliver(ctx, signal, s.batch(signal, from))
	}
}

// deliver sends one batch until it is acknowledged.
func (s *Sender) deliver(ctx context.Context, signal Signal, b batch) {
	for ctx.Err() == nil {
		err := s.export(ctx, b)
		s.options.Ledger.attempt(err != nil)
		if err == nil {
			s.options.Ledger.Acknowledge(signal, b.size(), b.ids...)
			return
		}
		if !retryable(err) && ctx.Err() == nil {
			s.options.Ledger.refuse(fmt.Sprintf("%s: %v", signal, err))
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s *Sender) export(ctx context.Context, b batch) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var rejected int64
	var message string
	switch {
	case b.traces != nil:
		answer, err := ptraceotlp.NewGRPCClient(s.connection).Export(ctx, ptraceotlp.NewExportRequestFromTraces(*b.traces))
		if err != nil {
			return err
		}
		rejected, message = answer.PartialSuccess().RejectedSpans(), answer.PartialSuccess().ErrorMessage()
	case b.logs != nil:
		answer, err := plogotlp.NewGRPCClient(s.connection).Export(ctx, plogotlp.NewExportRequestFromLogs(*b.logs))
		if err != nil {
			return err
		}
		rejected, message = answer.PartialSuccess().RejectedLogRecords(), answer.PartialSuccess().ErrorMessage()
	default:
		answer, err := pmetricotlp.NewGRPCClient(s.connection).Export(ctx, pmetricotlp.NewExportRequestFromMetrics(*b.metrics))
		if err != nil {
			return err
		}
		rejected, message = answer.PartialSuccess().RejectedDataPoints(), answer.PartialSuccess().ErrorMessage()
	}
	if rejected != 0 {
		return status.Errorf(codes.InvalidArgument, "partial success: %d items rejected: %s", rejected, message)
	}
	return nil
}

// retryable follows the OTLP specification's table of gRPC codes; a code that
// says nothing (Unknown: the connection broke in the middle) is retried too.
func retryable(err error) bool {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.NotFound, codes.AlreadyExists, codes.PermissionDenied, codes.FailedPrecondition, codes.Unimplemented, codes.Internal, codes.Unauthenticated:
		return false
	default:
		return true
	}
}
