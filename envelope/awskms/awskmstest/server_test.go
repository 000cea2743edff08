package awskmstest_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope/awskms/awskmstest"
)

const collectorARN = "arn:aws:iam::123456789012:role/collector"

func start(t *testing.T) (srv *awskmstest.Server, key string, client *kms.Client) {
	t.Helper()
	srv = awskmstest.Start(t)
	key = srv.AddKey(awskmstest.Key{Alias: "alias/archive"})
	who := srv.AddIdentity(awskmstest.Identity{ARN: collectorARN, Policies: [][]byte{awskmstest.AllowAll}})
	return srv, key, kms.NewFromConfig(srv.Config(who))
}

func code(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	return api.ErrorCode()
}

func TestOfficialSDKRoundTrip(t *testing.T) {
	t.Parallel()
	srv, key, client := start(t)
	ctx := t.Context()
	ec := map[string]string{"app": "otel", "Δ": "\"quoted\" <&>"}
	made, err := client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: aws.String("alias/archive"), KeySpec: types.DataKeySpecAes256, EncryptionContext: ec})
	require.NoError(t, err)
	assert.Equal(t, key, *made.KeyId, "an alias is answered with the key's ARN")
	assert.Len(t, made.Plaintext, 32)

	srv.Rotate(key)
	for _, id := range []*string{nil, &key, aws.String(key[strings.LastIndexByte(key, '/')+1:]), aws.String("alias/archive")} {
		got, err := client.Decrypt(ctx, &kms.DecryptInput{KeyId: id, CiphertextBlob: made.CiphertextBlob, EncryptionContext: ec})
		require.NoError(t, err)
		assert.Equal(t, made.Plaintext, got.Plaintext)
	}
	without, err := client.GenerateDataKeyWithoutPlaintext(ctx, &kms.GenerateDataKeyWithoutPlaintextInput{KeyId: &key, NumberOfBytes: aws.Int32(64)})
	require.NoError(t, err)
	got, err := client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: without.CiphertextBlob})
	require.NoError(t, err)
	assert.Len(t, got.Plaintext, 64)

	sealed, err := client.Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: []byte("text"), EncryptionContext: ec})
	require.NoError(t, err)
	second := srv.AddKey(awskmstest.Key{})
	moved, err := client.ReEncrypt(ctx, &kms.ReEncryptInput{CiphertextBlob: sealed.CiphertextBlob, SourceEncryptionContext: ec, DestinationKeyId: &second})
	require.NoError(t, err)
	got, err = client.Decrypt(ctx, &kms.DecryptInput{KeyId: &second, CiphertextBlob: moved.CiphertextBlob})
	require.NoError(t, err)
	assert.Equal(t, "text", string(got.Plaintext))

	described, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &key})
	require.NoError(t, err)
	assert.Equal(t, types.KeyStateEnabled, described.KeyMetadata.KeyState)
	assert.Equal(t, key, *described.KeyMetadata.Arn)
	text, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &key})
	require.NoError(t, err)
	assert.Contains(t, *text.Policy, "EnableIAM")
}

