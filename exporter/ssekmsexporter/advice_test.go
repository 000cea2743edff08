package ssekmsexporter

import (
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// A start that is refused names the setting that can mend it: the key is not
// what is wrong with a mistyped bucket.
func TestARefusedCanaryNamesTheSettingToMend(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"NoSuchBucket":                 "exporters::s3_sse_kms::bucket: store answered NoSuchBucket; create the bucket, or correct its name",
		"AuthorizationHeaderMalformed": "exporters::s3_sse_kms::region: store answered AuthorizationHeaderMalformed; write the region of the bucket",
		"SignatureDoesNotMatch":        "exporters::s3_sse_kms::role_arn: store answered SignatureDoesNotMatch; correct the credentials",
		"AccessDenied":                 "exporters::s3_sse_kms::role_arn: store answered AccessDenied; allow s3:PutObject on the bucket",
		"RequestExpired":               "exporters::s3_sse_kms: store answered RequestExpired; set the clock",
		"KMS.DisabledException":        "exporters::s3_sse_kms::encryption::kms_key_arn: store answered KMS.DisabledException; name an enabled symmetric key",
		"kms:KeyNotFound":              "exporters::s3_sse_kms::encryption::kms_key_arn: store answered kms:KeyNotFound; name an enabled symmetric key",
		"NotImplemented":               "exporters::s3_sse_kms::encryption::algorithm: store answered NotImplemented; give the store a KMS",
		"InvalidBucketState":           "exporters::s3_sse_kms::encryption::kms_key_arn: store answered InvalidBucketState",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			stub := s3stub.New(t)
			stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusForbidden, code) })
			r := newRig(t, stubConfig(stub))
			err := r.traces.Start(t.Context(), r.host)
			r.stopped = true
			require.NoError(t, r.traces.Shutdown(t.Context()))
			require.ErrorContains(t, err, "s3_sse_kms: posture check canary failed: "+want)
			assert.Empty(t, stub.Telemetry())
		})
	}
}

// A first-time user meets these before any answer of a store.
func TestAStoreThatIsNotReachedHasAdvice(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"unknown authority": {func(c *Config) { c.TLS.CAFile = "" }, "; set tls::ca_file to the authority of the store's certificate"},
		"another name": {func(c *Config) {
			c.Endpoint = strings.Replace(c.Endpoint, "127.0.0.1", "localhost", 1)
		}, "; set tls::ca_file to the authority of the store's certificate"},
	} {
		cfg := stubConfig(stub)
		c.change(cfg)
		r := startRig(t, cfg)
		assert.Contains(t, r.host.reasons(), c.want, name)
		assert.Contains(t, r.host.reasons(), "store could not be asked: ", name)
	}
	unknown := describe(&url.Error{Op: "Put", URL: "https://store.invalid", Err: &net.DNSError{Err: "no such host", Name: "store.invalid", IsNotFound: true}})
	assert.ErrorContains(t, unknown, "; correct endpoint, region or bucket: no host has that name")
}

// What only a start can find is named by its full path, as everything is that
// refuses a start.
//
//nolint:paralleltest // it sets the environment
func TestARefusedStartNamesThePath(t *testing.T) {
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	id := component.MustNewID("absent")
	for want, change := range map[string]func(*Config){
		"sending_queue::storage: extension \"absent\" is not configured; add it to service::extensions": func(c *Config) { c.Queue.Get().StorageID = &id },
		"format::encoding: extension \"absent\" is not configured; add it to service::extensions":       func(c *Config) { c.Format = FormatConfig{Encoding: &id} },
		"tls: ": func(c *Config) { c.TLS.CAFile = filepath.Join(t.TempDir(), "none.pem") },
		"role_arn: load the AWS settings of this host: failed to get shared config profile, absent; correct AWS_PROFILE": func(*Config) {
			t.Setenv("AWS_PROFILE", "absent")
		},
	} {
		cfg := stubConfig(s3stub.New(t))
		change(cfg)
		r := newRig(t, cfg)
		err := r.traces.Start(t.Context(), r.host)
		r.stopped = true
		require.NoError(t, r.traces.Shutdown(t.Context()))
		assert.ErrorContains(t, err, "s3_sse_kms: exporters::s3_sse_kms::"+want)
		t.Setenv("AWS_PROFILE", "")
	}
}

// Every code that holds all writes is one that an operator is told about, but
// for those that say all by themselves.
func TestHoldCodesHaveAdvice(t *testing.T) {
	t.Parallel()
	for code := range adviceOf {
		assert.True(t, holdCodes[code], "%s holds nothing", code)
	}
	for code := range holdCodes {
		switch code {
		case "AllAccessDisabled", "AccountProblem", "InvalidBucketState":
			continue // for the support of the provider
		}
		assert.NotEmpty(t, (&attemptError{code: code}).advice().next, code)
	}
}
