package awskms_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/awskms"
	"github.com/sealed-otel/otelcol-sealed/envelope/awskms/awskmstest"
	"github.com/sealed-otel/otelcol-sealed/envelope/envelopetest"
)

var spool = envelope.Context{"otel-store": "a", envelope.PurposeKey: envelope.PurposeSpool}

const roleARN = "arn:aws:iam::123456789012:role/collector"

type fixture struct {
	srv *awskmstest.Server
	key string
	who awskmstest.Principal
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	srv := awskmstest.Start(t)
	return fixture{srv, srv.AddKey(awskmstest.Key{}), srv.AddIdentity(awskmstest.Identity{ARN: roleARN, Policies: [][]byte{awskmstest.AllowAll}})}
}

func (f fixture) provider(t *testing.T, change ...func(*awskms.Settings)) *awskms.Provider {
	t.Helper()
	cfg := f.srv.Config(f.who)
	cfg.BaseEndpoint = nil
	// A minute: a loaded machine must not look like an outage.
	s := awskms.Settings{KeyARN: f.key, Endpoint: f.srv.URL, Config: &cfg, Timeout: time.Minute}
	for _, c := range change {
		c(&s)
	}
	p, err := awskms.New(t.Context(), s)
	require.NoError(t, err)
	return p
}

func TestGenerateAndUnwrap(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.provider(t)
	k, err := p.Generate(t.Context(), spool)
	require.NoError(t, err)
	assert.Equal(t, awskms.Name, k.Wrapped.Provider)
	assert.Equal(t, f.key, k.Wrapped.KeyID)
	f.srv.Rotate(f.key)
	again, err := p.Unwrap(t.Context(), k.Wrapped, spool)
	require.NoError(t, err)
	assert.True(t, k.Equal(again))
	id, err := p.Status(t.Context(), spool)
	require.NoError(t, err)
	assert.Equal(t, f.key, id)

	for _, r := range f.srv.Requests() {
		assert.Equal(t, f.key, r.KeyID, "%s names its key", r.Op)
		assert.Equal(t, map[string]string(spool), r.Context, "%s carries the context", r.Op)
	}
	last := f.srv.Requests()[2]
	assert.True(t, last.DryRun && last.Op == "GenerateDataKey")
}

func TestWrongContextAndAlteredBlob(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.provider(t)
	k, err := p.Generate(t.Context(), spool)
	require.NoError(t, err)
	_, err = p.Unwrap(t.Context(), k.Wrapped, spool.With("otel-store", "b"))
	require.ErrorIs(t, err, envelope.ErrBadCiphertext)
	for i := range k.Wrapped.Blob {
		w := k.Wrapped
		w.Blob = append([]byte(nil), w.Blob...)
		w.Blob[i] ^= 1
		_, err = p.Unwrap(t.Context(), w, spool)
		assert.ErrorIs(t, err, envelope.ErrBadCiphertext, "byte %d", i)
	}
}

func TestOnlyConfiguredKeysUnwrap(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	old, err := f.provider(t).Generate(t.Context(), spool)
	require.NoError(t, err)
	oldKey := f.key
	f.key = f.srv.AddKey(awskmstest.Key{})
	before := len(f.srv.Requests())
	_, err = f.provider(t).Unwrap(t.Context(), old.Wrapped, spool)
	require.ErrorIs(t, err, envelope.ErrUnknownKey)
	require.ErrorContains(t, err, oldKey)
	require.ErrorContains(t, err, f.key)
	require.ErrorContains(t, err, "also_decrypt")
	assert.Len(t, f.srv.Requests(), before, "no request was made with a key that a file chose")

	k, err := f.provider(t, func(s *awskms.Settings) { s.AlsoDecrypt = []string{oldKey} }).Unwrap(t.Context(), old.Wrapped, spool)
	require.NoError(t, err)
	assert.True(t, k.Equal(old))

	// A header that lies about the key: KMS is asked with that key and refuses.
	lie := old.Wrapped
	lie.KeyID = f.key
	_, err = f.provider(t).Unwrap(t.Context(), lie, spool)
	require.ErrorIs(t, err, envelope.ErrBadCiphertext)

	foreign := old.Wrapped
	foreign.Provider = "keyfile"
	_, err = f.provider(t).Unwrap(t.Context(), foreign, spool)
	require.ErrorIs(t, err, envelope.ErrUnknownKey)
}