func TestExceptions(t *testing.T) {
	t.Parallel()
	srv, key, client := start(t)
	ctx := t.Context()
	ec := map[string]string{"app": "otel"}
	made, err := client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: &key, KeySpec: types.DataKeySpecAes256, EncryptionContext: ec})
	require.NoError(t, err)
	blob := made.CiphertextBlob
	other := srv.AddKey(awskmstest.Key{})
	decrypt := func(in kms.DecryptInput) string {
		_, err := client.Decrypt(ctx, &in)
		return code(t, err)
	}
	assert.Equal(t, "InvalidCiphertextException", decrypt(kms.DecryptInput{CiphertextBlob: blob}), "no context")
	assert.Equal(t, "InvalidCiphertextException", decrypt(kms.DecryptInput{CiphertextBlob: blob, EncryptionContext: map[string]string{"app": "x"}}))
	assert.Equal(t, "InvalidCiphertextException", decrypt(kms.DecryptInput{CiphertextBlob: []byte("rubbish"), KeyId: &key}))
	assert.Equal(t, "IncorrectKeyException", decrypt(kms.DecryptInput{CiphertextBlob: blob, KeyId: &other, EncryptionContext: ec}))
	assert.Equal(t, "NotFoundException", decrypt(kms.DecryptInput{CiphertextBlob: blob, KeyId: aws.String("alias/none")}))
	assert.Equal(t, "NotFoundException", decrypt(kms.DecryptInput{CiphertextBlob: blob, KeyId: aws.String(strings.Replace(key, "us-east-1", "eu-west-1", 1))}))

	yes := aws.Bool(true)
	assert.Equal(t, "DryRunOperationException", decrypt(kms.DecryptInput{CiphertextBlob: blob, KeyId: &key, EncryptionContext: ec, DryRun: yes}))
	assert.Equal(t, "InvalidCiphertextException", decrypt(kms.DecryptInput{CiphertextBlob: blob, KeyId: &key, DryRun: yes}), "a dry run looks at the ciphertext")
	assert.Equal(t, "DryRunOperationException", decrypt(kms.DecryptInput{
		KeyId: &key, DryRun: yes,
		DryRunModifiers: []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext},
	}))

	srv.Disable(key)
	assert.Equal(t, "DisabledException", decrypt(kms.DecryptInput{CiphertextBlob: blob, KeyId: &key, EncryptionContext: ec, DryRun: yes}))
	srv.ScheduleDeletion(key)
	assert.Equal(t, "KMSInvalidStateException", decrypt(kms.DecryptInput{CiphertextBlob: blob, EncryptionContext: ec}))
	srv.Delete(key)
	assert.Equal(t, "AccessDeniedException", decrypt(kms.DecryptInput{CiphertextBlob: blob, EncryptionContext: ec}), "without KeyId a key that is gone is not told from one that is not ours")

	_, err = client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: &other})
	assert.Equal(t, "ValidationException", code(t, err))
	_, err = client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: &other, KeySpec: types.DataKeySpecAes256, GrantTokens: []string{"g"}})
	assert.Equal(t, "UnsupportedOperationException", code(t, err))
	_, err = client.CreateGrant(ctx, &kms.CreateGrantInput{KeyId: &other, GranteePrincipal: aws.String(collectorARN), Operations: []types.GrantOperation{types.GrantOperationDecrypt}})
	assert.Equal(t, "UnsupportedOperationException", code(t, err))
	_, err = client.ListKeys(ctx, &kms.ListKeysInput{})
	assert.Equal(t, "UnknownOperationException", code(t, err))
}

func TestPutKeyPolicyTakesEffect(t *testing.T) {
	t.Parallel()
	_, key, client := start(t)
	_, err := client.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: &key, Policy: aws.String("{}")})
	assert.Equal(t, "MalformedPolicyDocumentException", code(t, err))
	_, err = client.PutKeyPolicy(t.Context(), &kms.PutKeyPolicyInput{KeyId: &key, Policy: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/other"},"Action":"kms:*","Resource":"*"}]}`)})
	require.NoError(t, err)
	_, err = client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &key})
	assert.Equal(t, "AccessDeniedException", code(t, err))
}

func TestFaultSwitches(t *testing.T) {
	t.Parallel()
	srv, key, client := start(t)
	describe := func(ctx context.Context) error {
		_, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &key})
		return err
	}
	srv.Throttle(2)
	assert.Equal(t, "ThrottlingException", code(t, describe(t.Context())))
	assert.Equal(t, "ThrottlingException", code(t, describe(t.Context())))
	require.NoError(t, describe(t.Context()))
	srv.Inject(awskmstest.Fault{Op: "Decrypt", Code: "KMSInternalException", Status: 500})
	require.NoError(t, describe(t.Context()))
	srv.Outage(true)
	require.Error(t, describe(t.Context()))
	srv.Clear()
	srv.Latency(time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, describe(ctx), context.DeadlineExceeded)
	srv.Clear()
	require.NoError(t, describe(t.Context()))
	var codes []string
	for _, r := range srv.Requests() {
		codes = append(codes, r.Code)
	}
	assert.Equal(t, []string{"ThrottlingException", "ThrottlingException", "", "", ""}, codes)
}

