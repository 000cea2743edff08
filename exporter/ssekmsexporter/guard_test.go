package ssekmsexporter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

// smallPut is a PUT of a few bytes.
func smallPut(key string) draftedPut {
	content := []byte("content")
	return draftedPut{key: key, body: io.NopCloser(bytes.NewReader(content)), size: int64(len(content)), digest: sha256.Sum256(content)}
}

// A request passes only with both headers there, as configured, and
// signed, and a checksum that is signed.
func TestGuardOfARequest(t *testing.T) {
	t.Parallel()
	guard := encryptionGuard{algorithm: algorithmKMS, keyARN: testKey}
	const both = "x-amz-checksum-sha256;x-amz-server-side-encryption;x-amz-server-side-encryption-aws-kms-key-id"
	authorized := func(names string) string {
		return "AWS4-HMAC-SHA256 Credential=x, SignedHeaders=" + names + ", Signature=y"
	}
	good := func() http.Header {
		return http.Header{sseHeader: {algorithmKMS}, keyHeader: {testKey}, headerChecksum: {"x"}, "Authorization": {authorized("host;" + both)}}
	}
	require.NoError(t, guard.check(&url.URL{Scheme: "https"}, good()))
	for name, change := range map[string]func(*url.URL, http.Header){
		"plaintext":         func(u *url.URL, _ http.Header) { u.Scheme = "http" },
		"no algorithm":      func(_ *url.URL, h http.Header) { h.Del(sseHeader) },
		"AES256":            func(_ *url.URL, h http.Header) { h.Set(sseHeader, "AES256") },
		"no key":            func(_ *url.URL, h http.Header) { h.Del(keyHeader) },
		"other key":         func(_ *url.URL, h http.Header) { h.Set(keyHeader, otherKey) },
		"longer key":        func(_ *url.URL, h http.Header) { h.Set(keyHeader, testKey+"0") },
		"doubled algorithm": func(_ *url.URL, h http.Header) { h.Add(sseHeader, algorithmKMS) },
		"doubled key":       func(_ *url.URL, h http.Header) { h.Add(keyHeader, otherKey) },
		"no signature":      func(_ *url.URL, h http.Header) { h.Del("Authorization") },
		"two signatures":    func(_ *url.URL, h http.Header) { h.Add("Authorization", authorized(both)) },
		"no list":           func(_ *url.URL, h http.Header) { h.Set("Authorization", "Bearer "+both) },
		"unsigned":          func(_ *url.URL, h http.Header) { h.Set("Authorization", authorized("host;x-amz-date")) },
		"key is unsigned": func(_ *url.URL, h http.Header) {
			h.Set("Authorization", authorized("x-amz-checksum-sha256;x-amz-server-side-encryption"))
		},
		"algorithm is unsigned": func(_ *url.URL, h http.Header) {
			h.Set("Authorization", authorized("x-amz-checksum-sha256;x-amz-server-side-encryption-aws-kms-key-id"))
		},
		"no checksum":            func(_ *url.URL, h http.Header) { h.Del(headerChecksum) },
		"two checksums":          func(_ *url.URL, h http.Header) { h.Add(headerChecksum, "y") },
		"checksum is unsigned":   func(_ *url.URL, h http.Header) { h.Set("Authorization", authorized(both[len(headerChecksum):])) },
		"signed is another name": func(_ *url.URL, h http.Header) { h.Set("Authorization", authorized("a"+both+"b")) },
	} {
		u, h := &url.URL{Scheme: "https"}, good()
		change(u, h)
		assert.ErrorIs(t, guard.check(u, h), errGuard, name)
	}
}

