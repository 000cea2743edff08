// Package guard runs the built collector against tables of configurations that
// the TLS guard must refuse or start.
package guard

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/child"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/freeport"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/pki"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

// site is a working directory with the files that the examples name.
type site struct {
	dir              string
	servers, clients *pki.Authority
}

func newSite(t testing.TB) site {
	t.Helper()
	s := site{dir: t.TempDir()}
	certs := filepath.Join(s.dir, "certs")
	require.NoError(t, os.Mkdir(certs, 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(s.dir, "spool"), 0o700))
	var err error
	s.servers, err = pki.NewAuthority("servers")
	require.NoError(t, err)
	s.clients, err = pki.NewAuthority("clients")
	require.NoError(t, err)
	write := func(name string, data []byte, mode os.FileMode) {
		require.NoError(t, os.WriteFile(filepath.Join(certs, name), data, mode))
	}
	write("ca.crt", s.servers.PEM(), 0o644)
	write("clients-ca.crt", s.clients.PEM(), 0o644)
	server, err := s.servers.Server([]string{"127.0.0.1", "localhost"})
	require.NoError(t, err)
	write("server.crt", server.CertPEM, 0o644)
	write("server.key", server.KeyPEM, 0o600)
	write("open.key", server.KeyPEM, 0o644)
	require.NoError(t, os.Chmod(filepath.Join(certs, "open.key"), 0o644))
	client, err := s.clients.Client("sender")
	require.NoError(t, err)
	write("client.crt", client.CertPEM, 0o644)
	write("client.key", client.KeyPEM, 0o600)
	now := time.Now()
	for name, until := range map[string]time.Time{"expired.crt": now.Add(-time.Hour), "soon.crt": now.Add(24 * time.Hour)} {
		// The key differs from server.key; only the dates are looked at first.
		leaf, err := s.servers.Server([]string{"127.0.0.1"}, pki.Valid(now.Add(-100*24*time.Hour), until))
		require.NoError(t, err)
		write(name, leaf.CertPEM, 0o644)
		write(strings.TrimSuffix(name, ".crt")+".key", leaf.KeyPEM, 0o600)
	}
	// RFC 7517, appendix A.1.
	write("idp.jwks", []byte(`{"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "1",
		"x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`), 0o644)
	key := make([]byte, 32)
	_, err = rand.Read(key)
	require.NoError(t, err)
	write("storage.key", []byte("first "+base64.StdEncoding.EncodeToString(key)+"\n"), 0o600)
	return s
}

// fill makes an example runnable: absolute files, keys that belong to their
// certificates, and a port that the test can watch.
func (s site) fill(config, address string) string {
	// Receivers come first; what else listens keeps a port of the kernel's.
	config = strings.Replace(config, "127.0.0.1:0", address, 1)
	for _, name := range []string{"expired", "soon"} {
		config = strings.ReplaceAll(config, name+".crt, key_file: certs/server.key", name+".crt, key_file: certs/"+name+".key")
	}
	config = strings.ReplaceAll(config, "certs/", filepath.Join(s.dir, "certs")+"/")
	config = strings.ReplaceAll(config, "/etc/otelcol/spool.key", filepath.Join(s.dir, "certs", "storage.key"))
	config = strings.ReplaceAll(config, "/var/lib/otelcol/spool", filepath.Join(s.dir, "spool"))
	config = strings.ReplaceAll(config, "directory: spool", "directory: "+filepath.Join(s.dir, "spool"))
	if !strings.Contains(config, "telemetry:") {
		// The metrics port of the default telemetry is one for all processes.
		config = strings.Replace(config, "service:\n", "service:\n  telemetry: {metrics: {level: none}}\n", 1)
	}
	return config
}

// options writes a configuration and returns how to run it.
func (s site) options(t testing.TB, config string) collector.Options {
	t.Helper()
	file := filepath.Join(s.dir, "config.yaml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	return collector.Options{Configs: []string{file}, Log: filepath.Join(s.dir, "log")}
}

func needCollector(t testing.TB) {
	t.Helper()
	if _, err := collector.Find(); errors.Is(err, collector.ErrNotBuilt) {
		required.Missing(t, err.Error())
	} else if err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	address, err := freeport.Address()
	require.NoError(t, err)
	return address
}

// knock dials an address without a pause until it is stopped, and says whether
// the port was ever open.
func knock(t *testing.T, address string) (everOpen func() bool) {
	t.Helper()
	var open atomic.Bool
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		dialer := net.Dialer{Timeout: 50 * time.Millisecond}
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if conn, err := dialer.DialContext(ctx, "tcp", address); err == nil {
				conn.Close()
				open.Store(true)
			}
		}
	}()
	stop := func() bool {
		cancel()
		<-done
		return open.Load()
	}
	t.Cleanup(func() { stop() })
	return stop
}

// ends waits for a process and returns its exit code and what it printed.
func ends(t *testing.T, process *child.Process, log string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	code, err := process.Wait(ctx)
	require.NoError(t, err)
	output, err := os.ReadFile(log)
	require.NoError(t, err)
	return code, string(output)
}
