package awskmstest_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope"
	"github.com/sealed-otel/otelcol-sealed/envelope/awskms"
	"github.com/sealed-otel/otelcol-sealed/envelope/awskms/awskmstest"
	"github.com/sealed-otel/otelcol-sealed/envelope/awskms/awskmstest/policy"
)

// The policies under test are the published ones, examples/aws/policies.

const (
	archiveKey   = "arn:aws:kms:us-east-1:123456789012:key/archive"
	spoolKey     = "arn:aws:kms:us-east-1:123456789012:key/spool"
	collector    = "arn:aws:iam::123456789012:role/otelcol-sealed-collector"
	investigator = "arn:aws:iam::123456789012:role/otelcol-sealed-investigator"
	admin        = "arn:aws:iam::123456789012:role/admin"
	viaS3        = "s3.us-east-1.amazonaws.com"
	bucketARN    = "arn:aws:s3:::traces"
	objectARN    = bucketARN + "/traces/year=2026/x"
)

var values = map[string]string{
	"partition": "aws", "region": "us-east-1", "account_id": "123456789012", "bucket": "traces",
	"archive_key_arn": archiveKey, "spool_key_arn": spoolKey,
	"collector_role_arn": collector, "investigator_role_arn": investigator,
}

var spoolContext = envelope.Context{"otel-store": "a", envelope.PurposeKey: envelope.PurposeSpool}

const examples = "../../../examples/aws"

// examplesDir skips only where the module stands alone, outside its repository.
func examplesDir(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat("../../../go.work"); errors.Is(err, fs.ErrNotExist) {
		t.Skip("examples/aws is not part of this module; run the test in the repository")
	}
	return examples
}

func document(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examplesDir(t), "policies", name))
	require.NoError(t, err)
	out := string(text)
	for k, v := range values {
		out = strings.ReplaceAll(out, "${"+k+"}", v)
	}
	require.NotContains(t, out, "${", "%s has a placeholder that nothing fills", name)
	return []byte(out)
}

type shipped struct {
	srv                           *awskmstest.Server
	collector, investigator, root awskmstest.Principal
	admin, stranger               awskmstest.Principal
}

func newShipped(t *testing.T) shipped {
	t.Helper()
	srv := awskmstest.Start(t)
	srv.AddKey(awskmstest.Key{ARN: archiveKey, Policy: document(t, "archive-key.json"), Alias: "alias/archive"})
	srv.AddKey(awskmstest.Key{ARN: spoolKey, Policy: document(t, "spool-key.json")})
	return shipped{
		srv:       srv,
		collector: srv.AddIdentity(awskmstest.Identity{ARN: collector, Policies: [][]byte{document(t, "collector-role.json")}}),
		investigator: srv.AddIdentity(awskmstest.Identity{
			ARN: investigator, Trust: document(t, "investigator-trust.json"),
			Policies: [][]byte{document(t, "investigator-role.json")},
		}),
		root:     srv.AddIdentity(awskmstest.Identity{ARN: "arn:aws:iam::123456789012:root", Policies: [][]byte{awskmstest.AllowAll}}),
		admin:    srv.AddIdentity(awskmstest.Identity{ARN: admin, Policies: [][]byte{awskmstest.AllowAll}}),
		stranger: srv.AddIdentity(awskmstest.Identity{ARN: "arn:aws:iam::999999999999:role/collector", Policies: [][]byte{awskmstest.AllowAll}}),
	}
}

// objectContext is what S3 sends: the object's ARN, or the bucket's with bucket keys.
func objectContext(arn string) envelope.Context { return envelope.Context{"aws:s3:arn": arn} }

