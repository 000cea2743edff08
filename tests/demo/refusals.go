package demo

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/pki"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

// Attempt of a client to hand in one span.
type Attempt struct {
	Client  string
	Refused bool
	// Answer is what the client got to see.
	Answer string
}

// Ids of the spans that these clients hand in begin so. The first two must
// never be found in the store.
const (
	plaintextID = "intruder-plaintext"
	strangerID  = "intruder-stranger"
	welcomeID   = "welcome"
)

// knock tries the doors: clients without TLS, without a certificate, with a
// stranger's or an expired one. A client with the right certificate goes first
// and last: a closed port refuses everyone, and proves nothing.
func (s *stage) knock(ctx context.Context) error {
	foreign, err := s.stranger.Client("stranger")
	if err != nil {
		return err
	}
	past := time.Now().Add(-time.Minute)
	expired, err := s.site.Authority.Client("expired", pki.Valid(past.Add(-time.Hour), past))
	if err != nil {
		return err
	}
	e, ca := &s.evidence, s.site.Authority
	knock := func(client string, config *tls.Config, id string) []Attempt {
		return tryBoth(ctx, client, s.site.GRPC, s.site.HTTP, config, id)
	}
	e.Welcome = knock("client with certificate", ca.ClientTLS(s.site.Client), welcomeID+"-first")
	e.Plaintext = knock("plaintext client", nil, plaintextID)
	e.Strangers = append(e.Strangers, knock("client without certificate", ca.ClientTLS(), strangerID+"-bare")...)
	e.Strangers = append(e.Strangers, knock("client of another authority", ca.ClientTLS(foreign), strangerID+"-foreign")...)
	e.Strangers = append(e.Strangers, knock("client with an expired certificate", ca.ClientTLS(expired), strangerID+"-expired")...)
	e.Welcome = append(e.Welcome, knock("client with certificate", ca.ClientTLS(s.site.Client), welcomeID+"-last")...)
	s.say("knocked on both ports: without TLS, without a certificate, with a stranger's, with an expired one")
	return nil
}

// tryBoth hands in a span over gRPC and over HTTP. A nil config is plaintext.
func tryBoth(ctx context.Context, client, grpcAddress, httpAddress string, config *tls.Config, id string) []Attempt {
	return []Attempt{
		try(client+", gRPC", func() error { return tryGRPC(ctx, grpcAddress, config, id+"-grpc") }),
		try(client+", HTTP", func() error { return tryHTTP(ctx, httpAddress, config, id+"-http") }),
	}
}

func try(client string, export func() error) Attempt {
	attempt := Attempt{Client: client, Answer: "accepted"}
	if err := export(); err != nil {
		attempt.Refused, attempt.Answer = true, err.Error()
	}
	return attempt
}

func oneSpan(id string) ptrace.Traces {
	traces := ptrace.NewTraces()
	span := traces.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetName(id)
	span.SetTraceID([16]byte{1})
	span.SetSpanID([8]byte{1})
	span.Attributes().PutStr(sender.IDAttribute, id)
	return traces
}

func tryGRPC(ctx context.Context, address string, config *tls.Config, id string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	transport := insecure.NewCredentials()
	if config != nil {
		transport = credentials.NewTLS(config)
	}
	connection, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(transport))
	if err != nil {
		return err
	}
	defer connection.Close() // nothing is buffered in it
	_, err = ptraceotlp.NewGRPCClient(connection).Export(ctx, ptraceotlp.NewExportRequestFromTraces(oneSpan(id)))
	return err
}

func tryHTTP(ctx context.Context, address string, config *tls.Config, id string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	body, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(oneSpan(id))
	if err != nil {
		return err
	}
	url := "http://" + address + "/v1/traces"
	if config != nil {
		url = "https://" + address + "/v1/traces"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("answer: %s", response.Status)
	}
	return nil
}

// Refusal is what a collector did with a configuration that it must not start.
type Refusal struct {
	Config string
	// Path of the setting that the message has to name.
	Path string
	Code int
	// Named is true if the message names both the guard and the path.
	Named bool
	// Opened counts connections that the plaintext port accepted, out of
	// Dials tries while the process ran.
	Opened, Dials int
	Output        string
}