// Nothing leaves the process by the SDK but reads and the deletion of a
// violation, and no PUT without both headers, however it came about.
func TestGuardRefusesBeforeTheWire(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	clients, err := newClients(t.Context(), cfg)
	require.NoError(t, err)
	defer clients.close()
	full := func(key string) *s3.PutObjectInput {
		input := putInput(cfg)
		input.Key = aws.String(key)
		return input
	}
	cases := make(map[string]error)

	_, cases["PUT by the SDK"] = clients.s3.PutObject(t.Context(), full("k"))
	_, cases["draft by the SDK"] = clients.draft.PutObject(t.Context(), full("k"))
	_, cases["read by the drafting client"] = clients.draft.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String(cfg.Bucket)})
	_, cases["multi-part upload"] = clients.s3.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
		Bucket: aws.String(cfg.Bucket), Key: aws.String("k"),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String(testKey),
	})
	_, cases["copy"] = clients.s3.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String(cfg.Bucket), Key: aws.String("k"), CopySource: aws.String("a/b")})

	for name, change := range map[string]func(*s3.PutObjectInput){
		"no algorithm": func(i *s3.PutObjectInput) { i.ServerSideEncryption = "" },
		"AES256":       func(i *s3.PutObjectInput) { i.ServerSideEncryption = types.ServerSideEncryptionAes256 },
		"no key":       func(i *s3.PutObjectInput) { i.SSEKMSKeyId = nil },
		"other key":    func(i *s3.PutObjectInput) { i.SSEKMSKeyId = aws.String(otherKey) },
	} {
		input := putInput(cfg)
		change(input)
		_, cases["drawn: "+name] = drawPut(t.Context(), clients.draft, input)
	}

	// A draft that lost a header after it was drawn.
	for name, change := range map[string]func(*putDraft){
		"algorithm lost":     func(d *putDraft) { d.header.Del(sseHeader) },
		"key lost":           func(d *putDraft) { d.header.Del(keyHeader) },
		"key changed":        func(d *putDraft) { d.header.Set(keyHeader, otherKey) },
		"key doubled":        func(d *putDraft) { d.header.Add(keyHeader, otherKey) },
		"algorithm replaced": func(d *putDraft) { d.header.Set(sseHeader, "AES256") },
		"plaintext":          func(d *putDraft) { d.url.Scheme = "http" },
	} {
		draft, err := drawPut(t.Context(), clients.draft, putInput(cfg))
		require.NoError(t, err)
		change(draft)
		p := putter{transport: clients.put.transport, guard: clients.put.guard, identity: clients.put.identity}
		p.drawn.Store(draft)
		_, cases["draft: "+name] = p.send(t.Context(), smallPut("k"))
	}
	nobody := putter{transport: clients.put.transport, guard: clients.put.guard, draw: clients.put.draw}
	_, cases["no identity"] = nobody.send(t.Context(), smallPut("k"))

	for name, err := range cases {
		assert.ErrorIs(t, err, errGuard, name)
	}
	assert.Empty(t, stub.Puts())
	assert.Empty(t, stub.Requests())
	_, err = clients.put.send(t.Context(), smallPut("k"))
	require.NoError(t, err, "and the same is sent when nothing is wrong with it")
	assert.Len(t, stub.Puts(), 1)
}

// A setting that got past Validate cannot add a header.
func TestNoHeaderInjection(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := stubConfig(stub)
	cfg.ExpectedBucketOwner = "1\r\nX-Amz-Acl: public-read"
	clients, err := newClients(t.Context(), cfg)
	require.NoError(t, err)
	defer clients.close()
	_, err = clients.put.send(t.Context(), smallPut("k"))
	require.ErrorContains(t, err, "invalid header")
	assert.Empty(t, stub.Puts())
}

// An identity that cannot be read is a hold, not a fault of the store, and the
// request is not sent without one.
func TestNoIdentityHolds(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	clients, err := newClients(t.Context(), stubConfig(stub))
	require.NoError(t, err)
	defer clients.close()
	clients.put.identity = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, io.ErrUnexpectedEOF
	})
	_, err = clients.put.send(t.Context(), smallPut("k"))
	require.Error(t, err)
	assert.Equal(t, faultHold, classify(err))
	assert.False(t, definite(err), "the identity may come back")
	assert.Empty(t, stub.Puts())
}