func TestKeyInAnotherRegionIsAskedThere(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	home := f.key
	f.key = f.srv.AddKey(awskmstest.Key{ARN: "arn:aws:kms:eu-west-1:123456789012:key/old"})
	old, err := f.provider(t).Generate(t.Context(), spool)
	require.NoError(t, err)
	other := f.key
	f.key = home
	_, err = f.provider(t, func(s *awskms.Settings) { s.AlsoDecrypt = []string{other} }).Unwrap(t.Context(), old.Wrapped, spool)
	require.NoError(t, err)
}

func TestErrorClasses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		code   string
		status int
		want   error
	}{
		{"KMSInternalException", 500, envelope.ErrTransient},
		{"DependencyTimeoutException", 503, envelope.ErrTransient},
		{"KeyUnavailableException", 500, envelope.ErrTransient},
		{"ServiceUnavailable", 503, envelope.ErrTransient},
		{"ExpiredTokenException", 400, envelope.ErrTransient},
		{"SomethingNew", 502, envelope.ErrTransient},
		{"ThrottlingException", 400, envelope.ErrThrottled},
		{"LimitExceededException", 400, envelope.ErrThrottled},
		{"SomethingNew", 429, envelope.ErrThrottled},
		{"AccessDeniedException", 400, envelope.ErrDenied},
		{"UnrecognizedClientException", 400, envelope.ErrDenied},
		{"InvalidSignatureException", 400, envelope.ErrDenied},
		{"InvalidGrantTokenException", 400, envelope.ErrDenied},
		{"SomethingNew", 403, envelope.ErrDenied},
		{"DisabledException", 400, envelope.ErrDisabled},
		{"KMSInvalidStateException", 400, envelope.ErrDisabled},
		{"NotFoundException", 400, envelope.ErrGone},
		{"InvalidCiphertextException", 400, envelope.ErrBadCiphertext},
		{"IncorrectKeyException", 400, envelope.ErrBadCiphertext},
		{"InvalidKeyUsageException", 400, envelope.ErrInvalid},
		{"ValidationException", 400, envelope.ErrInvalid},
		{"SomethingNew", 400, envelope.ErrInvalid},
	} {
		t.Run(fmt.Sprintf("%s %d", tc.code, tc.status), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			p := f.provider(t)
			k, err := p.Generate(t.Context(), spool)
			require.NoError(t, err)
			f.srv.Inject(awskmstest.Fault{Code: tc.code, Status: tc.status})
			_, err = p.Generate(t.Context(), spool)
			require.ErrorIs(t, err, tc.want)
			_, err = p.Unwrap(t.Context(), k.Wrapped, spool)
			require.ErrorIs(t, err, tc.want)
			require.ErrorContains(t, err, f.key)
			require.ErrorContains(t, err, tc.code)
			_, err = p.Status(t.Context(), spool)
			require.ErrorIs(t, err, tc.want)
			f.srv.Clear()
			_, err = p.Unwrap(t.Context(), k.Wrapped, spool)
			require.NoError(t, err)
		})
	}
}

func TestKeyStates(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.provider(t)
	k, err := p.Generate(t.Context(), spool)
	require.NoError(t, err)
	for _, tc := range []struct {
		set  func(string)
		want error
	}{
		{f.srv.Disable, envelope.ErrDisabled},
		{f.srv.ScheduleDeletion, envelope.ErrDisabled},
		{f.srv.Unavailable, envelope.ErrTransient},
		{f.srv.Enable, nil},
		{f.srv.Delete, envelope.ErrGone},
	} {
		tc.set(f.key)
		_, err = p.Unwrap(t.Context(), k.Wrapped, spool)
		assert.Equal(t, envelope.Class(tc.want), envelope.Class(err))
		_, err = p.Status(t.Context(), spool)
		assert.Equal(t, envelope.Class(tc.want), envelope.Class(err))
	}
}

