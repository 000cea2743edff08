package ssekmsexporter

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/envelope/awskms/awskmstest"
	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

const (
	collectorRole = "arn:aws:iam::123456789012:role/collector"
	writerPolicy  = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["kms:GenerateDataKey","kms:DescribeKey"],"Resource":"*"},
		{"Effect":"Deny","Action":["kms:Decrypt","kms:ReEncrypt*","kms:CreateGrant","kms:PutKeyPolicy"],"Resource":"*"}]}`
	// What a bucket key's context alone opens is found as well.
	bucketContextPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:Decrypt","kms:DescribeKey"],"Resource":"*",
		"Condition":{"StringEquals":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::archive"}}}]}`
	noGeneratePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:DescribeKey","Resource":"*"}]}`
)

// The checks that ask KMS, against the wire double that judges real policies.
func TestKMSChecks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		policy       string
		change       func(*awskmstest.Server, string)
		key, decrypt result
	}{
		"write-only role":     {writerPolicy, nil, resultOK, resultOK},
		"role that can read":  {string(awskmstest.AllowAll), nil, resultOK, resultFail},
		"role without rights": {noGeneratePolicy, nil, resultOK, resultOK},
		"bucket key reader":   {bucketContextPolicy, nil, resultInconclusive, resultFail},
		"key disabled":        {string(awskmstest.AllowAll), (*awskmstest.Server).Disable, resultFail, resultInconclusive},
		"key pending deletion": {
			string(awskmstest.AllowAll), (*awskmstest.Server).ScheduleDeletion, resultFail, resultInconclusive,
		},
		"key deleted": {writerPolicy, (*awskmstest.Server).Delete, resultFail, resultInconclusive},
		"kms down":    {writerPolicy, func(s *awskmstest.Server, _ string) { s.Outage(true) }, resultInconclusive, resultInconclusive},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := awskmstest.StartTLS(t)
			key := srv.AddKey(awskmstest.Key{})
			who := srv.AddIdentity(awskmstest.Identity{ARN: collectorRole, Policies: [][]byte{[]byte(c.policy)}})
			stub := s3stub.New(t)
			cfg := stubConfig(stub)
			cfg.Encryption.KMSKeyARN = key
			cfg.Encryption.Context = map[string]string{"app": "otel"}
			r := startRig(t, cfg)
			r.engine.clients.kms = kms.NewFromConfig(srv.Config(who))
			if c.change != nil {
				c.change(srv, key)
			}
			puts := r.sum(t, "s3_sse_kms_kms_requests")
			got := r.engine.checkKey(t.Context())
			assert.Equal(t, c.key, got.result, "%v", got.why)
			asked := r.sum(t, "s3_sse_kms_kms_requests") - puts
			assert.EqualValues(t, 1, asked)
			got = r.engine.checkDecryptKMS(t.Context())
			assert.Equal(t, c.decrypt, got.result, "%v", got.why)
			assert.Greater(t, r.sum(t, "s3_sse_kms_kms_requests")-puts, asked)
			onlyAsks(t, srv)
		})
	}
}

// onlyAsks holds every request to what a check may do: look, or dry-run.
func onlyAsks(t *testing.T, srv *awskmstest.Server) {
	t.Helper()
	for _, request := range srv.Requests() {
		assert.True(t, request.Op == "DescribeKey" || request.Op == "Decrypt" && request.DryRun, "%s, dry run %t", request.Op, request.DryRun)
	}
}

// The role and the key policy of examples/aws, as shipped: kms:ViaService
// refuses GenerateDataKey to a direct caller, and both checks still know.
func TestKMSChecksWithShippedRole(t *testing.T) {
	t.Parallel()
	const repository = "../.."
	if _, err := os.Stat(filepath.Join(repository, "go.work")); errors.Is(err, fs.ErrNotExist) {
		t.Skip("examples/aws is not part of this module; run the test in the repository")
	}
	const role = "arn:aws:iam::123456789012:role/otelcol-sealed-collector"
	fill := strings.NewReplacer(
		"${partition}", "aws", "${region}", "us-east-1", "${account_id}", "123456789012", "${bucket}", "archive",
		"${archive_key_arn}", testKey, "${spool_key_arn}", otherKey, "${collector_role_arn}", role,
		"${investigator_role_arn}", "arn:aws:iam::123456789012:role/otelcol-sealed-investigator",
	)
	document := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(repository, "examples", "aws", "policies", name))
		require.NoError(t, err)
		out := fill.Replace(string(text))
		require.NotContains(t, out, "${", name)
		return []byte(out)
	}
	for name, c := range map[string]struct {
		extra   [][]byte // policies attached to the role beside the shipped one
		shipped bool     // the shipped key policy, else the default one: IAM decides
		role    bool     // the shipped role policy
		decrypt result
	}{
		"as shipped":            {nil, true, true, resultOK},
		"key policy alone":      {[][]byte{awskmstest.AllowAll}, true, false, resultOK},
		"role alone":            {[][]byte{awskmstest.AllowAll}, false, true, resultOK},
		"neither, and a reader": {[][]byte{awskmstest.AllowAll}, false, false, resultFail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := awskmstest.StartTLS(t)
			key := awskmstest.Key{ARN: testKey}
			if c.shipped {
				key.Policy = document("archive-key.json")
			}
			srv.AddKey(key)
			policies := c.extra
			if c.role {
				policies = append(policies, document("collector-role.json"))
			}
			who := srv.AddIdentity(awskmstest.Identity{ARN: role, Policies: policies})
			r := startRig(t, stubConfig(s3stub.New(t)))
			r.engine.clients.kms = kms.NewFromConfig(srv.Config(who))

			got := r.engine.checkKey(t.Context())
			assert.Equal(t, resultOK, got.result, "%v", got.why)
			got = r.engine.checkDecryptKMS(t.Context())
			assert.Equal(t, c.decrypt, got.result, "%v", got.why)
			onlyAsks(t, srv)
		})
	}
}
