// Package minio runs a real MinIO over TLS with a static KMS key, for tests
// and for the demo.
//
// Call [Start] for a server with its bucket, [Server.Root] to look at it with
// all rights, [Server.WriteOnly] for the identity that a collector should have.
// [Server.Down] and [Server.Up] make an outage: address, data, certificates and
// credentials stay the same over it.
package minio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"go/build"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/child"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/freeport"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/pki"
)

// KeyName is the KMS key that every server started here knows.
const KeyName = "archive"

// KeyARN is how MinIO echoes that key, and what a client sends for it.
const KeyARN = "arn:aws:kms:" + KeyName

// Region that the clients sign for.
const Region = "us-east-1"

// ErrNotInstalled tells a test to skip and the demo to say how to install it.
var ErrNotInstalled = errors.New("minio is not installed: put it on PATH, into the folder TOOLS_BIN, or go install it at the version in versions.env")

// Find looks for the server: $TOOLS_BIN, the repository's .tools/bin seen from
// the working directory upwards, PATH, then Go's install folder.
func Find() (string, error) { return FindTool("minio", ErrNotInstalled) }

// FindTool is Find for another program that the build installs beside it.
func FindTool(name string, missing error) (string, error) {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	var folders []string
	if tools := os.Getenv("TOOLS_BIN"); tools != "" {
		folders = append(folders, tools)
	}
	if dir, err := os.Getwd(); err == nil {
		for ; ; dir = filepath.Dir(dir) {
			folders = append(folders, filepath.Join(dir, ".tools", "bin"))
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	for _, folder := range folders {
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return filepath.Abs(path)
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return filepath.Abs(path)
	}
	if bin := os.Getenv("GOBIN"); bin != "" {
		if path, err := exec.LookPath(filepath.Join(bin, name)); err == nil {
			return path, nil
		}
	}
	for _, path := range filepath.SplitList(build.Default.GOPATH) {
		if path, err := exec.LookPath(filepath.Join(path, "bin", name)); err == nil {
			return path, nil
		}
	}
	return "", missing
}

// Options of a server. The zero value of everything but Dir is usable.
type Options struct {
	// Dir receives data, certificates and the log. It must exist.
	Dir string
	// Bucket is created before the start; "traces" if empty.
	Bucket string
	// NoKMS starts a server that knows no key: it answers 501 to SSE-KMS.
	NoKMS bool
	// Env is appended to the server's environment, as NAME=value.
	Env []string
}

// Server is one MinIO on 127.0.0.1. Its methods are not safe for concurrent
// use, its clients are.
type Server struct {
	Bucket string
	// Endpoint is https://127.0.0.1:port and stays the same over restarts.
	Endpoint string
	// CAFile holds the authority of the server's certificate.
	CAFile string
	// LogFile holds what the server printed, over all its starts.
	LogFile string
	// DataDir is the bucket's parent: what lies there is what an operator of
	// the store can read.
	DataDir string

	binary    string
	certs     string
	authority *pki.Authority
	user      string
	password  string
	address   string
	env       []string
	// key is the setting of the only key that the server knows.
	key     string
	noKMS   bool
	process *child.Process
}

// Start runs a server and waits until it answers the root identity. On a
// failure nothing is left running, and the error holds the last lines that the
// server printed.
func Start(ctx context.Context, options Options) (*Server, error) {
	binary, err := Find()
	if err != nil {
		return nil, err
	}
	s := &Server{
		Bucket:  options.Bucket,
		LogFile: filepath.Join(options.Dir, "minio.log"),
		DataDir: filepath.Join(options.Dir, "data"),
		binary:  binary,
		certs:   filepath.Join(options.Dir, "certs"),
	}
	if s.Bucket == "" {
		s.Bucket = "traces"
	}
	// A folder below the data folder is a bucket.
	if err := os.MkdirAll(filepath.Join(s.DataDir, s.Bucket), 0o700); err != nil {
		return nil, fmt.Errorf("minio: make bucket folder: %w", err)
	}
	if err := s.writeCertificates(); err != nil {
		return nil, fmt.Errorf("minio: %w", err)
	}
	if err := s.makeEnvironment(options); err != nil {
		return nil, fmt.Errorf("minio: %w", err)
	}
	// The port is free when it is chosen and may be taken when the server
	// binds it: another port then.
	for attempt := 0; ; attempt++ {
		if s.address, err = freeport.Address(); err != nil {
			return nil, fmt.Errorf("minio: choose port: %w", err)
		}
		s.Endpoint = "https://" + s.address
		if err = s.Up(ctx); err == nil {
			return s, nil
		}
		if attempt == 2 || ctx.Err() != nil {
			return nil, err
		}
	}
}

func (s *Server) writeCertificates() error {
	authority, err := pki.NewAuthority("throw-away store authority")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(s.certs, "CAs"), 0o700); err != nil {
		return fmt.Errorf("make certificate folder: %w", err)
	}
	leaf, err := authority.Server([]string{"127.0.0.1", "localhost"})
	if err != nil {
		return err
	}
	if _, _, err := leaf.WriteAs(filepath.Join(s.certs, "public.crt"), filepath.Join(s.certs, "private.key")); err != nil {
		return err
	}
	s.authority = authority
	s.CAFile, err = authority.Write(filepath.Join(s.certs, "CAs"), "ca.crt")
	return err
}

func (s *Server) makeEnvironment(options Options) error {
	secret := make([]byte, 32+16+24)
	if _, err := rand.Read(secret); err != nil {
		return fmt.Errorf("make credentials: %w", err)
	}
	s.user = "root-" + hex.EncodeToString(secret[32:40])
	s.password = hex.EncodeToString(secret[48:])
	s.env = []string{
		"MINIO_ROOT_USER=" + s.user,
		"MINIO_ROOT_PASSWORD=" + s.password,
		"MINIO_BROWSER=off",
		"MINIO_UPDATE=off",
		"HOME=" + options.Dir,
		"TMPDIR=" + options.Dir,
	}
	s.key = "MINIO_KMS_SECRET_KEY=" + KeyName + ":" + base64.StdEncoding.EncodeToString(secret[:32])
	s.noKMS = options.NoKMS
	s.env = append(s.env, options.Env...)
	return nil
}

// SetKMS gives the server its key, or takes it away, from the next Up on.
func (s *Server) SetKMS(on bool) { s.noKMS = !on }

// Up starts the server again on its address and waits until it is ready.
func (s *Server) Up(ctx context.Context) error {
	if s.process != nil && s.process.Running() {
		return nil
	}
	env := slices.Clone(s.env)
	if !s.noKMS {
		env = append(env, s.key)
	}
	process, err := child.Start(child.Spec{
		Path:   s.binary,
		Args:   []string{"server", s.DataDir, "--address", s.address, "--certs-dir", s.certs, "--quiet"},
		Env:    env,
		Output: s.LogFile,
	})
	if err != nil {
		return fmt.Errorf("minio: %w", err)
	}
	s.process = process
	if err := s.waitReady(ctx); err != nil {
		return errors.Join(fmt.Errorf("minio: %w\n%s", err, lastLines(s.LogFile)), process.Kill())
	}
	return nil
}

// Down ends the server with SIGKILL: an outage without a goodbye.
func (s *Server) Down() error {
	if s.process == nil {
		return nil
	}
	return s.process.Kill()
}

// Stop ends the server in order.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	return s.process.Stop(10 * time.Second)
}

