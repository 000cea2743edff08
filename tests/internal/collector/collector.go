// Package collector runs the built otelcol-sealed for tests and for the demo:
// [Start] waits until it is ready, [Run] waits until it has refused to start.
package collector

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/child"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/freeport"
)

// ErrNotBuilt tells a test to skip and the demo to say what to do.
var ErrNotBuilt = errors.New("dist/otelcol-sealed is not built: run make build, or point OTELCOL_SEALED_BIN at it")

// Find looks for the binary: $OTELCOL_SEALED_BIN, then dist/ in the working
// directory and above. A variable that points nowhere is another error than
// ErrNotBuilt, so that no test is skipped for a typing mistake.
func Find() (string, error) { return FindBinary("OTELCOL_SEALED_BIN", "otelcol-sealed", ErrNotBuilt) }

// FindBinary is Find for another binary of the project.
func FindBinary(variable, name string, missing error) (string, error) {
	if path := os.Getenv(variable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s: %w", variable, err)
		}
		return filepath.Abs(path)
	}
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "dist", name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
		if dir == filepath.Dir(dir) {
			return "", missing
		}
	}
}

// Options of a run.
type Options struct {
	// Binary to run; what Find finds if empty.
	Binary string
	// Configs are given with --config in this order; later ones win.
	Configs []string
	// Args are further arguments.
	Args []string
	// Env is the whole environment.
	Env []string
	// Log receives what the collector prints, over all its runs.
	Log string
	// Listens are addresses that accept a connection once it is ready.
	Listens []string
	// Metrics is the address of its own metrics endpoint, if it has one.
	Metrics string
}

// Collector is one process. Its methods are not safe for concurrent use.
type Collector struct {
	options Options
	process *child.Process
	runs    int
}

// readyLine is printed by the service when every pipeline runs. It is the only
// signal that comes after the extensions' Ready hooks.
var readyLine = []byte("Everything is ready. Begin running and processing data.")

// Start runs a collector and waits until it says that it is ready and all its
// ports accept. If that fails, nothing is left running and the error holds the
// end of the log.
func Start(ctx context.Context, options Options) (*Collector, error) {
	c := &Collector{options: options}
	return c, c.Again(ctx)
}

// Again starts it once more, with the same configuration and environment.
func (c *Collector) Again(ctx context.Context) error {
	before, err := size(c.options.Log)
	if err != nil {
		return err
	}
	if err := c.Launch(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 60*time.Second, errors.New("not ready within 60s"))
	defer cancel()
	if err := c.waitReady(ctx, before); err != nil {
		return errors.Join(fmt.Errorf("collector: %w\n%s", err, tail(c.options.Log, before)), c.process.Kill())
	}
	return nil
}

// Launch starts it once more without waiting: a test may want to kill it while
// it recovers.
func (c *Collector) Launch() error {
	process, err := launch(c.options)
	if err != nil {
		return err
	}
	c.process = process
	c.runs++
	return nil
}

func (c *Collector) waitReady(ctx context.Context, from int64) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		if log, err := readFrom(c.options.Log, from); err == nil && bytes.Contains(log, readyLine) {
			break
		}
		select {
		case <-c.process.Done():
			return fmt.Errorf("ended with code %d before it was ready", c.process.ExitCode())
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
	var dialer net.Dialer
	for _, address := range c.options.Listens {
		connection, err := dialer.DialContext(ctx, "tcp", address)
		if err != nil {
			return fmt.Errorf("says that it is ready, but: %w", err)
		}
		if err := connection.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Run starts a collector that is expected to end by itself and returns its exit
// code and everything it printed.
func Run(ctx context.Context, options Options) (code int, output string, err error) {
	process, err := launch(options)
	if err != nil {
		return 0, "", err
	}
	code, err = process.Wait(ctx)
	if err != nil {
		return 0, "", errors.Join(err, process.Kill(), fmt.Errorf("output so far:\n%s", tail(options.Log, 0)))
	}
	log, err := os.ReadFile(options.Log)
	return code, string(log), err
}

func launch(options Options) (*child.Process, error) {
	binary := options.Binary
	if binary == "" {
		var err error
		if binary, err = Find(); err != nil {
			return nil, err
		}
	}
	var args []string
	for _, config := range options.Configs {
		args = append(args, "--config", config)
	}
	return child.Start(child.Spec{
		Path: binary, Args: append(args, options.Args...), Env: options.Env, Output: options.Log,
	})
}

// Kill ends it with SIGKILL.
func (c *Collector) Kill() error { return c.process.Kill() }

// Stop asks it to shut down and kills it after half a minute.
func (c *Collector) Stop() error { return c.process.Stop(30 * time.Second) }

// Running is false after it has ended, for whatever reason.
func (c *Collector) Running() bool { return c.process.Running() }

// Pid of the current run.
func (c *Collector) Pid() int { return c.process.Pid() }

// Runs counts the starts.
func (c *Collector) Runs() int { return c.runs }

// Log is everything that it printed so far, over all runs.
func (c *Collector) Log() ([]byte, error) { return os.ReadFile(c.options.Log) }

// Scrape reads its own metrics in the Prometheus text format.
func (c *Collector) Scrape(ctx context.Context) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.options.Metrics+"/metrics", nil)
	if err != nil {
		return nil, fmt.Errorf("scrape own metrics: %w", err)
	}
	response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("scrape own metrics: %w", err)
	}
	defer response.Body.Close() // read only
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("scrape own metrics: %s", response.Status)
	}
	return io.ReadAll(response.Body)
}

// WriteKey makes a key file for encrypted_storage: one line, an id and 32
// random bytes in base64, readable by the owner alone.
func WriteKey(path string) error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("make spool key: %w", err)
	}
	if err := os.WriteFile(path, []byte("spool-1 "+base64.StdEncoding.EncodeToString(key)+"\n"), 0o600); err != nil {
		return fmt.Errorf("write spool key: %w", err)
	}
	return nil
}

// FreeAddresses chooses n different free ports on 127.0.0.1.
func FreeAddresses(n int) ([]string, error) {
	addresses := make([]string, n)
	for i := range addresses {
		var err error
		if addresses[i], err = freeport.Address(); err != nil {
			return nil, err
		}
	}
	return addresses, nil
}

// Port of an address made by FreeAddresses.
func Port(address string) int {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return 0
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return number
}

func size(path string) (int64, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("collector log: %w", err)
	}
	return info.Size(), nil
}

func readFrom(path string, from int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // read only
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(file)
}

func tail(path string, from int64) string {
	log, err := readFrom(path, from)
	if err != nil {
		return err.Error()
	}
	const most = 4000
	if len(log) > most {
		log = log[len(log)-most:]
	}
	return string(log)
}