func TestArchiveKey(t *testing.T) {
	t.Parallel()
	s := newShipped(t)
	for _, tc := range []struct {
		name   string
		who    awskmstest.Principal
		action string
		ec     envelope.Context
		via    string
		ok     bool
	}{
		{"collector puts an object", s.collector, "kms:GenerateDataKey", objectContext(objectARN), viaS3, true},
		{"collector puts an object, bucket key", s.collector, "kms:GenerateDataKey", objectContext(bucketARN), viaS3, true},
		{"collector sees the key's state", s.collector, "kms:DescribeKey", nil, "", true},
		{"collector encrypts outside of S3", s.collector, "kms:GenerateDataKey", objectContext(objectARN), "", false},
		{"collector encrypts through another service", s.collector, "kms:GenerateDataKey", objectContext(objectARN), "sqs.us-east-1.amazonaws.com", false},
		{"collector encrypts in another region's S3", s.collector, "kms:GenerateDataKey", objectContext(objectARN), "s3.eu-west-1.amazonaws.com", false},
		{"collector encrypts for another bucket", s.collector, "kms:GenerateDataKey", objectContext("arn:aws:s3:::traces-copy/x"), viaS3, false},
		{"collector encrypts without context", s.collector, "kms:GenerateDataKey", nil, viaS3, false},
		{"collector reads through S3", s.collector, "kms:Decrypt", objectContext(objectARN), viaS3, false},
		{"collector reads", s.collector, "kms:Decrypt", objectContext(objectARN), "", false},
		{"collector poses as spool", s.collector, "kms:Decrypt", spoolContext, "", false},
		{"collector moves to its own key", s.collector, "kms:ReEncryptFrom", objectContext(objectARN), "", false},
		{"collector grants", s.collector, "kms:CreateGrant", nil, "", false},
		{"collector rewrites the policy", s.collector, "kms:PutKeyPolicy", nil, "", false},
		{"collector disables", s.collector, "kms:DisableKey", nil, "", false},
		{"collector deletes", s.collector, "kms:ScheduleKeyDeletion", nil, "", false},
		{"collector moves the alias", s.collector, "kms:UpdateAlias", nil, "", false},
		{"investigator reads", s.investigator, "kms:Decrypt", objectContext(objectARN), viaS3, true},
		{"investigator reads outside of S3", s.investigator, "kms:Decrypt", objectContext(objectARN), "", false},
		{"investigator reads another bucket", s.investigator, "kms:Decrypt", objectContext("arn:aws:s3:::other/x"), viaS3, false},
		{"investigator writes", s.investigator, "kms:GenerateDataKey", objectContext(objectARN), viaS3, false},
		{"investigator grants", s.investigator, "kms:CreateGrant", nil, "", false},
		{"investigator rewrites the policy", s.investigator, "kms:PutKeyPolicy", nil, "", false},
		{"admin rewrites the policy", s.admin, "kms:PutKeyPolicy", nil, "", true},
		{"admin disables", s.admin, "kms:DisableKey", nil, "", true},
		{"admin reads", s.admin, "kms:Decrypt", objectContext(objectARN), viaS3, false},
		{"admin writes", s.admin, "kms:GenerateDataKey", objectContext(objectARN), viaS3, false},
		{"admin grants", s.admin, "kms:CreateGrant", nil, "", false},
		{"root reads", s.root, "kms:Decrypt", objectContext(objectARN), viaS3, false},
		{"root rewrites the policy", s.root, "kms:PutKeyPolicy", nil, "", true},
		{"another account's role of the same name", s.stranger, "kms:Decrypt", objectContext(objectARN), viaS3, false},
		{"another account writes", s.stranger, "kms:GenerateDataKey", objectContext(objectARN), viaS3, false},
	} {
		err := s.srv.Authorize(tc.who, tc.action, archiveKey, tc.ec, tc.via)
		assert.Equal(t, tc.ok, err == nil, "%s: %v", tc.name, err)
	}
}