// signed makes a request with the SDK's own signer, then lets change damage it.
func signed(t *testing.T, srv *awskmstest.Server, who awskmstest.Principal, at time.Time, before, after func(*http.Request)) string {
	t.Helper()
	body := `{"KeyId":"alias/archive"}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/", strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "TrentService.DescribeKey")
	if before != nil {
		before(r)
	}
	sum := sha256.Sum256([]byte(body))
	creds, err := who.Credentials().Retrieve(t.Context())
	require.NoError(t, err)
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), creds, r, hex.EncodeToString(sum[:]), "kms", "us-east-1", at))
	if after != nil {
		after(r)
	}
	resp, err := srv.Client().Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if resp.StatusCode == http.StatusOK {
		return ""
	}
	return string(text)
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	srv, _, _ := start(t)
	role := srv.AddIdentity(awskmstest.Identity{ARN: collectorARN, Policies: [][]byte{awskmstest.AllowAll}})
	user := srv.AddIdentity(awskmstest.Identity{ARN: "arn:aws:iam::123456789012:user/u", Policies: [][]byte{awskmstest.AllowAll}})
	expired := srv.AddIdentity(awskmstest.Identity{ARN: collectorARN, Expires: time.Now().Add(-time.Second)})
	wrong := role
	wrong.SecretAccessKey = strings.Repeat("x", 40)
	stolen := role
	stolen.SessionToken = "another"
	now := time.Now()
	for name, tc := range map[string]struct {
		who           awskmstest.Principal
		at            time.Time
		before, after func(*http.Request)
		want          string
	}{
		"good role":        {who: role, at: now},
		"good user":        {who: user, at: now},
		"within the skew":  {who: user, at: now.Add(-14 * time.Minute)},
		"too old":          {who: user, at: now.Add(-16 * time.Minute), want: "InvalidSignatureException"},
		"from the future":  {who: user, at: now.Add(16 * time.Minute), want: "InvalidSignatureException"},
		"wrong secret":     {who: wrong, at: now, want: "InvalidSignatureException"},
		"unknown key":      {who: awskmstest.Principal{AccessKeyID: "AKIANOBODY", SecretAccessKey: strings.Repeat("x", 40)}, at: now, want: "UnrecognizedClientException"},
		"wrong token":      {who: stolen, at: now, want: "UnrecognizedClientException"},
		"expired":          {who: expired, at: now, want: "ExpiredTokenException"},
		"no authorization": {who: user, at: now, after: func(r *http.Request) { r.Header.Del("Authorization") }, want: "MissingAuthenticationTokenException"},
		"other algorithm":  {who: user, at: now, after: func(r *http.Request) { r.Header.Set("Authorization", "Basic eDp4") }, want: "IncompleteSignatureException"},
		"body exchanged": {who: user, at: now, want: "InvalidSignatureException", after: func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(`{"KeyId":"alias/archivf"}`))
		}},
		"operation exchanged": {who: user, at: now, want: "InvalidSignatureException", after: func(r *http.Request) { r.Header.Set("X-Amz-Target", "TrentService.Decrypt") }},
		"path exchanged":      {who: user, at: now, want: "InvalidSignatureException", after: func(r *http.Request) { r.URL.RawQuery = "a=b" }},
		"header not signed":   {who: user, at: now, want: "InvalidSignatureException", after: func(r *http.Request) { r.Header.Set("X-Amz-New", "1") }},
		"signature cut": {who: user, at: now, want: "InvalidSignatureException", after: func(r *http.Request) {
			h := r.Header.Get("Authorization")
			r.Header.Set("Authorization", h[:len(h)-1])
		}},
		"query is signed too": {who: user, at: now, before: func(r *http.Request) { r.URL.RawQuery = "a=b%20c&A=" }},
	} {
		got := signed(t, srv, tc.who, tc.at, tc.before, tc.after)
		if tc.want == "" {
			assert.Empty(t, got, name)
		} else {
			assert.Contains(t, got, tc.want, name)
		}
	}
}
