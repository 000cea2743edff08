// Package e2e tests the built collector as users run it.
package e2e

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/pki"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/quickstart"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/required"
)

// requireBinary ends the test where nothing was built. make test names the
// binary, so that there a missing one is a failure.
func requireBinary(t *testing.T) {
	t.Helper()
	_, err := collector.Find()
	if errors.Is(err, collector.ErrNotBuilt) {
		required.Missing(t, err.Error())
	}
	require.NoError(t, err)
}

// badInput is one mistake in an otherwise good quick start.
type badInput struct {
	// overlay is merged over the example's configuration.
	overlay string
	// prepare spoils files; what it returns replaces environment variables.
	prepare func(t *testing.T, site *quickstart.Site) []string
	// names have to stand together on one line of the output. {dir} is the
	// test's folder, {grpc} and {metrics} are addresses.
	names []string
	// decoder marks mistakes that the collector's own decoder reports, one line
	// for each level of nesting: there the names have to stand in the message,
	// not on one line of it.
	decoder bool
	// hidden must not be in the output at all.
	hidden string
}

var badInputs = map[string]badInput{
	// Wrong paths.
	"certificate file missing": {
		prepare: func(t *testing.T, site *quickstart.Site) []string {
			require.NoError(t, os.Remove(filepath.Join(site.TLS, "server.crt")))
			return nil
		},
		names: []string{"tls_guard", "receivers::otlp::protocols::grpc", "{dir}/tls/server.crt"},
	},
	"client authority missing": {
		prepare: func(t *testing.T, site *quickstart.Site) []string {
			require.NoError(t, os.Remove(filepath.Join(site.TLS, "ca.crt")))
			return nil
		},
		names: []string{"tls_guard", "receivers::otlp::protocols::grpc", "{dir}/tls/ca.crt"},
	},
	"spool key missing": {
		prepare: func(_ *testing.T, site *quickstart.Site) []string {
			return []string{"QUICKSTART_SPOOL_KEY=" + filepath.Join(site.Dir, "no-such.key")}
		},
		// Start-up logs name the component on other lines: here the last one must.
		names: []string{"extensions::encrypted_storage", "key_file", "{dir}/no-such.key"}, decoder: true,
	},
	"store authority missing": {
		prepare: func(_ *testing.T, site *quickstart.Site) []string {
			return []string{"QUICKSTART_S3_CA=" + filepath.Join(site.Dir, "no-such-ca.crt")}
		},
		names: []string{"s3_sse_kms", "ca_file", "{dir}/no-such-ca.crt"},
	},
	"spool directory is a file": {
		prepare: func(t *testing.T, site *quickstart.Site) []string {
			require.NoError(t, os.WriteFile(site.Spool, nil, 0o600))
			return nil
		},
		names: []string{"encrypted_storage", "directory", "{dir}/spool"},
	},
	"spool directory is relative": {
		prepare: func(*testing.T, *quickstart.Site) []string { return []string{"QUICKSTART_SPOOL=spool"} },
		names:   []string{"extensions::encrypted_storage", "directory", "absolute"},
	},
	"spool directory is open to others": {
		prepare: func(t *testing.T, site *quickstart.Site) []string {
			require.NoError(t, os.Mkdir(site.Spool, 0o700))
			require.NoError(t, os.Chmod(site.Spool, 0o755)) // that is the mistake
			return nil
		},
		names: []string{"encrypted_storage", "directory", "{dir}/spool"},
	},

	// Unreadable or bad keys.
	"spool key readable by all": {
		prepare: func(t *testing.T, site *quickstart.Site) []string {
			require.NoError(t, os.Chmod(site.Key, 0o644)) // that is the mistake
			return nil
		},
		names: []string{"encrypted_storage", "keys", "{dir}/spool.key"},
	},
	"spool key unreadable": {
		prepare: func(t *testing.T, site *quickstart.Site) []string {
			if os.Getuid() == 0 {
				t.Skip("root reads everything")
			}
			require.NoError(t, os.Chmod(site.Key, 0))
			return nil
		},
		names: []string{"encrypted_storage", "keys", "{dir}/spool.key"},
	},
	"spool key too short": {
		prepare: func(t *testing.T, site *quickstart.Site) []string {
			require.NoError(t, os.WriteFile(site.Key, []byte("k1 c2hvcnQtc2VjcmV0\n"), 0o600))
			return nil
		},
		names:  []string{"encrypted_storage", "keys", "{dir}/spool.key"},
		hidden: "c2hvcnQtc2VjcmV0",
	},
	"spool key is no base64": {
		prepare: func(t *testing.T, site *quickstart.Site) []string {
			require.NoError(t, os.WriteFile(site.Key, []byte("k1 not!base64!but!maybe!a!secret\n"), 0o600))
			return nil
		},
		names:  []string{"encrypted_storage", "keys", "{dir}/spool.key"},
		hidden: "not!base64",
	},
	"tls key of another certificate": {
		prepare: func(t *testing.T, site *quickstart.Site) []string {
			ca, err := pki.NewAuthority("other")
			require.NoError(t, err)
			leaf, err := ca.Client("other")
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(site.TLS, "server.key"), leaf.KeyPEM, 0o600))
			return nil
		},
		names: []string{"tls_guard", "TG011", "receivers::otlp::protocols::grpc"},
	},
	"tls key is damaged": {
		prepare: func(t *testing.T, site *quickstart.Site) []string {
			require.NoError(t, os.WriteFile(filepath.Join(site.TLS, "server.key"), []byte("secret-garbage"), 0o600))
			return nil
		},
		names:  []string{"tls_guard", "TG011", "{dir}/tls/server.key"},
		hidden: "secret-garbage",
	},
	"tls key readable by all": {
		prepare: func(t *testing.T, site *quickstart.Site) []string {
			require.NoError(t, os.Chmod(filepath.Join(site.TLS, "server.key"), 0o644)) // that is the mistake
			return nil
		},
		names: []string{"tls_guard", "TG014", "{dir}/tls/server.key"},
	},

	// Broken policies.
	"policy with a broken regex": {
		overlay: `processors: {redact: {policy: {name: p, rules: [{name: r, regex: "ACC-(", action: remove}]}}}`,
		names:   []string{"processors::redact", "policy::rules[0]::regex"},
	},
	"policy with an unknown detector": {
		overlay: `processors: {redact: {policy: {name: p, rules: [{name: r, detect: [payment_cards], action: remove}]}}}`,
		names:   []string{"processors::redact", "policy::rules[0]::detect", "payment_cards"},
	},
	"policy with an unknown action": {
		overlay: `processors: {redact: {policy: {name: p, rules: [{name: r, detect: [email], action: hash}]}}}`,
		names:   []string{"processors::redact", "policy::rules[0]::action", "hash"},
	},
	"policy with an unknown key": {
		overlay: `processors: {redact: {policy: {name: p, ruels: []}}}`,
		names:   []string{"processors::redact", "policy::ruels"},
	},

	// Unknown keys.
	"unknown key in redact": {
		overlay: `processors: {redact: {polcy: {}}}`, names: []string{"processors", "\"redact\"", "polcy"}, decoder: true,
	},
	"unknown key in encrypted_storage": {
		overlay: `extensions: {encrypted_storage: {directry: /tmp}}`, names: []string{"extensions", "encrypted_storage", "directry"}, decoder: true,
	},
	"unknown key in tls_guard": {
		overlay: `extensions: {tls_guard: {recievers: {}}}`, names: []string{"extensions", "tls_guard", "recievers"}, decoder: true,
	},
	"unknown key in s3_sse_kms": {
		overlay: `exporters: {s3_sse_kms: {s3uploader: {}}}`, names: []string{"exporters", "s3_sse_kms", "s3uploader"}, decoder: true,
	},
	"unknown component": {overlay: `exporters: {s3_sse_kmz: {}}`, names: []string{"exporters", "s3_sse_kmz"}, decoder: true},

	// Settings that would weaken the promise.
	"store over http": {
		prepare: func(*testing.T, *quickstart.Site) []string {
			return []string{"QUICKSTART_S3_ENDPOINT=http://127.0.0.1:9"}
		},
		names: []string{"exporters::s3_sse_kms", "endpoint", "https"},
	},
	"kms key not set": {
		prepare: func(*testing.T, *quickstart.Site) []string { return []string{"QUICKSTART_KMS_KEY="} },
		names:   []string{"exporters::s3_sse_kms", "encryption::kms_key_arn"},
	},
	"bounded retry": {
		overlay: `exporters: {s3_sse_kms: {retry_on_failure: {max_elapsed_time: 5m}}}`,
		names:   []string{"exporters::s3_sse_kms", "retry_on_failure::max_elapsed_time"},
	},
	"two key providers": {
		overlay: `extensions: {encrypted_storage: {keys: {aws_kms: {key_arn: "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"}}}}`,
		names:   []string{"extensions::encrypted_storage", "keys"},
	},
	"limit is no size": {
		overlay: `extensions: {encrypted_storage: {max_size: 4 gigs}}`,
		names:   []string{"encrypted_storage", "max_size", "4 gigs", "MiB"},
		decoder: true,
	},

	// Ports in use.
	"receiver's port in use": {
		prepare: func(t *testing.T, site *quickstart.Site) []string { occupy(t, site.GRPC); return nil },
		names:   []string{"otlp", "{grpc}", "in use"},
	},
	"metrics port in use": {
		prepare: func(t *testing.T, site *quickstart.Site) []string { occupy(t, site.Metrics); return nil },
		names:   []string{"{metrics}", "in use"},
	},
}