// Pid of the process that runs now or ran last.
func (s *Server) Pid() int { return s.process.Pid() }

// Running is false during an outage.
func (s *Server) Running() bool { return s.process != nil && s.process.Running() }

// Secrets are the credentials that must not show up in anything a collector
// writes.
func (s *Server) Secrets() []string { return []string{s.password} }

// waitReady polls until the health endpoint, the object store and the identity
// service answer: MinIO listens before it has loaded what they need.
func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 60*time.Second, errors.New("not ready within 60s"))
	defer cancel()
	client := &http.Client{Transport: s.transport(), Timeout: 2 * time.Second}
	defer client.CloseIdleConnections()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := s.ready(ctx, client)
		if err == nil {
			return nil
		}
		select {
		case <-s.process.Done():
			return fmt.Errorf("ended with code %d before it was ready", s.process.ExitCode())
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}

func (s *Server) ready(ctx context.Context, client *http.Client) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint+"/minio/health/ready", nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("health endpoint answers %s", response.Status)
	}
	if err := s.bucketExists(ctx); err != nil {
		return err
	}
	// The identity service comes last: until then it answers 400 "Server not
	// initialized", which no client would try again.
	_, err = s.WriteOnly(ctx, KeyARN)
	return err
}

// lastLines is the end of a log file, for an error message.
func lastLines(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	const most = 2000
	if len(content) > most {
		content = content[len(content)-most:]
	}
	return string(content)
}
