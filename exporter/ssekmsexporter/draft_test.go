package ssekmsexporter

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/encoding/httpbinding"
	smithytime "github.com/aws/smithy-go/time"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// recorder is a transport that sends nothing and keeps what it was given.
type recorder struct{ last *http.Request }

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.last = request
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: request}, nil
}

// drawnApart are the headers in which a PUT of ours and one of the SDK's may
// differ: the SDK's count of its retries, its name for the credentials' source,
// and the time.
var drawnApart = []string{"User-Agent", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", headerDate, "Content-Length"}

// form is everything of a request that a store sees, but for drawnApart.
func form(t *testing.T, r *http.Request) string {
	t.Helper()
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	lines := []string{fmt.Sprintf("%s %s://%s%s length %d", r.Method, r.URL.Scheme, host, r.URL.RequestURI(), r.ContentLength)}
	for name, values := range r.Header {
		if slices.Contains(drawnApart, name) {
			continue
		}
		require.Len(t, values, 1, name)
		value := values[0]
		if name == headerAuthorization {
			// Credential=<id>/<date>/<region>/<service>/aws4_request and the names.
			value, _, _ = strings.Cut(value, ", Signature=")
			for _, apart := range []string{"amz-sdk-invocation-id;", "amz-sdk-request;"} {
				value = strings.Replace(value, apart, "", 1)
			}
		}
		lines = append(lines, name+": "+value)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// The request is the SDK's, whatever is configured.
//
//nolint:paralleltest // it sets the environment
func TestPutIsTheSDKs(t *testing.T) {
	const key = "traces/acme/year=2026/month=03/hour=05/minute=06/traces_0a!*'() +-2.binpb.zst"
	settings := map[string]struct {
		change func(*Config)
		env    map[string]string
		size   int
	}{
		"defaults":       {},
		"path style":     {change: func(c *Config) { c.ForcePathStyle = true }},
		"bucket of dots": {change: func(c *Config) { c.Bucket = "archive.example.com" }},
		"endpoint": {change: func(c *Config) {
			c.Endpoint, c.ForcePathStyle = "https://store.example:9000", true
		}},
		"endpoint, virtual host": {change: func(c *Config) { c.Endpoint = "https://store.example:443" }},
		"endpoint with a path":   {change: func(c *Config) { c.Endpoint, c.ForcePathStyle = "https://store.example/s3", true }},
		"endpoint of the environment": {
			env: map[string]string{"AWS_ENDPOINT_URL_S3": "https://other.example"},
		},
		"fips":               {env: map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"}},
		"dual stack":         {env: map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true"}},
		"fips, dual stack":   {env: map[string]string{"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"}},
		"china":              {change: func(c *Config) { c.Region = "cn-north-1" }},
		"government":         {change: func(c *Config) { c.Region = "us-gov-west-1" }},
		"session token":      {env: map[string]string{"AWS_SESSION_TOKEN": "token"}},
		"large":              {size: expectBytes},
		"just below large":   {size: expectBytes - 1},
		"dsse":               {change: func(c *Config) { c.Encryption.Algorithm = algorithmDSSE }},
		"context":            {change: func(c *Config) { c.Encryption.Context = map[string]string{"app": "otel", "b": "ü"} }},
		"bucket key":         {change: func(c *Config) { c.Encryption.BucketKey = bucketKeyRequire }},
		"no bucket key":      {change: func(c *Config) { c.Encryption.BucketKey = bucketKeyForbid }},
		"owner":              {change: func(c *Config) { c.ExpectedBucketOwner = "123456789012" }},
		"storage class":      {change: func(c *Config) { c.Upload.StorageClass = "STANDARD_IA" }},
		"tags":               {change: func(c *Config) { c.Upload.Tags = map[string]string{"team": "a&b=c", "z": "ü /"} }},
		"object lock":        {change: func(c *Config) { c.Upload.ObjectLock = ObjectLockConfig{Mode: "COMPLIANCE", Retention: time.Hour} }},
		"compliance logging": {env: map[string]string{"AWS_SDK_UA_APP_ID": "archive"}},
	}
	for name, c := range settings {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			if c.change != nil {
				c.change(cfg)
			}
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			clients, err := newClients(t.Context(), cfg)
			require.NoError(t, err)
			defer clients.close()
			own := smallPut(key)
			if c.size > 0 {
				own.size = int64(c.size)
			}
			if cfg.Upload.ObjectLock.Mode != "" {
				own.retain = time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))
			}
			ours, theirs := &recorder{}, &recorder{}
			clients.put.transport = ours
			_, err = clients.put.send(t.Context(), own)
			require.NoError(t, err)

			input := putInput(cfg)
			input.Key, input.Body = aws.String(key), bytes.NewReader(make([]byte, own.size))
			input.ContentLength, input.ChecksumSHA256 = aws.Int64(own.size), aws.String(base64.StdEncoding.EncodeToString(own.digest[:]))
			if !own.retain.IsZero() {
				input.ObjectLockRetainUntilDate = aws.Time(own.retain)
			}
			_, err = clients.bare.PutObject(t.Context(), input, func(o *s3.Options) { o.HTTPClient = &http.Client{Transport: theirs} })
			require.NoError(t, err)

			assert.Equal(t, form(t, theirs.last), form(t, ours.last))
			assert.Equal(t, theirs.last.URL.EscapedPath(), ours.last.URL.EscapedPath())
			assert.Nil(t, ours.last.GetBody, "net/http must not send a body again by itself")
		})
	}
}

// Later PUTs do not change what earlier ones share with them.
func TestDraftIsNotChanged(t *testing.T) {
	t.Parallel()
	clients, err := newClients(t.Context(), testConfig())
	require.NoError(t, err)
	defer clients.close()
	transport := &recorder{}
	clients.put.transport = transport
	_, err = clients.put.send(t.Context(), smallPut("a"))
	require.NoError(t, err)
	first := transport.last
	before := form(t, first)
	_, err = clients.put.send(t.Context(), draftedPut{key: "b", body: http.NoBody, size: expectBytes, digest: [32]byte{1}, retain: testTime})
	require.NoError(t, err)
	assert.Equal(t, before, form(t, first))
	assert.NotContains(t, before, "Expect")
	assert.NotEqual(t, before, form(t, transport.last))
}

// A directory bucket asks for a session, which this exporter does not open.
func TestDirectoryBucketIsRefused(t *testing.T) {
	t.Parallel()
	cfg := testConfig()
	cfg.Bucket = "archive--use1-az4--x-s3"
	clients, err := newClients(t.Context(), cfg)
	require.NoError(t, err)
	defer clients.close()
	transport := &recorder{}
	clients.put.transport = transport
	_, err = clients.put.send(t.Context(), smallPut("k"))
	require.ErrorContains(t, err, "CreateSession is not one that this exporter uses")
	assert.Equal(t, faultHold, classify(err))
	assert.Nil(t, transport.last)
}

// Keys are escaped as the SDK escapes them.
func TestEscapeKey(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for c := range 256 {
		all.WriteByte(byte(c))
	}
	for _, key := range []string{"", "a/b=c", all.String(), "ü/世界"} {
		assert.Equal(t, httpbinding.EscapePath(key, false), escapeKey(key))
	}
	assert.Equal(t, smithytime.FormatDateTime(testTime), testTime.Format(time.RFC3339), "whole seconds, UTC")
}

// The SDK changes from release to release: what it draws is looked at.
func TestUnknownDraftIsRefused(t *testing.T) {
	t.Parallel()
	clients, err := newClients(t.Context(), testConfig())
	require.NoError(t, err)
	defer clients.close()
	transport := &recorder{}
	at := time.Now().UTC().Truncate(time.Second)
	good := func(t *testing.T) *http.Request {
		t.Helper()
		draft, err := drawPut(t.Context(), clients.draft, putInput(testConfig()))
		require.NoError(t, err)
		request, err := draft.request(t.Context(), smallPut(draftKey), draftIdentity, at)
		require.NoError(t, err)
		return request
	}
	require.NoError(t, (&putDraft{signer: signer()}).take(t.Context(), good(t)))
	for name, change := range map[string]func(*http.Request){
		"other algorithm": func(r *http.Request) {
			r.Header.Set("Authorization", "AWS4-ECDSA-P256-SHA256 Credential=draft/x/y/z/aws4_request, ")
		},
		"other scope":      func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=draft/x/y, ") },
		"other method":     func(r *http.Request) { r.Method = http.MethodPost },
		"other key":        func(r *http.Request) { r.URL.Path += "x" },
		"other escaping":   func(r *http.Request) { r.URL.RawPath = "" },
		"unescaped query":  func(r *http.Request) { r.URL.RawQuery = "x-id=Other" },
		"user in the URL":  func(r *http.Request) { r.URL.Opaque = "//x/y" },
		"no date":          func(r *http.Request) { r.Header.Del(headerDate) },
		"signed otherwise": func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") },
		"bad host":         func(r *http.Request) { r.URL.Host = "a_b!.example" },
	} {
		request := good(t)
		change(request)
		assert.Error(t, (&putDraft{signer: signer()}).take(t.Context(), request), name)
	}
	assert.Nil(t, transport.last)
}

// A redirect is an answer. It is not followed: the host it names would be given
// telemetry, and the signature that goes with it.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	var followed atomic.Bool
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store(true) }))
	defer other.Close()
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		stub := s3stub.New(t)
		stub.Script(func(*s3stub.Put) s3stub.Answer {
			return func(w http.ResponseWriter, p *s3stub.Put) bool {
				w.Header().Set("Location", other.URL+"/archive/"+p.Key)
				s3stub.Fail(w, status, "TemporaryRedirect")
				return false
			}
		})
		cfg := stubConfig(stub)
		// httptest's servers share one certificate: TLS would trust the other.
		require.Equal(t, other.Certificate().Raw, stub.Certificate().Raw)
		clients, err := newClients(t.Context(), cfg)
		require.NoError(t, err)
		_, err = clients.put.send(t.Context(), smallPut("k"))
		clients.close()
		assert.Equal(t, status, statusOf(err))
		assert.Equal(t, faultTransient, classify(err))
		assert.Len(t, stub.Puts(), 1)
	}
	assert.False(t, followed.Load())
}