func occupy(t *testing.T, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
}

// TestBadInput: one mistake gives one line that names the setting, exit code 1,
// and nothing stays behind.
func TestBadInput(t *testing.T) {
	t.Parallel()
	requireBinary(t)
	// A slot for each of two at a time: more would only wait for each other.
	slots := make(chan struct{}, 2)
	for name, c := range badInputs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			refuse(t, c)
		})
	}
}

func refuse(t *testing.T, c badInput) {
	t.Helper()
	site, err := quickstart.New(t.TempDir())
	require.NoError(t, err)
	var overlays, env []string
	if c.overlay != "" {
		path := filepath.Join(site.Dir, "overlay.yaml")
		require.NoError(t, os.WriteFile(path, []byte(c.overlay), 0o600))
		overlays = append(overlays, path)
	}
	if c.prepare != nil {
		env = c.prepare(t, site)
	}
	options := site.Options(quickstart.Nowhere(filepath.Join(site.TLS, "ca.crt")), overlays...)
	options.Env = append(options.Env, env...)
	c.names = slices.Clone(c.names)
	replace := strings.NewReplacer("{dir}", site.Dir, "{grpc}", site.GRPC, "{metrics}", site.Metrics)
	for i := range c.names {
		c.names[i] = replace.Replace(c.names[i])
	}
	assertRefused(t, options, c)
}

