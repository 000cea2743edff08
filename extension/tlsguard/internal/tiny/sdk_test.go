package tiny

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// sdkSends makes this test binary a program that exports one span with the Go
// SDK, configured by the standard variables alone.
const sdkSends = "TINY_SDK_SENDS"

func send() int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{}))
	if err != nil {
		return 2
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	_, span := provider.Tracer("test").Start(ctx, "password in the span")
	span.End()
	if err := errors.Join(provider.ForceFlush(ctx), provider.Shutdown(ctx)); err != nil {
		return 2
	}
	return 0
}

// OTEL_EXPORTER_OTLP_INSECURE=true makes the Go SDK send plaintext even to an
// https:// endpoint when no certificate is configured. An mTLS receiver must
// take nothing of it, and the same program with its certificates must get
// through, or the test proves nothing.
func TestSDKWithInsecureDeliversNothingToMTLS(t *testing.T) {
	t.Parallel()
	s, address := newSite(t), freePort(t)
	start(t, s, s.config("otlp", "{protocols: {grpc: SERVER}}", address)).ready(t)
	insecure := func(address string) []string {
		return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=https://" + address, "OTEL_EXPORTER_OTLP_INSECURE=true"}
	}
	assert.Equal(t, "PRI ", firstBytes(t, insecure), "the SDK speaks TLS after all: the quirk is gone")
	sdk(t, insecure(address))
	assert.Zero(t, delivered(t, s), "plaintext was taken")

	cert, key := s.clients.issue(t, x509.ExtKeyUsageClientAuth)
	s.write(t, "client.crt", cert)
	s.write(t, "client.key", key)
	file := func(name string) string { return filepath.Join(s.dir, name) }
	sdk(t, []string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=https://" + address,
		"OTEL_EXPORTER_OTLP_CERTIFICATE=" + file("servers-ca.crt"),
		"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=" + file("client.crt"),
		"OTEL_EXPORTER_OTLP_CLIENT_KEY=" + file("client.key"),
	})
	assert.Equal(t, 1, delivered(t, s), "the sender itself works")
}

// firstBytes is what the SDK sends to a listener that only reads.
func firstBytes(t *testing.T, env func(address string) []string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	got := make(chan string, 1)
	go func() {
		defer close(got)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		first := make([]byte, 4)
		if _, err := io.ReadFull(conn, first); err == nil {
			got <- string(first)
		}
	}()
	sdk(t, env(listener.Addr().String()))
	listener.Close()
	return <-got
}

func sdk(t *testing.T, env []string) {
	t.Helper()
	binary, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(binary)
	cmd.Env = append(slices.Clone(env), sdkSends+"=1")
	_ = cmd.Run() // the SDK reports a failed export to its error handler only
}

func delivered(t *testing.T, s site) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, "count"))
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	require.NoError(t, err)
	return len(data)
}