// OK is true for a refusal as it has to be.
func (r Refusal) OK() bool { return r.Code == 1 && r.Named && r.Opened == 0 && r.Dials > 0 }

// offerBadConfigs starts the example with a receiver that takes plaintext, in
// three ways. Each run has a spool and ports of its own.
func (s *stage) offerBadConfigs(ctx context.Context) error {
	for _, bad := range []struct{ name, path, overlay string }{
		{
			"a second receiver without TLS", "receivers::otlp/plain::protocols::grpc",
			"receivers: {otlp/plain: {protocols: {grpc: {endpoint: \"%s\"}}}}\n" +
				"service: {pipelines: {traces: {receivers: [otlp, otlp/plain]}}}\n",
		},
		{
			"TLS taken out of the HTTP receiver", "receivers::otlp::protocols::http",
			"receivers: {otlp: {protocols: {http: {endpoint: \"%s\", tls: null}}}}\n",
		},
		{
			"TLS without client certificates", "receivers::otlp::protocols::grpc",
			"receivers: {otlp: {protocols: {grpc: {endpoint: \"%s\", tls: {client_ca_file: \"\"}}}}}\n",
		},
	} {
		refusal, err := s.offer(ctx, bad.name, bad.path, bad.overlay)
		if err != nil {
			return err
		}
		s.evidence.Refusals = append(s.evidence.Refusals, refusal)
	}
	s.say("offered three configurations that would take telemetry in clear or from anyone")
	return nil
}

func (s *stage) offer(ctx context.Context, name, path, overlay string) (Refusal, error) {
	addresses, err := collector.FreeAddresses(4)
	if err != nil {
		return Refusal{}, err
	}
	dir, err := os.MkdirTemp(s.dir, "refused-")
	if err != nil {
		return Refusal{}, fmt.Errorf("make folder: %w", err)
	}
	content := fmt.Sprintf(overlay, addresses[0])
	env := s.site.Env(s.target)
	if s.options.Sabotage.NoGuard {
		env = append(env, "OTELCOL_SEALED_UNGUARDED=1")
	}
	file := filepath.Join(dir, "overlay.yaml")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		return Refusal{}, fmt.Errorf("write overlay: %w", err)
	}
	configs := []string{s.site.Config, file}
	if s.options.Sabotage.NoGuard {
		guardless := filepath.Join(dir, "guardless.yaml")
		if err := os.WriteFile(guardless, []byte("service: {extensions: [encrypted_storage]}\n"), 0o600); err != nil {
			return Refusal{}, fmt.Errorf("write overlay: %w", err)
		}
		configs = append(configs, guardless)
	}
	env = append(env,
		"QUICKSTART_GRPC="+addresses[1],
		"QUICKSTART_HTTP="+addresses[2],
		"QUICKSTART_METRICS_PORT="+strconv.Itoa(collector.Port(addresses[3])),
		"QUICKSTART_SPOOL="+filepath.Join(dir, "spool"),
	)
	refusal := Refusal{Config: name, Path: path}
	running, cancel := context.WithCancelCause(ctx)
	limited, stop := context.WithTimeoutCause(running, 20*time.Second, errStarted)
	defer stop()
	knocked := make(chan struct{})
	go func() {
		defer close(knocked)
		var dialer net.Dialer
		_ = poll(running, 2*time.Millisecond, func() (bool, error) {
			refusal.Dials++
			connection, err := dialer.DialContext(running, "tcp", addresses[0])
			if err == nil {
				refusal.Opened++
				_ = connection.Close()
			}
			if refusal.Opened == 20 {
				cancel(errStarted) // the answer is clear
			}
			return false, nil
		})
	}()
	code, output, err := collector.Run(limited, collector.Options{Configs: configs, Env: env, Log: filepath.Join(dir, "log")})
	cancel(errStarted)
	<-knocked
	if errors.Is(err, errStarted) {
		// It was still running: that is a finding, not a failure of the demo.
		return refusal, nil
	}
	if err != nil {
		return refusal, err
	}
	refusal.Code, refusal.Output = code, output
	for line := range strings.Lines(output) {
		if strings.Contains(line, "tls_guard") && strings.Contains(line, path) {
			refusal.Named = true
		}
	}
	return refusal, nil
}

var errStarted = errors.New("the collector started")
