package sender_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/pki"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

// receiver answers with a function of the request's number and keeps the bytes
// of what it acknowledged.
type receiver struct {
	ptraceotlp.UnimplementedGRPCServer
	answer func(n int) error

	mu       sync.Mutex
	requests int
	bytes    [][]byte
}

func (r *receiver) take(data []byte, err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	if refuse := r.answer(r.requests); refuse != nil {
		return refuse
	}
	r.bytes = append(r.bytes, data)
	return err
}

func (r *receiver) Export(_ context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	data, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(request.Traces())
	return ptraceotlp.NewExportResponse(), r.take(data, err)
}

type logReceiver struct {
	plogotlp.UnimplementedGRPCServer
	*receiver
}

func (r *logReceiver) Export(_ context.Context, request plogotlp.ExportRequest) (plogotlp.ExportResponse, error) {
	data, err := (&plog.ProtoMarshaler{}).MarshalLogs(request.Logs())
	return plogotlp.NewExportResponse(), r.take(data, err)
}

type metricReceiver struct {
	pmetricotlp.UnimplementedGRPCServer
	*receiver
}

func (r *metricReceiver) Export(_ context.Context, request pmetricotlp.ExportRequest) (pmetricotlp.ExportResponse, error) {
	data, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(request.Metrics())
	return pmetricotlp.NewExportResponse(), r.take(data, err)
}

// serve runs the receiver with mutual TLS and returns its address and a
// client's configuration.
func serve(t *testing.T, answer func(n int) error) (*receiver, string, *tls.Config) {
	t.Helper()
	ca, err := pki.NewAuthority("ca")
	require.NoError(t, err)
	leaf, err := ca.Server([]string{"127.0.0.1"})
	require.NoError(t, err)
	client, err := ca.Client("sender")
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{leaf.TLS}, ClientAuth: tls.RequireAndVerifyClientCert,
		ClientCAs: ca.Pool(), MinVersion: tls.VersionTLS12,
	})))
	r := &receiver{answer: answer}
	ptraceotlp.RegisterGRPCServer(server, r)
	plogotlp.RegisterGRPCServer(server, &logReceiver{receiver: r})
	pmetricotlp.RegisterGRPCServer(server, &metricReceiver{receiver: r})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		assert.NoError(t, <-served)
	})
	return r, listener.Addr().String(), ca.ClientTLS(client)
}

func start(t *testing.T, address string, config *tls.Config) (*sender.Sender, *sender.Ledger, *planted.Set) {
	t.Helper()
	set, err := planted.New(3)
	require.NoError(t, err)
	ledger := sender.NewLedger()
	s, err := sender.New(sender.Options{
		Address: address, TLS: config, Planted: set, Ledger: ledger, Run: "test",
		Batch: 10, Interval: time.Millisecond,
	})
	require.NoError(t, err)
	s.Start()
	t.Cleanup(func() { _ = s.Stop(t.Context()) })
	return s, ledger, set
}

func TestLedgerHoldsWhatWasAcknowledgedAndNothingElse(t *testing.T) {
	t.Parallel()
	r, address, config := serve(t, func(n int) error {
		if n%3 == 0 {
			return status.Error(codes.Unavailable, "later")
		}
		return nil
	})
	s, ledger, set := start(t, address, config)
	require.Eventually(t, func() bool {
		return ledger.Count(sender.Traces) >= 50 && ledger.Count(sender.Logs) >= 50 && ledger.Count(sender.Metrics) >= 50
	}, 30*time.Second, 5*time.Millisecond)
	require.NoError(t, s.Stop(t.Context()))

	var all []byte
	for _, data := range r.bytes {
		all = append(all, data...)
	}
	assert.Equal(t, 10*len(r.bytes), ledger.Total(), "every request was of 10 items and acknowledged once")
	assert.EqualValues(t, len(all), ledger.Bytes())
	attempts, failed := ledger.Attempts()
	assert.Equal(t, r.requests, attempts)
	assert.Equal(t, r.requests-len(r.bytes), failed)
	for _, signal := range sender.Signals {
		for _, id := range ledger.IDs(signal) {
			assert.Contains(t, string(all), id)
		}
		assert.Len(t, ledger.Missing(signal, func(string) bool { return false }), ledger.Count(signal))
		assert.Empty(t, ledger.Missing(signal, func(string) bool { return true }))
	}
	found := map[planted.Kind]bool{}
	scanner := set.Scanner()
	for _, data := range r.bytes {
		for _, hit := range scanner.Bytes("sent", data) {
			found[hit.Kind] = true
		}
	}
	assert.Len(t, found, 6, "every kind is planted: %v", found)
}

func TestRefusalIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	_, address, config := serve(t, func(int) error { return status.Error(codes.InvalidArgument, "never") })
	s, ledger, _ := start(t, address, config)
	require.Eventually(t, func() bool { return len(ledger.Refused()) > 3 }, 30*time.Second, 5*time.Millisecond)
	require.NoError(t, s.Stop(t.Context()))
	assert.Zero(t, ledger.Total())
}

func TestStopGivesUpWithTheContext(t *testing.T) {
	t.Parallel()
	_, address, config := serve(t, func(int) error { return errors.New("unknown") })
	s, ledger, _ := start(t, address, config)
	require.Eventually(t, func() bool { all, _ := ledger.Attempts(); return all > 0 }, 30*time.Second, 5*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, s.Stop(ctx), "not acknowledged")
	assert.Zero(t, ledger.Total())
}
