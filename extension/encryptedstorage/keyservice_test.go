package encryptedstorage

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/sealed-otel/otelcol-sealed/envelope/awskms/awskmstest"
	"github.com/sealed-otel/otelcol-sealed/envelope/kmsv2/kmsv2test"
	"github.com/sealed-otel/otelcol-sealed/extension/encryptedstorage/internal/metadata"
)

// keyService is a key service on the wire, with switches, and a configuration
// that uses it.
type keyService struct {
	cfg     *Config
	setting string // of the provider
	keyID   string
	outage  func(on bool)
	disable func(on bool)
	// throttle refuses the next n requests; all if n is 0, none if it is -1.
	throttle func(n int)
	// change makes a new key and configures it beside the old one; only
	// configures nothing but the new one.
	change func(t *testing.T, only bool) (keyID string)
}

func keyServiceConfig(t *testing.T) *Config {
	cfg := testConfig(t)
	cfg.Keys.KeyFile = configoptional.None[KeyFileConfig]()
	cfg.Keys.Context = map[string]string{"otel-store": "edge-7"}
	cfg.Keys.StatusInterval = 20 * time.Millisecond
	cfg.Keys.StartupTimeout = time.Minute
	return cfg
}

// awsEnvironment is what the SDK finds its credentials and its trust by. The
// test that calls it must not be parallel; its sub-tests may be.
func awsEnvironment(t *testing.T) awskmstest.Principal {
	srv := awskmstest.StartTLS(t)
	who := srv.AddIdentity(awskmstest.Identity{ARN: "arn:aws:iam::123456789012:role/collector"})
	dir := t.TempDir()
	bundle := filepath.Join(dir, "ca.pem")
	// httptest has one certificate for all servers of a process.
	require.NoError(t, os.WriteFile(bundle, srv.Certificate(), 0o600))
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": who.AccessKeyID, "AWS_SECRET_ACCESS_KEY": who.SecretAccessKey, "AWS_SESSION_TOKEN": who.SessionToken,
		"AWS_CA_BUNDLE": bundle, "AWS_CONFIG_FILE": filepath.Join(dir, "none"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "none"),
		"AWS_PROFILE": "", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_KMS": "", "AWS_EC2_METADATA_DISABLED": "true",
	} {
		t.Setenv(name, value)
	}
	return who
}

func awsService(t *testing.T, who awskmstest.Principal) *keyService {
	srv := awskmstest.StartTLS(t)
	srv.AddIdentity(awskmstest.Identity{ARN: who.ARN, Policies: [][]byte{awskmstest.AllowAll}, Credentials: who})
	key := srv.AddKey(awskmstest.Key{})
	cfg := keyServiceConfig(t)
	// A loaded machine must not look like an outage.
	aws := AWSKMSConfig{KeyARN: key, Endpoint: srv.URL, Timeout: time.Minute}
	cfg.Keys.AWSKMS = configoptional.Some(aws)
	require.NoError(t, cfg.Validate())
	s := &keyService{cfg: cfg, setting: "keys::aws_kms", keyID: key, outage: srv.Outage}
	s.disable = func(on bool) {
		if on {
			srv.Disable(key)
		} else {
			srv.Enable(key)
		}
	}
	s.throttle = func(n int) {
		if n < 0 {
			srv.Clear()
		} else {
			srv.Throttle(n)
		}
	}
	s.change = func(t *testing.T, only bool) string {
		changed := aws
		changed.KeyARN = srv.AddKey(awskmstest.Key{})
		if !only {
			changed.AlsoDecrypt = []string{key}
		}
		cfg.Keys.AWSKMS = configoptional.Some(changed)
		require.NoError(t, cfg.Validate())
		return changed.KeyARN
	}
	return s
}

func pluginService(t *testing.T) *keyService {
	plugin := kmsv2test.New("kek-1")
	// Not t.TempDir: its names are too long for a socket.
	dir, err := os.MkdirTemp("", "kms") //nolint:usetesting // see above
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "kms.sock")
	stop := plugin.Serve(t, socket)
	cfg := keyServiceConfig(t)
	cfg.Keys.KMSPlugin = configoptional.Some(KMSPluginConfig{Endpoint: "unix://" + socket, Timeout: time.Minute})
	require.NoError(t, cfg.Validate())
	s := &keyService{cfg: cfg, setting: "keys::kms_plugin", keyID: "kek-1"}
	s.outage = func(on bool) {
		if on {
			stop()
		} else {
			stop = plugin.Serve(t, socket)
		}
	}
	fail := func(err error, n int) {
		plugin.Set(func(a *kmsv2test.Answers) { a.Fail, a.Failures = err, n })
	}
	s.disable = func(on bool) {
		fail(nil, 0)
		if on {
			fail(status.Error(codes.FailedPrecondition, "the key is disabled"), 0)
		}
	}
	s.throttle = func(n int) {
		fail(nil, 0)
		if n >= 0 {
			fail(status.Error(codes.ResourceExhausted, "slow down"), n)
		}
	}
	s.change = func(*testing.T, bool) string { // which keys open is the plug-in's business
		plugin.Use("kek-2")
		return "kek-2"
	}
	return s
}