func TestSpoolKey(t *testing.T) {
	t.Parallel()
	s := newShipped(t)
	for _, tc := range []struct {
		name   string
		who    awskmstest.Principal
		action string
		ec     envelope.Context
		via    string
		ok     bool
	}{
		{"collector wraps", s.collector, "kms:GenerateDataKey", spoolContext, "", true},
		{"collector unwraps", s.collector, "kms:Decrypt", spoolContext, "", true},
		{"no store id", s.collector, "kms:Decrypt", envelope.Context{envelope.PurposeKey: envelope.PurposeSpool}, "", false},
		{"no purpose", s.collector, "kms:Decrypt", envelope.Context{"otel-store": "a"}, "", false},
		{"another purpose", s.collector, "kms:GenerateDataKey", spoolContext.With(envelope.PurposeKey, "archive"), "", false},
		{"no context", s.collector, "kms:GenerateDataKey", nil, "", false},
		{"archive under the spool key", s.collector, "kms:GenerateDataKey", spoolContext.With("aws:s3:arn", objectARN), viaS3, false},
		{"re-encrypt", s.collector, "kms:ReEncryptFrom", spoolContext, "", false},
		{"grant", s.collector, "kms:CreateGrant", nil, "", false},
		{"policy", s.collector, "kms:PutKeyPolicy", nil, "", false},
		{"investigator unwraps", s.investigator, "kms:Decrypt", spoolContext, "", false},
		{"admin unwraps", s.admin, "kms:Decrypt", spoolContext, "", false},
		{"admin rotates", s.admin, "kms:RotateKeyOnDemand", nil, "", true},
	} {
		err := s.srv.Authorize(tc.who, tc.action, spoolKey, tc.ec, tc.via)
		assert.Equal(t, tc.ok, err == nil, "%s: %v", tc.name, err)
	}
}

// A role with more rights than intended must still be stopped by the key
// policy alone, and a key with a careless policy by the role's Deny alone.
func TestEachSideRefusesByItself(t *testing.T) {
	t.Parallel()
	s := newShipped(t)
	greedy := s.srv.AddIdentity(awskmstest.Identity{ARN: collector, Policies: [][]byte{awskmstest.AllowAll}})
	careless := s.srv.AddKey(awskmstest.Key{}) // the default policy: IAM decides
	for _, action := range []string{"kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:CreateGrant", "kms:PutKeyPolicy"} {
		assert.Error(t, s.srv.Authorize(greedy, action, archiveKey, objectContext(objectARN), viaS3), "key policy alone: %s", action)
		both := s.srv.AddIdentity(awskmstest.Identity{ARN: collector, Policies: [][]byte{document(t, "collector-role.json"), awskmstest.AllowAll}})
		assert.Error(t, s.srv.Authorize(both, action, careless, objectContext(objectARN), viaS3), "role alone: %s", action)
	}
}

// The exporter's posture check and an attacker's attempts, over the wire.
func TestCollectorOnTheWire(t *testing.T) {
	t.Parallel()
	s := newShipped(t)
	ctx := t.Context()
	client := kms.NewFromConfig(s.srv.Config(s.collector))
	_, err := client.Decrypt(ctx, &kms.DecryptInput{
		KeyId: aws.String(archiveKey), DryRun: aws.Bool(true),
		DryRunModifiers: []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext},
	})
	assert.Equal(t, "AccessDeniedException", code(t, err))
	require.ErrorContains(t, err, "explicit deny")
	_, err = client.Decrypt(ctx, &kms.DecryptInput{KeyId: aws.String("alias/archive"), CiphertextBlob: []byte("x")})
	assert.Equal(t, "AccessDeniedException", code(t, err), "an alias is no way round")
	_, err = client.CreateGrant(ctx, &kms.CreateGrantInput{KeyId: aws.String(archiveKey), GranteePrincipal: aws.String(collector), Operations: []types.GrantOperation{types.GrantOperationDecrypt}})
	assert.Equal(t, "AccessDeniedException", code(t, err))
	_, err = client.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: aws.String(archiveKey), Policy: aws.String("{}")})
	assert.Equal(t, "AccessDeniedException", code(t, err))

	// The spool works for this role, through the real provider.
	cfg := s.srv.Config(s.collector)
	p, err := awskms.New(ctx, awskms.Settings{KeyARN: spoolKey, Config: &cfg, Timeout: time.Minute})
	require.NoError(t, err)
	k, err := p.Generate(ctx, spoolContext)
	require.NoError(t, err)
	_, err = p.Unwrap(ctx, k.Wrapped, spoolContext)
	require.NoError(t, err)
	_, err = p.Status(ctx, spoolContext)
	require.NoError(t, err)
	_, err = p.Generate(ctx, envelope.Context{"otel-store": "a"})
	require.ErrorIs(t, err, envelope.ErrDenied)
	_, err = client.ReEncrypt(ctx, &kms.ReEncryptInput{
		CiphertextBlob: k.Wrapped.Blob, SourceKeyId: aws.String(spoolKey),
		SourceEncryptionContext: spoolContext, DestinationKeyId: aws.String(archiveKey),
	})
	assert.Equal(t, "AccessDeniedException", code(t, err))
}

