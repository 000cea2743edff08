package probe_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/internal/cli/exit"
	"github.com/sealed-otel/otelcol-sealed/internal/cli/probe"
)

// run executes the command and returns its tables, text or error, exit code.
func run(t *testing.T, args ...string) ([]probe.Verification, int) {
	t.Helper()
	cmd := probe.NewCommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(io.Discard)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append([]string{"--format=json", "--timeout=1s"}, args...))
	code := exit.CodeOf(cmd.Execute())
	var tables []probe.Verification
	if out.Len() > 0 {
		require.NoError(t, json.Unmarshal(out.Bytes(), &tables))
	}
	return tables, code
}

func results(v probe.Verification) map[string]probe.Result {
	byCheck := make(map[string]probe.Result)
	for _, row := range v.Rows {
		byCheck[row.Check] = row.Result
	}
	return byCheck
}

// serveTLS runs an HTTPS server, the shape of an OTLP/HTTP receiver.
func serveTLS(t *testing.T, config *tls.Config) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{
		Handler:           http.NotFoundHandler(),
		ErrorLog:          log.New(io.Discard, "", 0),
		ReadHeaderTimeout: 5 * time.Second,
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(tls.NewListener(listener, config)) // ends with Close below
	}()
	t.Cleanup(func() {
		assert.NoError(t, server.Close())
		<-done
	})
	return listener.Addr().String()
}

func TestProbeVerdicts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca, other := newAuthority(t, dir, "ca"), newAuthority(t, dir, "other")
	good, certFile, keyFile := ca.issue(t, dir, "collector", time.Now().AddDate(0, 6, 0))
	expired, _, _ := ca.issue(t, dir, "expired", time.Now().AddDate(0, 0, -2))
	ending, _, _ := ca.issue(t, dir, "ending", time.Now().AddDate(0, 0, 5))
	_, strangeCert, strangeKey := other.issue(t, dir, "strange", time.Now().AddDate(0, 6, 0))

	mutual := func() *tls.Config {
		return &tls.Config{
			Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS12,
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool(),
		}
	}
	with := func(change func(*tls.Config)) *tls.Config {
		config := mutual()
		change(config)
		return config
	}
	const (
		plain, versions, required = "plaintext refused", "TLS versions", "client certificate required"
		unknown, chain, expiry    = "unknown authority refused", "certificate chain", "certificate expiry"
		own                       = "your certificate accepted"
	)
	for name, test := range map[string]struct {
		config *tls.Config
		args   []string
		code   int
		want   map[string]probe.Result
	}{
		"mutual TLS 1.3": {config: with(func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }), code: exit.OK, want: map[string]probe.Result{
			plain: probe.OK, versions: probe.OK, required: probe.OK, unknown: probe.OK, chain: probe.OK, expiry: probe.OK,
		}},
		"mutual TLS 1.2 only": {config: with(func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }), code: exit.OK, want: map[string]probe.Result{
			plain: probe.OK, versions: probe.OK, required: probe.OK, unknown: probe.OK, chain: probe.OK,
		}},
		"mutual, HTTP/2": {config: with(func(c *tls.Config) { c.NextProtos = []string{"h2"} }), code: exit.OK, want: map[string]probe.Result{
			required: probe.OK, unknown: probe.OK,
		}},
		"own certificate let in": {config: mutual(), args: []string{"--cert", certFile, "--key", keyFile}, code: exit.OK, want: map[string]probe.Result{own: probe.OK}},
		"own certificate of another CA": {config: mutual(), args: []string{"--cert", strangeCert, "--key", strangeKey}, code: exit.Findings, want: map[string]probe.Result{
			own: probe.Gap, required: probe.OK,
		}},
		"no client certificate asked for": {config: with(func(c *tls.Config) { c.ClientAuth = tls.NoClientCert }), code: exit.Findings, want: map[string]probe.Result{
			plain: probe.OK, required: probe.Gap, unknown: probe.NotTested,
		}},
		"asked for, not required": {config: with(func(c *tls.Config) { c.ClientAuth = tls.VerifyClientCertIfGiven }), code: exit.Findings, want: map[string]probe.Result{
			required: probe.Gap, unknown: probe.OK,
		}},
		"any certificate will do": {config: with(func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }), code: exit.Findings, want: map[string]probe.Result{
			required: probe.OK, unknown: probe.Gap,
		}},
		"TLS 1.0 and 1.1 accepted": {config: with(func(c *tls.Config) { c.MinVersion = tls.VersionTLS10 }), code: exit.Findings, want: map[string]probe.Result{
			versions: probe.Gap, required: probe.OK,
		}},
		"only TLS 1.1": {config: with(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }), code: exit.Findings, want: map[string]probe.Result{
			versions: probe.Gap, plain: probe.OK,
		}},
		"certificate expired": {config: with(func(c *tls.Config) { c.Certificates = []tls.Certificate{expired} }), code: exit.Findings, want: map[string]probe.Result{
			expiry: probe.Gap, chain: probe.OK,
		}},
		"certificate ends soon": {config: with(func(c *tls.Config) { c.Certificates = []tls.Certificate{ending} }), code: exit.OK, want: map[string]probe.Result{
			expiry: probe.Warning,
		}},
		"server of an unknown CA": {config: mutual(), args: []string{"--ca", other.file}, code: exit.Findings, want: map[string]probe.Result{chain: probe.Gap}},
		"certificate for another name": {config: mutual(), args: []string{"--server-name", "elsewhere.example"}, code: exit.Findings, want: map[string]probe.Result{
			chain: probe.Gap,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serveTLS(t, test.config)
			tables, code := run(t, append([]string{address, "--ca", ca.file}, test.args...)...)
			require.Len(t, tables, 1)
			assert.Equal(t, test.code, code, "%+v", tables[0].Rows)
			got := results(tables[0])
			for check, want := range test.want {
				assert.Equal(t, want, got[check], "%s: %+v", check, tables[0].Rows)
			}
		})
	}
}

func TestVersionsAreNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, _, _ := ca.issue(t, dir, "collector", time.Now().AddDate(0, 6, 0))
	for version, name := range map[uint16]string{
		tls.VersionTLS10: "TLS 1.0", tls.VersionTLS11: "TLS 1.1", tls.VersionTLS12: "TLS 1.2", tls.VersionTLS13: "TLS 1.3",
	} {
		address := serveTLS(t, &tls.Config{
			Certificates: []tls.Certificate{cert}, MinVersion: version, MaxVersion: version,
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool(),
		})
		tables, _ := run(t, address, "--ca", ca.file)
		for _, row := range tables[0].Rows {
			if row.Check == "TLS versions" {
				assert.Contains(t, row.Detail, name)
				assert.NotContains(t, row.Detail, ",", "no other version is offered")
			}
		}
	}
}

// A plaintext port may be a line protocol that stores what it reads, so it gets
// TLS hellos only.
func TestPlaintextPortGetsNoRequest(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var strange atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			first := make([]byte, 1)
			if _, err := io.ReadFull(conn, first); err == nil && first[0] != 0x16 {
				strange.Add(1)
			}
			_, _ = io.WriteString(conn, "hello in clear\n") // the client may be gone
			_ = conn.Close()
		}
	}()
	tables, code := run(t, listener.Addr().String())
	assert.Equal(t, exit.Findings, code)
	require.Len(t, tables[0].Rows, 1)
	assert.Equal(t, probe.Gap, tables[0].Rows[0].Result)
	assert.Zero(t, strange.Load(), "bytes that are no TLS record were sent")
	require.NoError(t, listener.Close())
	<-done
}

// multiplexer hands connections that begin with a TLS record to one server and
// the others to a plaintext one, as cmux does.
func TestMultiplexedPortIsAGap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, _, _ := ca.issue(t, dir, "collector", time.Now().AddDate(0, 6, 0))
	secure := serveTLS(t, &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool(),
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go split(conn, secure)
		}
	}()
	tables, code := run(t, listener.Addr().String(), "--ca", ca.file)
	assert.Equal(t, exit.Findings, code)
	assert.Equal(t, probe.Gap, results(tables[0])["plaintext refused"], "%+v", tables[0].Rows)
	assert.Equal(t, probe.OK, results(tables[0])["client certificate required"])
}

func split(conn net.Conn, secure string) {
	defer conn.Close()
	first := make([]byte, 1)
	if _, err := io.ReadFull(conn, first); err != nil {
		return
	}
	if first[0] != 0x16 {
		_, _ = io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
		return
	}
	back, err := net.Dial("tcp", secure)
	if err != nil {
		return
	}
	defer back.Close()
	if _, err := back.Write(first); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(back, conn) // ends when either side closes
		_ = back.Close()
	}()
	_, _ = io.Copy(conn, back)
}

func TestUnreachableIsNotClean(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	tables, code := run(t, address)
	assert.Equal(t, exit.Usage, code)
	assert.NotEmpty(t, tables[0].Unreachable)
}

func TestSilentPortIsAGap(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	tables, code := run(t, listener.Addr().String(), "--timeout=200ms")
	assert.Equal(t, exit.Findings, code)
	assert.Equal(t, probe.Gap, results(tables[0])["plaintext refused"])
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{},
		{"localhost"},
		{":4317"},
		{"localhost:"},
		{"127.0.0.1:1", "--cert", "a.pem"},
		{"127.0.0.1:1", "--ca", "absent.pem"},
		{"127.0.0.1:1", "--timeout=0s"},
		{"127.0.0.1:1", "--timeout=1h"},
		{"127.0.0.1:1", "--cert", "absent.pem", "--key", "absent.pem"},
	} {
		_, code := run(t, args...)
		assert.Equal(t, exit.Usage, code, args)
	}
}

// The table is for people: fixed columns, no colour off a terminal.
func TestTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca := newAuthority(t, dir, "ca")
	cert, _, _ := ca.issue(t, dir, "collector", time.Now().AddDate(0, 6, 0))
	address := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	cmd := probe.NewCommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs([]string{address, "--ca", ca.file, "--timeout=1s"})
	assert.Equal(t, exit.Findings, exit.CodeOf(cmd.Execute()))
	assert.Contains(t, out.String(), address+"\n")
	assert.Contains(t, out.String(), "  client certificate required  GAP         not asked for; set client_ca_file\n")
	assert.Contains(t, out.String(), "  TLS versions                 ok          TLS 1.2, TLS 1.3\n")
	assert.NotContains(t, out.String(), "\x1b")
}