// collector is a store as one run of a collector has it: telemetry, status and
// one component's client.
type collector struct {
	*store
	tel    *componenttest.Telemetry
	host   *statusHost
	client storage.Client
	n      int
}

// newCollector creates, but does not start.
func newCollector(t *testing.T, cfg *Config) *collector {
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, tel.Shutdown(context.Background())) })
	set := extensiontest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	ext, err := NewFactory().Create(context.Background(), set, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ext.Shutdown(context.Background())) })
	return &collector{store: ext.(*store), tel: tel, host: &statusHost{Host: componenttest.NewNopHost()}, n: 100}
}

func (c *collector) start() (err error) {
	if err := c.Start(context.Background(), c.host); err != nil {
		return err
	}
	c.client, err = c.GetClient(context.Background(), component.KindExporter, exporterID, "traces")
	return err
}

// run starts a collector; stop shuts it down, as a test must if another one is
// to have the directory.
func run(t *testing.T, cfg *Config) (c *collector, stop func()) {
	c = newCollector(t, cfg)
	require.NoError(t, c.start())
	return c, func() {
		require.NoError(t, c.client.Close(context.Background()))
		require.NoError(t, c.Shutdown(context.Background()))
	}
}

// insert stores a new record.
func (c *collector) insert() error {
	c.n++
	return c.client.Set(context.Background(), itoa(c.n), []byte("value"))
}

// works tells that what was stored can be read, overwritten and deleted.
func (c *collector) works(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	v, err := c.client.Get(ctx, "kept")
	require.NoError(t, err)
	assert.Equal(t, "value", string(v))
	require.NoError(t, c.client.Set(ctx, "kept", []byte("value")))
	if c.n > 100 {
		require.NoError(t, c.client.Delete(ctx, itoa(c.n)))
		c.n--
	}
}

// count sums up a metric's points; 0 if there are none yet.
func (c *collector) count(t *testing.T, name string, attributes ...string) float64 {
	t.Helper()
	if _, err := c.tel.GetMetric("otelcol_encrypted_storage_" + name); err != nil {
		return 0
	}
	want := map[string]string{}
	for i := 0; i+1 < len(attributes); i += 2 {
		want[attributes[i]] = attributes[i+1]
	}
	return point(t, c.tel, "otelcol_encrypted_storage_"+name, want)
}

// becomes waits for a status.
func (c *collector) becomes(t *testing.T, want componentstatus.Status) {
	t.Helper()
	require.Eventually(t, func() bool { return c.host.last() == want }, time.Minute, 5*time.Millisecond, "status %s", want)
}

// never reported anything but recoverable errors and their end.
func (c *collector) onlyRecoverable(t *testing.T) {
	t.Helper()
	c.host.mu.Lock()
	defer c.host.mu.Unlock()
	for _, e := range c.host.events {
		assert.Contains(t, []componentstatus.Status{componentstatus.StatusRecoverableError, componentstatus.StatusOK}, e.Status())
	}
}

// stored is a store with the record "kept", closed, and the names of its
// files. A big record keeps its segment from being moved as next to empty.
func (s *keyService) stored(t *testing.T) []string {
	c, stop := run(t, s.cfg)
	require.NoError(t, c.client.Set(context.Background(), "kept", []byte("value")))
	require.NoError(t, c.client.Set(context.Background(), "1", make([]byte, 200_000)))
	stop()
	return files(t, s.cfg.Directory)
}

// scenarios that every key service goes through.
var scenarios = map[string]func(*testing.T, *keyService){
	"restart":                startsAgain,
	"outage at start":        outageAtStart,
	"outage while running":   outageWhileRunning,
	"throttled at start":     throttledAtStart,
	"throttled":              throttledWhileRunning,
	"disabled":               disabledWhileRunning,
	"disabled at start":      disabledAtStart,
	"changed key":            changedKey,
	"key changed in service": keyChangesWhileRunning,
	"another context":        anotherContext,
}

// Not parallel, for the sake of the environment.
func TestAWSKMS(t *testing.T) {
	who := awsEnvironment(t)
	tests := maps.Clone(scenarios)
	maps.Copy(tests, map[string]func(*testing.T, *keyService){
		"changed key without the old one": changedKeyAlone,
		"key that does not exist":         unknownARN,
	})
	delete(tests, "key changed in service") // the ARN is the configuration's
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tests[name](t, awsService(t, who))
		})
	}
}

func TestKMSPlugin(t *testing.T) {
	t.Parallel()
	for _, name := range slices.Sorted(maps.Keys(scenarios)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenarios[name](t, pluginService(t))
		})
	}
}