func TestInvestigatorNeedsSecondFactor(t *testing.T) {
	t.Parallel()
	s := newShipped(t)
	assume := []byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + investigator + `"}]}`)
	user := s.srv.AddIdentity(awskmstest.Identity{
		ARN: "arn:aws:iam::123456789012:user/ann", Policies: [][]byte{assume},
		MFASerial: "arn:aws:iam::123456789012:mfa/ann", MFACode: "123456",
	})
	client := sts.NewFromConfig(s.srv.Config(user))
	in := sts.AssumeRoleInput{RoleArn: aws.String(investigator), RoleSessionName: aws.String("case-1")}
	_, err := client.AssumeRole(t.Context(), &in)
	assert.Equal(t, "AccessDenied", code(t, err), "without a second factor")
	in.SerialNumber, in.TokenCode = aws.String("arn:aws:iam::123456789012:mfa/ann"), aws.String("000000")
	_, err = client.AssumeRole(t.Context(), &in)
	assert.Equal(t, "AccessDenied", code(t, err), "with a wrong code")
	in.TokenCode = aws.String("123456")
	out, err := client.AssumeRole(t.Context(), &in)
	require.NoError(t, err)
	session := awskmstest.Principal{AccessKeyID: *out.Credentials.AccessKeyId}
	require.NoError(t, s.srv.Authorize(session, "kms:Decrypt", archiveKey, objectContext(objectARN), viaS3))

	plain := s.srv.AddIdentity(awskmstest.Identity{ARN: "arn:aws:iam::123456789012:user/bob", MFASerial: "serial-of-bob", MFACode: "1"})
	in.SerialNumber, in.TokenCode = aws.String("serial-of-bob"), aws.String("1")
	_, err = sts.NewFromConfig(s.srv.Config(plain)).AssumeRole(t.Context(), &in)
	assert.Equal(t, "AccessDenied", code(t, err), "a second factor is not enough without the permission")
	_, err = sts.NewFromConfig(s.srv.Config(s.collector)).AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(investigator), RoleSessionName: aws.String("x")})
	assert.Equal(t, "AccessDenied", code(t, err), "a role session never has one")
}

// put is one PutObject as the bucket policy sees it.
func put(who string, headers map[string]string) policy.Request {
	keys := map[string][]string{"aws:SecureTransport": {"true"}, "s3:TlsVersion": {"1.3"}, "aws:PrincipalArn": {who}}
	for k, v := range headers {
		keys[k] = []string{v}
	}
	return policy.Request{Principal: who, Action: "s3:PutObject", Resource: objectARN, Keys: keys}
}

const (
	algorithmKey = "s3:x-amz-server-side-encryption"
	keyIDKey     = "s3:x-amz-server-side-encryption-aws-kms-key-id"
)