// The SDK quotes what a credential_process printed where it is no JSON. That is
// as likely a secret as anything.
//
//nolint:paralleltest // it sets the environment
func TestCredentialProcessIsNotQuoted(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "config")
	require.NoError(t, os.WriteFile(profile, []byte("[default]\ncredential_process = echo hunter2\n"), 0o600))
	t.Setenv("AWS_CONFIG_FILE", profile)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	cfg := stubConfig(s3stub.New(t))
	cfg.Posture.Mode = modeWarn
	r := startRig(t, cfg)
	require.True(t, r.open())
	assert.Contains(t, r.host.reasons(), "get credentials")
	assert.Contains(t, r.host.reasons(), "credential_process")
	assert.NotContains(t, r.host.reasons(), "hunter2")
	r.noPayload(t)
	// The SDK's own operations meet the same.
	_, err := r.engine.clients.s3.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String(cfg.Bucket)})
	require.Error(t, err)
	assert.NotContains(t, describe(err).Error(), "hunter2")
}

// What a service that gives credentials answers is not taken for an answer of
// the store, whose object it would condemn.
func TestRefusedIdentityIsNoAnswerOfTheStore(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	before := len(stub.Puts())
	for name, c := range map[string]struct {
		status int
		code   string
		want   faultClass
	}{
		"refused":            {http.StatusBadRequest, "InvalidIdentityToken", faultHold},
		"condition":          {http.StatusPreconditionFailed, "", faultHold},
		"too large":          {http.StatusRequestEntityTooLarge, "", faultHold},
		"unreadable success": {http.StatusOK, "", faultHold},
		"internal":           {http.StatusInternalServerError, "InternalFailure", faultTransient},
		"throttled":          {http.StatusServiceUnavailable, "", faultThrottle},
	} {
		inner := io.ErrUnexpectedEOF
		if c.code != "" {
			inner = &smithy.GenericAPIError{Code: c.code}
		}
		r.engine.clients.put.identity = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, storeError(&http.Response{StatusCode: c.status}, inner)
		})
		o, err := r.engine.canaryObject()
		require.NoError(t, err)
		err = r.engine.putVerified(t.Context(), o, o.name.key(""))
		assert.Equal(t, c.want, classify(err), name)
		assert.False(t, definite(err), "%s: the identity may come back", name)
		assert.ErrorContains(t, err, "the service that gives credentials answered", name)
		o.body.release()
	}
	assert.Zero(t, r.sum(t, "s3_sse_kms_violations"))
	assert.False(t, r.open())
	assert.Len(t, stub.Puts(), before)
}

// An endpoint from the environment cannot bring plaintext back.
func TestHTTPFromTheEnvironmentIsRefused(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
	cfg := testConfig()
	cfg.Encryption.KeyIDMatch = matchMinIO
	r := newRig(t, cfg)
	err := r.traces.Start(t.Context(), r.host)
	require.ErrorContains(t, err, "not https")
	r.stopped = true
	require.NoError(t, r.traces.Shutdown(t.Context()))
}

// What gets credentials is guarded as well: the token of a web identity must not leave
// in clear, and neither must the credentials that it is exchanged for. The services of
// the host itself know http only.
func TestCredentialsAreNotFetchedInClear(t *testing.T) {
	for name, c := range map[string]struct {
		env   map[string]string
		asked bool
	}{
		"web identity": {map[string]string{"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/x", "AWS_WEB_IDENTITY_TOKEN_FILE": "TOKEN", "AWS_ENDPOINT_URL_STS": "URL"}, false},
		"container":    {map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "URL/credentials"}, true},
		"instance":     {map[string]string{"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "URL"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int32
			clear := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.WriteHeader(http.StatusBadRequest)
			}))
			defer clear.Close()
			token := filepath.Join(t.TempDir(), "token")
			require.NoError(t, os.WriteFile(token, []byte("a web identity token"), 0o600))
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
			for name, value := range c.env {
				t.Setenv(name, strings.NewReplacer("URL", clear.URL, "TOKEN", token).Replace(value))
			}
			clients, err := newClients(t.Context(), stubConfig(s3stub.New(t)))
			require.NoError(t, err)
			defer clients.close()
			_, err = clients.put.identity.Retrieve(t.Context())
			require.Error(t, err)
			assert.Equal(t, c.asked, asked.Load() > 0)
			if !c.asked {
				require.ErrorIs(t, err, errGuard)
				assert.ErrorContains(t, err, "AWS_ENDPOINT_URL")
			}
		})
	}
}
