package awskms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"

	"github.com/sealed-otel/otelcol-sealed/envelope"
)

// Name is the provider's name in file headers.
const Name = "awskms"

// sessionName shows in CloudTrail when a role is assumed.
const sessionName = "otelcol-sealed"

// maxAttempts per request, all within Settings.Timeout.
const maxAttempts = 3

// Provider implements envelope.Provider.
type Provider struct {
	settings Settings
	client   *kms.Client
}

var (
	_ envelope.Provider = (*Provider)(nil)
	_ envelope.Wrapper  = (*Provider)(nil)
)

// New loads the SDK configuration; it sends no request to KMS.
func New(ctx context.Context, s Settings) (*Provider, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if s.Timeout == 0 {
		s.Timeout = DefaultTimeout
	}
	key, err := ParseKeyARN(s.KeyARN)
	if err != nil {
		return nil, err
	}
	var cfg aws.Config
	if s.Config != nil {
		cfg = s.Config.Copy()
	} else if cfg, err = config.LoadDefaultConfig(ctx, config.WithAPIOptions([]func(*middleware.Stack) error{refusePlaintextCredentials})); err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	cfg.Region = key.Region
	cfg.RetryMaxAttempts = maxAttempts
	// Bodies hold keys: nothing may turn on the SDK's wire log for them.
	cfg.ClientLogMode = 0
	if s.RoleARN != "" {
		client := sts.NewFromConfig(cfg, func(o *sts.Options) {
			o.APIOptions = append(o.APIOptions, refusePlaintext)
			if s.STSEndpoint != "" {
				o.BaseEndpoint = aws.String(s.STSEndpoint)
			}
		})
		cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client, s.RoleARN,
			func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = sessionName }))
	}
	return &Provider{settings: s, client: kms.NewFromConfig(cfg, func(o *kms.Options) {
		o.APIOptions = append(o.APIOptions, refusePlaintext)
		if s.Endpoint != "" {
			o.BaseEndpoint = aws.String(s.Endpoint)
		}
	})}, nil
}

// Name implements envelope.Provider.
func (*Provider) Name() string { return Name }

// Generate calls GenerateDataKey.
func (p *Provider) Generate(ctx context.Context, ec envelope.Context) (*envelope.EpochKey, error) {
	const op = "generate"
	key := p.settings.KeyARN
	if err := ec.Validate(); err != nil {
		return nil, failed(op, key, envelope.ErrInvalid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.settings.Timeout)
	defer cancel()
	out, err := p.client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: aws.String(key), KeySpec: types.DataKeySpecAes256, EncryptionContext: ec,
	})
	if err != nil {
		return nil, classified(op, key, err)
	}
	defer envelope.Wipe(out.Plaintext)
	// An endpoint that answers for another key could read all that follows.
	if aws.ToString(out.KeyId) != key {
		return nil, failed(op, key, envelope.ErrInvalid, otherKey(out.KeyId))
	}
	k, err := envelope.NewEpochKey(out.Plaintext, envelope.Wrapped{Provider: Name, KeyID: key, Blob: out.CiphertextBlob})
	if err != nil {
		return nil, failed(op, key, envelope.ErrInvalid, err)
	}
	return k, nil
}

// Unwrap calls Decrypt with the key named explicitly.
func (p *Provider) Unwrap(ctx context.Context, w envelope.Wrapped, ec envelope.Context) (*envelope.EpochKey, error) {
	const op = "unwrap"
	if w.Provider != Name {
		return nil, failed(op, w.KeyID, envelope.ErrUnknownKey,
			fmt.Errorf("it was wrapped by provider %s, the configuration has %s", envelope.Printable(w.Provider, 32), Name))
	}
	i := slices.Index(append([]string{p.settings.KeyARN}, p.settings.AlsoDecrypt...), w.KeyID)
	if i < 0 {
		return nil, failed(op, w.KeyID, envelope.ErrUnknownKey,
			fmt.Errorf("configured: %s; add the key to also_decrypt", strings.Join(append([]string{p.settings.KeyARN}, p.settings.AlsoDecrypt...), ", ")))
	}
	key, err := ParseKeyARN(w.KeyID)
	if err != nil {
		return nil, failed(op, w.KeyID, envelope.ErrUnknownKey, err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.settings.Timeout)
	defer cancel()
	out, err := p.client.Decrypt(ctx, &kms.DecryptInput{
		KeyId: aws.String(w.KeyID), CiphertextBlob: w.Blob, EncryptionContext: ec,
	}, func(o *kms.Options) { o.Region = key.Region })
	if err != nil {
		return nil, classified(op, w.KeyID, err)
	}
	defer envelope.Wipe(out.Plaintext)
	if aws.ToString(out.KeyId) != w.KeyID {
		return nil, failed(op, w.KeyID, envelope.ErrInvalid, otherKey(out.KeyId))
	}
	k, err := envelope.NewEpochKey(out.Plaintext, w)
	if err != nil {
		return nil, failed(op, w.KeyID, envelope.ErrBadCiphertext, err)
	}
	return k, nil
}

// Wrap calls Encrypt, for tools that move files to another key. It needs
// kms:Encrypt, which the collector does not.
func (p *Provider) Wrap(ctx context.Context, secret []byte, ec envelope.Context) (envelope.Wrapped, error) {
	const op = "wrap"
	key := p.settings.KeyARN
	if err := ec.Validate(); err != nil {
		return envelope.Wrapped{}, failed(op, key, envelope.ErrInvalid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.settings.Timeout)
	defer cancel()
	out, err := p.client.Encrypt(ctx, &kms.EncryptInput{KeyId: aws.String(key), Plaintext: secret, EncryptionContext: ec})
	if err != nil {
		return envelope.Wrapped{}, classified(op, key, err)
	}
	if aws.ToString(out.KeyId) != key {
		return envelope.Wrapped{}, failed(op, key, envelope.ErrInvalid, otherKey(out.KeyId))
	}
	return envelope.Wrapped{Provider: Name, KeyID: key, Blob: out.CiphertextBlob}, nil
}

// Status calls GenerateDataKey with DryRun: the permission, the key's state and
// the context are checked, and no key is made.
func (p *Provider) Status(ctx context.Context, ec envelope.Context) (string, error) {
	const op = "status"
	key := p.settings.KeyARN
	if err := ec.Validate(); err != nil {
		return "", failed(op, key, envelope.ErrInvalid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, p.settings.Timeout)
	defer cancel()
	out, err := p.client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId: aws.String(key), KeySpec: types.DataKeySpecAes256, EncryptionContext: ec, DryRun: aws.Bool(true),
	})
	if err == nil {
		// A server that ignores DryRun is no KMS; say so rather than guess.
		envelope.Wipe(out.Plaintext)
		return "", failed(op, key, envelope.ErrInvalid, errors.New("the endpoint ignores DryRun"))
	}
	if dryRunPassed(err) {
		return key, nil
	}
	return "", classified(op, key, err)
}

func otherKey(id *string) error {
	return fmt.Errorf("the endpoint answered with key %s", envelope.Printable(aws.ToString(id), 256))
}