func TestOutageAndTimeoutAreTransient(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := f.provider(t, func(s *awskms.Settings) { s.Timeout = 50 * time.Millisecond })
	f.srv.Outage(true)
	_, err := p.Generate(t.Context(), spool)
	require.ErrorIs(t, err, envelope.ErrTransient)
	f.srv.Outage(false)
	f.srv.Latency(time.Minute)
	_, err = p.Generate(t.Context(), spool)
	require.ErrorIs(t, err, envelope.ErrTransient)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = f.provider(t).Status(ctx, spool)
	require.ErrorIs(t, err, envelope.ErrTransient)
}

func TestDeniedByPolicy(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	k, err := f.provider(t).Generate(t.Context(), spool)
	require.NoError(t, err)
	f.who = f.srv.AddIdentity(awskmstest.Identity{ARN: roleARN, Policies: [][]byte{[]byte(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"*"}]}`)}})
	_, err = f.provider(t).Unwrap(t.Context(), k.Wrapped, spool)
	require.ErrorIs(t, err, envelope.ErrDenied)
	_, err = f.provider(t).Status(t.Context(), spool)
	require.NoError(t, err)
}

func TestRole(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const reader = "arn:aws:iam::123456789012:role/reader"
	f.srv.AddIdentity(awskmstest.Identity{ARN: reader, Policies: [][]byte{awskmstest.AllowAll}, Trust: []byte(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"` + roleARN + `"}}]}`)})
	assume := func(s *awskms.Settings) { s.RoleARN, s.STSEndpoint = reader, f.srv.URL }
	_, err := f.provider(t, assume).Generate(t.Context(), spool)
	require.NoError(t, err)
	requests := f.srv.Requests()
	assert.Equal(t, "AssumeRole", requests[0].Op)
	assert.Equal(t, reader, requests[1].Principal)

	f.who = f.srv.AddIdentity(awskmstest.Identity{ARN: "arn:aws:iam::123456789012:role/other"})
	_, err = f.provider(t, assume).Generate(t.Context(), spool)
	require.ErrorIs(t, err, envelope.ErrDenied, "a refused role is a refusal, not an outage")
}

