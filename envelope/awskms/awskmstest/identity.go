package awskmstest

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/sealed-otel/otelcol-sealed/envelope/awskms/awskmstest/policy"
)

// Identity is a user, role or the account's root, with credentials of its own.
type Identity struct {
	// ARN of the user or role, for example
	// arn:aws:iam::123456789012:role/collector.
	ARN string
	// Policies are its identity policies.
	Policies [][]byte
	// Credentials, if the access key id is set, are the ones it has; else
	// fresh ones are made. Several doubles can so be reached by one process
	// whose credentials come from its environment.
	Credentials Principal
	// MFA tells that its credentials were obtained with a second factor, as by
	// GetSessionToken. False leaves the condition key out for users and sets
	// it to false for roles. Sessions of AssumeRole are always false: they
	// carry no MFA information (IAM User Guide, "Secure API access with MFA"),
	// so a role asks for the second factor in its trust policy.
	MFA bool
	// MFASerial and MFACode are what a user of this identity may give to
	// AssumeRole as second factor.
	MFASerial, MFACode string
	// Trust, on a role, is the policy that decides who may assume it through
	// the double's STS. Without one nobody may.
	Trust []byte
	// Expires, if set, is when its credentials stop working.
	Expires time.Time
}

// Principal is an identity that was added, with its credentials.
type Principal struct {
	ARN             string
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
}

// Credentials for an SDK client.
func (p Principal) Credentials() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(p.AccessKeyID, p.SecretAccessKey, p.SessionToken)
}

type identity struct {
	Principal
	documents []*policy.Document
	trust     *policy.Document
	mfa       bool
	serial    string
	code      string
	expires   time.Time
}

func newIdentity(i Identity) (*identity, error) {
	if !strings.HasPrefix(i.ARN, "arn:") || strings.Count(i.ARN, ":") < 5 {
		return nil, fmt.Errorf("identity: %q is not an ARN", i.ARN)
	}
	out := &identity{mfa: i.MFA, serial: i.MFASerial, code: i.MFACode, expires: i.Expires}
	out.Principal = newCredentials(i.ARN, strings.Contains(i.ARN, ":role/"))
	if i.Credentials.AccessKeyID != "" {
		out.Principal = i.Credentials
		out.ARN = i.ARN
	}
	for _, text := range i.Policies {
		d, err := policy.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("identity %s: %w", i.ARN, err)
		}
		out.documents = append(out.documents, d)
	}
	if i.Trust != nil {
		d, err := policy.Parse(i.Trust)
		if err != nil {
			return nil, fmt.Errorf("trust policy of %s: %w", i.ARN, err)
		}
		out.trust = d
	}
	return out, nil
}

// newCredentials: temporary ones (roles) begin with ASIA and need a token.
func newCredentials(arn string, temporary bool) Principal {
	var random [50]byte
	_, _ = rand.Read(random[:])
	p := Principal{
		ARN:             arn,
		AccessKeyID:     "AKIA" + base32.StdEncoding.EncodeToString(random[:10]),
		SecretAccessKey: hex.EncodeToString(random[10:30]),
	}
	if temporary {
		p.AccessKeyID = "ASIA" + p.AccessKeyID[4:]
		p.SessionToken = hex.EncodeToString(random[30:])
	}
	return p
}

func (i *identity) account() string { return strings.SplitN(i.ARN, ":", 6)[4] }

// keys are the global condition keys of the caller.
func (i *identity) keys() map[string][]string {
	k := map[string][]string{
		"aws:PrincipalArn":     {i.ARN},
		"aws:PrincipalAccount": {i.account()},
		"aws:SecureTransport":  {"true"}, // KMS has no plaintext endpoint
	}
	if i.mfa || i.SessionToken != "" {
		k["aws:MultiFactorAuthPresent"] = []string{strconv.FormatBool(i.mfa)}
	}
	return k
}
