package ssekmsexporter

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// rawProto marshals pdata to protobuf into a buffer that the caller reuses.
//
// pdata's own ProtoMarshaler allocates each result: for an archive that is every
// byte of telemetry once more, and the garbage collector's largest single job.
// The message behind a pdata value can marshal into a given buffer, but is not
// exported. pdata hands it to the client of an OTLP service, and a client's
// interceptor sees what it is handed. So this is a gRPC client whose
// interceptor writes the message into the buffer and goes no further: it never
// resolves a name or opens a connection.
//
// An export request and the data message of a signal are the same on the wire:
// one repeated field of resources with the number 1 (opentelemetry-proto,
// trace/v1/trace.proto and collector/trace/v1/trace_service.proto). A pdata
// whose messages lose these two methods makes it fall back to ProtoMarshaler.
type rawProto struct {
	conn    *grpc.ClientConn
	traces  ptraceotlp.GRPCClient
	metrics pmetricotlp.GRPCClient
	logs    plogotlp.GRPCClient
}

// rawMessage is what the messages behind pdata can do.
type rawMessage interface {
	SizeProto() int
	// MarshalProto fills the end of the buffer and returns how much. It panics
	// where the buffer is too small.
	MarshalProto(buf []byte) int
}

// capture carries the buffer into the interceptor and the result back. One
// call at a time uses it.
type capture struct {
	// ctx leads the interceptor here; it belongs to the value, not to a call.
	ctx context.Context //nolint:containedctx // see above
	// buf holds the message at its end, once done is set.
	buf     []byte
	message []byte
	done    bool
}

func newCapture() *capture {
	c := new(capture)
	c.ctx = context.WithValue(context.Background(), captureKey{}, c)
	return c
}

type captureKey struct{}

// errCaptured ends a call inside the interceptor.
var errCaptured = errors.New("captured")

func newRawProto() (*rawProto, error) {
	conn, err := grpc.NewClient("passthrough:///unused",
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})),
		grpc.WithUnaryInterceptor(captureMessage))
	if err != nil {
		return nil, fmt.Errorf("make the marshaler: %w", err)
	}
	return &rawProto{
		conn: conn, traces: ptraceotlp.NewGRPCClient(conn), metrics: pmetricotlp.NewGRPCClient(conn), logs: plogotlp.NewGRPCClient(conn),
	}, nil
}

// captureMessage never calls the invoker.
func captureMessage(ctx context.Context, _ string, message, _ any, _ *grpc.ClientConn, _ grpc.UnaryInvoker, _ ...grpc.CallOption) error {
	c, ok := ctx.Value(captureKey{}).(*capture)
	m, known := message.(rawMessage)
	if !ok || !known {
		return errCaptured
	}
	c.take(m)
	return errCaptured
}

// take marshals m. To ask for its size first is a third of the work, and the
// buffer of the group before is nearly always large enough.
func (c *capture) take(m rawMessage) {
	n, fits := fill(c.buf, m)
	if !fits {
		size := m.SizeProto()
		// Some room, so that groups of about one size do not each need a new one.
		c.buf = make([]byte, size+size/4)
		if n = m.MarshalProto(c.buf); n != size {
			return
		}
	}
	c.message, c.done = c.buf[len(c.buf)-n:], true
}

// fill marshals m into the end of buf, or reports that it does not fit. A message
// that can't be marshalled at all panics again where there is room.
func fill(buf []byte, m rawMessage) (n int, fits bool) {
	if len(buf) == 0 {
		return 0, false
	}
	defer func() {
		if recover() != nil { // the value may hold telemetry
			n, fits = 0, false
		}
	}()
	return m.MarshalProto(buf), true
}

func (r *rawProto) close() error { return r.conn.Close() }

// over starts a call that reuses buf, and ends the one before.
func (c *capture) over(buf []byte) context.Context {
	c.buf, c.message, c.done = buf[:cap(buf)], nil, false
	return c.ctx
}

// The three functions return the message, which lies at the end of the capture's
// buffer: buf, or another where that was too small.

func (r *rawProto) marshalTraces(td ptrace.Traces, c *capture, buf []byte) ([]byte, error) {
	_, _ = r.traces.Export(c.over(buf), ptraceotlp.NewExportRequestFromTraces(td)) // always errCaptured
	if c.done {
		return c.message, nil
	}
	return (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
}

func (r *rawProto) marshalMetrics(md pmetric.Metrics, c *capture, buf []byte) ([]byte, error) {
	_, _ = r.metrics.Export(c.over(buf), pmetricotlp.NewExportRequestFromMetrics(md)) // always errCaptured
	if c.done {
		return c.message, nil
	}
	return (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
}

func (r *rawProto) marshalLogs(ld plog.Logs, c *capture, buf []byte) ([]byte, error) {
	_, _ = r.logs.Export(c.over(buf), plogotlp.NewExportRequestFromLogs(ld)) // always errCaptured
	if c.done {
		return c.message, nil
	}
	return (&plog.ProtoMarshaler{}).MarshalLogs(ld)
}