func TestBucketPolicy(t *testing.T) {
	t.Parallel()
	bucket, err := policy.Parse(document(t, "bucket.json"))
	require.NoError(t, err)
	role, err := policy.Parse(document(t, "collector-role.json"))
	require.NoError(t, err)
	reader, err := policy.Parse(document(t, "investigator-role.json"))
	require.NoError(t, err)
	all, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`))
	require.NoError(t, err)
	sealed := map[string]string{algorithmKey: "aws:kms", keyIDKey: archiveKey}
	with := func(k, v string) map[string]string {
		out := map[string]string{algorithmKey: "aws:kms", keyIDKey: archiveKey, k: v}
		if v == "" {
			delete(out, k)
		}
		return out
	}
	for _, tc := range []struct {
		name string
		r    policy.Request
		sid  string
	}{
		{"sealed", put(collector, sealed), ""},
		{"no headers", put(collector, nil), "DenyOtherAlgorithm"},
		{"AES256", put(collector, map[string]string{algorithmKey: "AES256"}), "DenyOtherAlgorithm"},
		{"dsse", put(collector, with(algorithmKey, "aws:kms:dsse")), "DenyOtherAlgorithm"},
		{"no key: the account's default KMS key", put(collector, with(keyIDKey, "")), "DenyOtherKey"},
		{"spool key", put(collector, with(keyIDKey, spoolKey)), "DenyOtherKey"},
		{"attacker's key", put(collector, with(keyIDKey, "arn:aws:kms:us-east-1:999999999999:key/archive")), "DenyOtherKey"},
		{"alias", put(collector, with(keyIDKey, "alias/archive")), "DenyOtherKey"},
		{"plaintext transport", put(collector, with("aws:SecureTransport", "false")), "DenyPlaintextTransport"},
		{"TLS 1.1", put(collector, with("s3:TlsVersion", "1.1")), "DenyOldTLS"},
		{"TLS 1.2", put(collector, with("s3:TlsVersion", "1.2")), ""},
		{"all rights, wrong key", put(admin, with(keyIDKey, spoolKey)), "DenyOtherKey"},
	} {
		d := policy.EvaluateResource(tc.r, bucket, role, all)
		assert.Equal(t, tc.sid == "", d.Allowed, "%s: %+v", tc.name, d)
		if tc.sid != "" {
			assert.Equal(t, tc.sid, d.Sid, tc.name)
		}
	}
	anonymous := put("", sealed)
	anonymous.Anonymous = true
	assert.False(t, policy.EvaluateResource(anonymous, bucket).Allowed)

	for _, action := range []string{"s3:GetObject", "s3:GetObjectVersion"} {
		r := put(investigator, nil)
		r.Action = action
		assert.True(t, policy.EvaluateResource(r, bucket, reader).Allowed, action)
		for _, who := range []string{collector, admin} {
			r = put(who, nil)
			r.Action = action
			assert.False(t, policy.EvaluateResource(r, bucket, all).Allowed, "%s by %s", action, who)
		}
	}
	for _, action := range []string{
		"s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl", "s3:PutBucketPolicy",
		"s3:BypassGovernanceRetention", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:ListBucket",
	} {
		r := put(collector, sealed)
		r.Action = action
		assert.False(t, policy.EvaluateResource(r, bucket, role).Allowed, "collector: %s", action)
		r.Resource = bucketARN
		assert.False(t, policy.EvaluateResource(r, bucket, role).Allowed, "collector on the bucket: %s", action)
	}
}

// Why the two Deny statements are separate: merged into one, both conditions
// must fail for the Deny to apply, and a wrong key passes.
func TestMergedStatementLetsWrongKeyThrough(t *testing.T) {
	t.Parallel()
	merged, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"` + bucketARN + `/*","Condition":{"StringNotEquals":{
			"` + algorithmKey + `":"aws:kms","` + keyIDKey + `":"` + archiveKey + `"}}}]}`))
	require.NoError(t, err)
	role, err := policy.Parse(document(t, "collector-role.json"))
	require.NoError(t, err)
	wrongKey := put(collector, map[string]string{algorithmKey: "aws:kms", keyIDKey: spoolKey})
	assert.True(t, policy.EvaluateResource(wrongKey, merged, role).Allowed)
	assert.False(t, policy.EvaluateResource(put(collector, nil), merged, role).Allowed)
	published, err := policy.Parse(document(t, "bucket.json"))
	require.NoError(t, err)
	assert.False(t, policy.EvaluateResource(wrongKey, published, role).Allowed)
}