// assertRefused runs a collector that has to end by itself with code 1 and a
// message that holds all names.
func assertRefused(t *testing.T, options collector.Options, c badInput) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 60*time.Second, errors.New("it started, or hangs"))
	defer cancel()
	code, output, err := collector.Run(ctx, options)
	require.NoError(t, err)
	assert.Equal(t, 1, code, output)

	_, message, found := strings.Cut(output, "Error: ")
	require.True(t, found, "no error message:\n%s", output)
	candidates := strings.Split(output, "\n")
	if c.decoder {
		candidates = []string{message}
	}
	assert.True(t, slices.ContainsFunc(candidates, func(line string) bool {
		return !slices.ContainsFunc(c.names, func(name string) bool { return !strings.Contains(line, name) })
	}), "%q do not stand together in:\n%s", c.names, output)
	assert.NotContains(t, output, "goroutine ", "no stack trace")
	assert.NotContains(t, output, "panic")
	if c.hidden != "" {
		assert.NotContains(t, output, c.hidden)
	}
	t.Log(strings.TrimSpace(message))
}

func TestNoConfiguration(t *testing.T) {
	t.Parallel()
	requireBinary(t)
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.yaml")
	require.NoError(t, os.WriteFile(broken, []byte("receivers: [unclosed\n"), 0o600))
	missing := filepath.Join(dir, "missing.yaml")
	for name, c := range map[string]struct {
		config string
		badInput
	}{
		"file missing": {missing, badInput{names: []string{missing}}},
		"not YAML":     {broken, badInput{names: []string{"yaml"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertRefused(t, collector.Options{
				Configs: []string{c.config}, Env: []string{"HOME=" + dir}, Log: filepath.Join(t.TempDir(), "log"),
			}, c.badInput)
		})
	}
}

func TestFindNamesAWrongVariable(t *testing.T) {
	t.Setenv("OTELCOL_SEALED_BIN", filepath.Join(t.TempDir(), "no-such-binary"))
	_, err := collector.Find()
	require.ErrorContains(t, err, "OTELCOL_SEALED_BIN")
	assert.NotErrorIs(t, err, collector.ErrNotBuilt, "a typing mistake must not skip tests")
}
