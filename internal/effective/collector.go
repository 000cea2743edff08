package effective

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// Bounds of a run of the collector binary.
const (
	collectorTimeout = time.Minute
	maxOutput        = 32 << 20
)

// printGate is the feature gate behind which print-config stood before
// collector v0.150; newer binaries refuse to be given a gate without need.
const printGate = "--feature-gates=otelcol.printInitialConfig"

// ErrCollector is returned when the binary does not give a configuration.
var ErrCollector = errors.New("the collector binary prints no configuration")

// Collector asks a collector binary for the effective configuration. Opaque
// values come redacted by the binary itself.
func (s *Source) Collector(ctx context.Context, binary string) (map[string]any, error) {
	// What the references expand to is learned first, so that the binary's own
	// messages can be scrubbed; whether this works does not matter here.
	_, _ = s.Merged(ctx)

	attempts := [][]string{
		{"print-config", "--validate=false"},
		{"print-config", "--validate=false", printGate},
		{"print-initial-config", "--validate=false", printGate},
	}
	var refusal error
	for _, attempt := range attempts {
		output, message, err := run(ctx, binary, append(attempt, s.configFlags()...))
		if err != nil {
			return nil, err
		}
		if message == "" {
			return decode(output)
		}
		refusal = fmt.Errorf("%w: %s", ErrCollector, s.secrets.scrub(message))
		if !gateMissing.MatchString(message) && !unknownCommand.MatchString(message) {
			break
		}
	}
	return nil, refusal
}

var (
	gateMissing    = regexp.MustCompile(`(?i)printInitialConfig|feature.?gate`)
	unknownCommand = regexp.MustCompile(`(?i)unknown (command|flag)`)
)

func (s *Source) configFlags() []string {
	flags := make([]string, 0, len(s.URIs))
	for _, uri := range s.URIs {
		flags = append(flags, "--config="+uri)
	}
	return flags
}

// Types asks the binary which component types it has. A binary that cannot
// say gives an error, and the caller works without.
func Types(ctx context.Context, binary string) (map[rules.Kind]map[string]bool, error) {
	output, message, err := run(ctx, binary, []string{"components"})
	if err != nil {
		return nil, err
	}
	if message != "" {
		return nil, ErrCollector
	}
	var listed map[string]yaml.Node
	if err := yaml.Unmarshal(output, &listed); err != nil {
		return nil, fmt.Errorf("%w: its component list is not YAML", ErrCollector)
	}
	types := make(map[rules.Kind]map[string]bool)
	for _, kind := range []rules.Kind{rules.Receiver, rules.Processor, rules.Exporter, rules.Connector, rules.Extension} {
		node, ok := listed[string(kind)]
		if !ok {
			continue
		}
		var components []struct {
			Name string `yaml:"name"`
		}
		if err := node.Decode(&components); err != nil {
			return nil, fmt.Errorf("%w: its component list has another form", ErrCollector)
		}
		types[kind] = make(map[string]bool, len(components))
		for _, c := range components {
			types[kind][c.Name] = true
		}
	}
	return types, nil
}

func decode(output []byte) (map[string]any, error) {
	var config map[string]any
	if err := yaml.Unmarshal(output, &config); err != nil {
		return nil, fmt.Errorf("%w: what it prints is not YAML", ErrCollector)
	}
	if len(config) == 0 {
		return nil, fmt.Errorf("%w: it prints nothing", ErrCollector)
	}
	return config, nil
}

// run starts the binary and waits for it. The message is the binary's own when
// it ends with another code than 0; err is for a binary that does not run.
func run(ctx context.Context, binary string, args []string) (output []byte, message string, err error) {
	ctx, cancel := context.WithTimeout(ctx, collectorTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...) //nolint:gosec // running the named collector is what --collector asks for
	cmd.WaitDelay = 2 * time.Second
	stdout, stderr := &bounded{limit: maxOutput, strict: true}, &bounded{limit: 64 << 10}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = cmd.Run()
	var exited *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, "", fmt.Errorf("%s %s: gave no answer within %s", binary, args[0], collectorTimeout)
	case stdout.kept.Len() >= maxOutput:
		return nil, "", fmt.Errorf("%s %s: printed more than %d MiB", binary, args[0], maxOutput>>20)
	case errors.As(err, &exited):
		return nil, firstMessage(stderr.kept.String()), nil
	case err != nil:
		return nil, "", fmt.Errorf("--collector %s: cannot be started: %w", binary, err)
	}
	return stdout.kept.Bytes(), "", nil
}

var logLine = regexp.MustCompile(`^\d{4}[-/]\d\d[-/]\d\d[T ]`)

// firstMessage takes the collector's error without the copy that it logs.
func firstMessage(stderr string) string {
	var lines []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		if line == "" || logLine.MatchString(line) || strings.HasPrefix(line, "Usage:") {
			if len(lines) > 0 && line != "" {
				break
			}
			continue
		}
		lines = append(lines, strings.TrimPrefix(line, "Error: "))
	}
	if len(lines) == 0 {
		return "it ended with an error and no message"
	}
	return oneLine(strings.Join(lines, "\n"))
}

var errTooMuch = errors.New("too much output")

// bounded keeps the first bytes that a process writes, so that one that never
// stops writing cannot fill the memory.
type bounded struct {
	// Not embedded: io.Copy would find the buffer's ReadFrom and go around the
	// limit.
	kept  bytes.Buffer
	limit int
	// strict fails when there is more: the pipe is then closed, which ends the
	// process. Else the rest is dropped.
	strict bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if room := max(b.limit-b.kept.Len(), 0); len(p) > room {
		b.kept.Write(p[:room]) // never fails
		if b.strict {
			return room, errTooMuch
		}
		return len(p), nil
	}
	return b.kept.Write(p)
}