func TestBucketSettings(t *testing.T) {
	t.Parallel()
	var encryption struct {
		Rules []struct {
			ApplyServerSideEncryptionByDefault struct{ SSEAlgorithm, KMSMasterKeyID string }
			BucketKeyEnabled                   bool
		}
	}
	require.NoError(t, json.Unmarshal(document(t, "bucket-encryption.json"), &encryption))
	require.Len(t, encryption.Rules, 1)
	assert.Equal(t, "aws:kms", encryption.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm)
	assert.Equal(t, archiveKey, encryption.Rules[0].ApplyServerSideEncryptionByDefault.KMSMasterKeyID)

	var lock struct {
		ObjectLockEnabled string
		Rule              struct {
			DefaultRetention struct {
				Mode string
				Days int
			}
		}
	}
	require.NoError(t, json.Unmarshal(document(t, "bucket-object-lock.json"), &lock))
	assert.Equal(t, "Enabled", lock.ObjectLockEnabled)
	var life struct {
		Rules []struct {
			Status                         string
			Expiration                     struct{ Days int }
			NoncurrentVersionExpiration    struct{ NoncurrentDays int }
			AbortIncompleteMultipartUpload struct{ DaysAfterInitiation int }
		}
	}
	require.NoError(t, json.Unmarshal(document(t, "bucket-lifecycle.json"), &life))
	require.Len(t, life.Rules, 1)
	assert.Greater(t, life.Rules[0].Expiration.Days, lock.Rule.DefaultRetention.Days, "objects must not expire while they are locked")
	assert.Positive(t, life.Rules[0].AbortIncompleteMultipartUpload.DaysAfterInitiation)
	var public map[string]bool
	require.NoError(t, json.Unmarshal(document(t, "bucket-public-access-block.json"), &public))
	assert.Equal(t, map[string]bool{"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true}, public)
}

// Terraform deploys the same texts that are tested above. The render module has
// no provider, so this needs no network.
func TestTerraformRendersTheSameDocuments(t *testing.T) {
	t.Parallel()
	terraform, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("terraform is not installed") // not packaged by distributions, so never required
	}
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "policies"), os.DirFS(filepath.Join(examplesDir(t), "policies"))))
	work := filepath.Join(dir, "terraform", "render")
	require.NoError(t, os.CopyFS(work, os.DirFS(filepath.Join(examplesDir(t), "terraform", "render"))))
	vars, err := json.Marshal(values)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(work, "terraform.tfvars.json"), vars, 0o600))
	run := func(args ...string) []byte {
		cmd := exec.CommandContext(t.Context(), terraform, args...)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
		out, err := cmd.Output()
		require.NoError(t, err, "terraform %s", strings.Join(args, " "))
		return out
	}
	run("init", "-input=false", "-no-color")
	run("apply", "-auto-approve", "-input=false", "-no-color")
	var rendered map[string]string
	require.NoError(t, json.Unmarshal(run("output", "-json", "documents"), &rendered))
	files, err := os.ReadDir(filepath.Join(examplesDir(t), "policies"))
	require.NoError(t, err)
	assert.Len(t, rendered, len(files))
	for _, f := range files {
		assert.JSONEq(t, string(document(t, f.Name())), rendered[f.Name()], f.Name())
	}
}
