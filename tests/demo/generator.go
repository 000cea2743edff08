package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/child"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
)

// ErrNoGenerator says how to get telemetrygen.
var ErrNoGenerator = errors.New("telemetrygen is not installed: put it on PATH, into the folder TOOLS_BIN, or go install it at the version in versions.env")

// generatorName begins the service.name of telemetrygen's items.
const generatorName = "telemetrygen-"

// generate lets telemetrygen send traces, logs and metrics over mutual TLS, a
// planted e-mail address in each. It does not tell what was acknowledged, so it
// runs while the store is there, and what it sent is counted in the store.
func (s *stage) generate(ctx context.Context) error {
	n := s.options.Generate
	if n < 0 {
		return nil
	}
	binary, err := minio.FindTool("telemetrygen", ErrNoGenerator)
	if err != nil {
		return err
	}
	count := strconv.Itoa(n)
	runs := [][]string{
		// A trace is a parent and one child span.
		{"traces", "--traces", count, "--child-spans", "1"},
		{"logs", "--logs", count},
		{"metrics", "--metrics", count},
	}
	var processes []*child.Process
	var logs []string
	defer func() {
		for _, process := range processes {
			_ = process.Kill()
		}
	}()
	for _, run := range runs {
		log := filepath.Join(s.dir, "telemetrygen-"+run[0]+".log")
		process, err := child.Start(child.Spec{
			Path: binary,
			Args: append(run,
				"--otlp-endpoint", s.site.GRPC, "--ca-cert", filepath.Join(s.site.TLS, "ca.crt"),
				"--mtls", "--client-cert", filepath.Join(s.site.TLS, "client.crt"), "--client-key", filepath.Join(s.site.TLS, "client.key"),
				"--service", generatorName+s.run, "--workers", "1", "--rate", "0",
				"--telemetry-attributes", `user.contact="`+s.planted.Emails[0]+`"`),
			Env:    []string{"HOME=" + s.dir},
			Output: log,
		})
		if err != nil {
			return err
		}
		processes, logs = append(processes, process), append(logs, log)
	}
	limited, cancel := context.WithTimeoutCause(ctx, 30*time.Second, errors.New("telemetrygen did not end within 30s"))
	defer cancel()
	for i, process := range processes {
		code, err := process.Wait(limited)
		if err != nil {
			return err
		}
		if code != 0 {
			output, _ := os.ReadFile(logs[i])
			return fmt.Errorf("telemetrygen %s: exit code %d\n%s", runs[i][0], code, lastLines(output))
		}
	}
	s.evidence.Generated = 2*n + n + n
	s.say("telemetrygen sent %d spans, %d log records and %d data points over mutual TLS", 2*n, n, n)
	return nil
}

func lastLines(output []byte) []byte { return output[max(0, len(output)-1500):] }

// storeInClear is a sabotage: an object that root may write without encryption.
func (s *stage) storeInClear(ctx context.Context) error {
	body, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(oneSpan("sabotage"))
	if err != nil {
		return err
	}
	_, err = s.store.Root().PutObject(ctx, &s3.PutObjectInput{
		Bucket: aws.String(s.store.Bucket), Key: aws.String("quickstart/traces_sabotage.binpb"), Body: bytes.NewReader(body),
	})
	return err
}

// metric sums the samples of a Prometheus text page whose name begins so.
func metric(page []byte, name string) float64 {
	sum := 0.0
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, name) {
			continue
		}
		fields := strings.Fields(line)
		if value, err := strconv.ParseFloat(fields[len(fields)-1], 64); err == nil {
			sum += value
		}
	}
	return sum
}