// What the SDK cannot draw, no store has to be asked about: the start is refused
// and names what to mend. It would hold for ever.
//
//nolint:paralleltest // it sets the environment
func TestWhatCannotBeDrawnRefusesStart(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Config)
		env    map[string]string
		want   string
	}{
		"fips beside an endpoint": {
			change: func(c *Config) { c.Endpoint = "https://127.0.0.1:1" },
			env:    map[string]string{"AWS_USE_FIPS_ENDPOINT": "true"},
			want:   "the AWS SDK cannot draw it from region, bucket, endpoint and the AWS settings of this host: ",
		},
		"dual stack beside an endpoint": {
			change: func(c *Config) { c.Endpoint = "https://127.0.0.1:1" },
			env:    map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true"},
			want:   "the AWS SDK cannot draw it",
		},
		"plaintext of the environment": {
			env:  map[string]string{"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1"},
			want: "the endpoint is not https; check AWS_ENDPOINT_URL and the profile",
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			if c.change != nil {
				c.change(cfg)
			}
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			r := newRig(t, cfg)
			err := r.traces.Start(t.Context(), r.host)
			r.stopped = true
			require.NoError(t, r.traces.Shutdown(t.Context()))
			require.ErrorContains(t, err, "s3_sse_kms: posture check canary failed: exporters::s3_sse_kms::endpoint: request refused before it was sent: ")
			assert.ErrorContains(t, err, c.want)
		})
	}
}
