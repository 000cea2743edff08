package ssekmsexporter

import (
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
		"role without rights": {noGeneratePolicy, nil, resultOK, resultInconclusive},
		"key disabled":        {writerPolicy, (*awskmstest.Server).Disable, resultFail, resultInconclusive},
		"key pending deletion": {
			writerPolicy, (*awskmstest.Server).ScheduleDeletion, resultFail, resultInconclusive,
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
			got := r.engine.checkKey(t.Context())
			assert.Equal(t, c.key, got.result, "%v", got.why)
			got = r.engine.checkDecryptKMS(t.Context())
			assert.Equal(t, c.decrypt, got.result, "%v", got.why)
			for _, request := range srv.Requests() {
				require.NotEqual(t, "ReEncrypt", request.Op)
			}
		})
	}
}