// lying answers every request with 200 and the given body.
func lying(body string) http.RoundTripper {
	return roundTripper(func(*http.Request) (*http.Response, error) {
		w := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}}
		w.Body = readCloser{strings.NewReader(body)}
		return w, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func TestLyingEndpoint(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const short = `"AAAAAAAAAAAAAAAAAAAAAA=="`
	const full = `"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`
	for name, body := range map[string]string{
		"another key": `{"KeyId":"arn:aws:kms:us-east-1:999999999999:key/x","CiphertextBlob":"AA==","Plaintext":` + full + `}`,
		"no key id":   `{"CiphertextBlob":"AA==","Plaintext":` + full + `}`,
		"short key":   `{"KeyId":"` + f.key + `","CiphertextBlob":"AA==","Plaintext":` + short + `}`,
		"no key":      `{"KeyId":"` + f.key + `","CiphertextBlob":"AA=="}`,
		"empty":       `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := f.provider(t, func(s *awskms.Settings) { s.Config.HTTPClient = &http.Client{Transport: lying(body)} })
			_, err := p.Generate(t.Context(), spool)
			assert.Error(t, err)
			assert.NotContains(t, err.Error(), "AAAAAAAA")
			_, err = p.Unwrap(t.Context(), envelope.Wrapped{Provider: awskms.Name, KeyID: f.key, Blob: []byte{1}}, spool)
			assert.Error(t, err)
			_, err = p.Status(t.Context(), spool)
			assert.ErrorIs(t, err, envelope.ErrInvalid, "a server that ignores DryRun is not believed")
		})
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	srv := awskmstest.StartTLS(t)
	f := fixture{srv, srv.AddKey(awskmstest.Key{}), srv.AddIdentity(awskmstest.Identity{ARN: roleARN, Policies: [][]byte{awskmstest.AllowAll}})}
	_, err := f.provider(t).Generate(t.Context(), spool)
	require.NoError(t, err)
	_, err = f.provider(t, func(s *awskms.Settings) { s.Config.HTTPClient = nil }).Generate(t.Context(), spool)
	require.ErrorIs(t, err, envelope.ErrTransient, "an unknown certificate is refused")
	assert.NotEmpty(t, srv.Certificate())
}

// A wrong secret key must not pass, and says so as a denial.
func TestWrongSecret(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.who.SecretAccessKey = strings.Repeat("wrong", 8)
	_, err := f.provider(t).Generate(t.Context(), spool)
	require.ErrorIs(t, err, envelope.ErrDenied)
	require.NotContains(t, err.Error(), "wrongwrong")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	const key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	for name, tc := range map[string]struct {
		s    awskms.Settings
		want string
	}{
		"empty":                {awskms.Settings{}, "key_arn: is empty"},
		"alias":                {awskms.Settings{KeyARN: "alias/x"}, "key_arn: an alias can be pointed"},
		"alias ARN":            {awskms.Settings{KeyARN: "arn:aws:kms:us-east-1:123456789012:alias/x"}, "key_arn: an alias can be pointed"},
		"bare id":              {awskms.Settings{KeyARN: "1234abcd"}, "key_arn: want arn"},
		"other service":        {awskms.Settings{KeyARN: "arn:aws:s3:::key/x"}, "key_arn: want arn"},
		"account":              {awskms.Settings{KeyARN: "arn:aws:kms:us-east-1:12:key/x"}, "key_arn: want arn"},
		"region":               {awskms.Settings{KeyARN: key, Region: "eu-west-1"}, "region: eu-west-1"},
		"also":                 {awskms.Settings{KeyARN: key, AlsoDecrypt: []string{"x"}}, "also_decrypt::0"},
		"also twice":           {awskms.Settings{KeyARN: key, AlsoDecrypt: []string{key}}, "also_decrypt::0"},
		"role":                 {awskms.Settings{KeyARN: key, RoleARN: "arn:aws:iam::1:user/x"}, "role_arn"},
		"http":                 {awskms.Settings{KeyARN: key, Endpoint: "http://kms.example"}, "endpoint: want https"},
		"http to localhost":    {awskms.Settings{KeyARN: key, Endpoint: "http://localhost:1"}, "endpoint: want https"},
		"userinfo":             {awskms.Settings{KeyARN: key, Endpoint: "https://a:b@c"}, "endpoint: want https"},
		"scheme":               {awskms.Settings{KeyARN: key, STSEndpoint: "ftp://x"}, "sts_endpoint"},
		"timeout":              {awskms.Settings{KeyARN: key, Timeout: -1}, "timeout"},
		"good":                 {awskms.Settings{KeyARN: key, Region: "us-east-1", Endpoint: "https://vpce.example"}, ""},
		"other partition":      {awskms.Settings{KeyARN: "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/mrk-1234"}, ""},
		"loopback for a proxy": {awskms.Settings{KeyARN: key, Endpoint: "http://[::1]:80"}, ""},
	} {
		err := tc.s.Validate()
		if tc.want == "" {
			assert.NoError(t, err, name)
			continue
		}
		if assert.ErrorContains(t, err, tc.want, name) {
			_, err = awskms.New(t.Context(), tc.s)
			assert.Error(t, err, name)
		}
	}
}

func TestDefaultConfigurationIsLoaded(t *testing.T) {
	f := newFixture(t)
	t.Setenv("AWS_ACCESS_KEY_ID", f.who.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", f.who.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", f.who.SessionToken)
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	p, err := awskms.New(t.Context(), awskms.Settings{KeyARN: f.key, Endpoint: f.srv.URL, Timeout: time.Minute})
	require.NoError(t, err)
	_, err = p.Generate(t.Context(), spool)
	require.NoError(t, err)
	// Throttled once: the SDK tries again by itself, within the timeout.
	f.srv.Throttle(1)
	_, err = p.Generate(t.Context(), spool)
	require.NoError(t, err)
}

func TestRewrapFromAnotherProvider(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	k, err := envelopetest.New("k").Generate(t.Context(), spool)
	require.NoError(t, err)
	p := f.provider(t)
	moved, err := k.Rewrap(t.Context(), p, spool)
	require.NoError(t, err)
	assert.Equal(t, f.key, moved.Wrapped.KeyID)
	again, err := p.Unwrap(t.Context(), moved.Wrapped, spool)
	require.NoError(t, err)
	assert.True(t, again.Equal(k))
	f.srv.Disable(f.key)
	_, err = k.Rewrap(t.Context(), p, spool)
	require.ErrorIs(t, err, envelope.ErrDisabled)
	_, err = p.Wrap(t.Context(), make([]byte, 32), envelope.Context{"": "x"})
	require.ErrorIs(t, err, envelope.ErrInvalid)
	lie := f.provider(t, func(s *awskms.Settings) {
		s.Config.HTTPClient = &http.Client{Transport: lying(`{"KeyId":"other","CiphertextBlob":"AA=="}`)}
	})
	_, err = k.Rewrap(t.Context(), lie, spool)
	require.ErrorIs(t, err, envelope.ErrInvalid)
}

// The environment can name an endpoint too; Validate does not see it.
func TestPlaintextEndpointOfTheEnvironmentIsRefused(t *testing.T) {
	f := newFixture(t)
	t.Setenv("AWS_ACCESS_KEY_ID", f.who.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", f.who.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", f.who.SessionToken)
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
	for _, variable := range []string{"AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL_STS"} {
		t.Run(variable, func(t *testing.T) {
			t.Setenv(variable, "http://service.invalid")
			s := awskms.Settings{KeyARN: f.key, Timeout: time.Minute}
			if variable == "AWS_ENDPOINT_URL_STS" {
				s.RoleARN, s.Endpoint = roleARN, f.srv.URL
			}
			p, err := awskms.New(t.Context(), s)
			require.NoError(t, err)
			_, err = p.Generate(t.Context(), spool)
			require.ErrorIs(t, err, envelope.ErrInvalid, "not an outage: retrying would not help")
			require.ErrorContains(t, err, "plain http")
		})
	}
	assert.Empty(t, f.srv.Requests())
}

// The SDK quotes what a credential_process printed where it is no JSON. That is
// as likely a secret as anything.
//
//nolint:paralleltest // it sets the environment
func TestCredentialProcessIsNotQuoted(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.WriteFile(profile, []byte("[default]\ncredential_process = echo hunter2\n"), 0o600))
	for name, value := range map[string]string{
		"AWS_CONFIG_FILE": profile, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	p, err := awskms.New(t.Context(), awskms.Settings{
		KeyARN: "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555", Endpoint: "https://127.0.0.1:1",
	})
	require.NoError(t, err)
	_, err = p.Generate(t.Context(), spool)
	require.ErrorIs(t, err, envelope.ErrTransient)
	assert.ErrorContains(t, err, "credential_process")
	assert.NotContains(t, err.Error(), "hunter2")
}

// The clients that get credentials are the SDK's own: the token of a web identity must
// not leave in clear through them.
func TestWebIdentityDoesNotLeaveInClear(t *testing.T) {
	var asked atomic.Int32
	clear := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer clear.Close()
	token := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(token, []byte("a web identity token"), 0o600))
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_ROLE_ARN": roleARN, "AWS_WEB_IDENTITY_TOKEN_FILE": token,
		// By its name: http to a loopback address is allowed.
		"AWS_ENDPOINT_URL_STS": strings.Replace(clear.URL, "127.0.0.1", "localhost", 1),
	} {
		t.Setenv(name, value)
	}
	p, err := awskms.New(t.Context(), awskms.Settings{KeyARN: "arn:aws:kms:us-east-1:123456789012:key/x", Timeout: time.Minute})
	require.NoError(t, err)
	_, err = p.Generate(t.Context(), spool)
	require.ErrorIs(t, err, envelope.ErrInvalid, "not an outage: retrying would not help")
	require.ErrorContains(t, err, "plain http")
	assert.Zero(t, asked.Load())
}
