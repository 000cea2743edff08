package ssekmsexporter

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// clients are the connections of one component.
type clients struct {
	// s3 reads, and deletes what violates. Its guard refuses every write.
	s3 *s3.Client
	// draft draws the PUTs and cannot send; put sends them.
	draft *s3.Client
	put   *putter
	// bare has no encryption guard. Only the negative canaries use it.
	bare *s3.Client
	// kms and sts are nil where the endpoint has no AWS behind it (minio mode).
	kms *kms.Client
	sts *sts.Client

	transports []*http.Transport
	// version of TLS negotiated with the bucket's endpoint last; 0 before.
	version *atomic.Uint32
}

// newClients reads credentials from the SDK's default chain. It opens no
// connection.
func newClients(ctx context.Context, cfg *Config) (*clients, error) {
	tlsConfig, err := cfg.TLS.LoadTLSConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	if tlsConfig == nil {
		tlsConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	awsCfg, err := awsconfig.LoadDefaultConfig(ctx,
		awsconfig.WithRegion(cfg.Region),
		// Here, not later: the clients that get credentials are made while loading.
		awsconfig.WithAPIOptions([]func(*middleware.Stack) error{addHTTPSGuard}),
		// The SDK would write to stderr, past the collector's log settings.
		awsconfig.WithLogger(logging.Nop{}),
		// Named, because the SDK makes one later otherwise; AWS_CA_BUNDLE is
		// added to it.
		awsconfig.WithHTTPClient(awshttp.NewBuildableClient()),
		// The exporter decides about retries: a retry inside the SDK would
		// send a body again after a violation, and hide ambiguous attempts.
		awsconfig.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
	)
	if err != nil {
		return nil, fmt.Errorf("role_arn: load the AWS settings of this host: %w; correct AWS_PROFILE, AWS_CONFIG_FILE and what they name", err)
	}
	buildable, ok := awsCfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		return nil, errors.New("role_arn: the AWS settings of this host replace the HTTP client, which cannot be checked")
	}
	c := &clients{version: new(atomic.Uint32)}
	// The tls settings are for the endpoints of this configuration. AWS's own
	// endpoints keep the system's roots, or AWS_CA_BUNDLE.
	public := c.client(buildable, &tls.Config{MinVersion: tls.VersionTLS12}, cfg)
	private := c.client(buildable, tlsConfig, cfg)
	awsCfg.HTTPClient = public
	if cfg.RoleARN != "" {
		awsCfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(awsCfg), cfg.RoleARN))
	}
	bare := func(o *s3.Options) {
		o.HTTPClient = private
		o.UsePathStyle = cfg.ForcePathStyle
		if cfg.Endpoint != "" {
			o.BaseEndpoint = aws.String(cfg.Endpoint)
		}
		// The SHA-256 that each put carries is the checksum; no second one.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.DisableMultiRegionAccessPoints = true
	}
	c.bare = s3.NewFromConfig(awsCfg, bare)
	guard := encryptionGuard{algorithm: cfg.Encryption.Algorithm, keyARN: cfg.Encryption.KMSKeyARN}
	c.s3 = s3.NewFromConfig(awsCfg, bare, func(o *s3.Options) { o.APIOptions = append(o.APIOptions, addOperationGuard(readOperations)) })
	c.draft = s3.NewFromConfig(awsCfg, bare, drafting, func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, addOperationGuard(drawnOperations), addEncryptionGuard(guard))
	})
	c.put = &putter{
		transport: private.Transport, guard: guard, identity: c.s3.Options().Credentials,
		ownClock: c.s3.Options().DisableClockSkewCorrection,
		draw:     func(ctx context.Context) (*putDraft, error) { return drawPut(ctx, c.draft, putInput(cfg)) },
	}
	if cfg.Encryption.KeyIDMatch == matchExact {
		c.kms = kms.NewFromConfig(awsCfg, func(o *kms.Options) {
			if cfg.Encryption.KMSEndpoint != "" {
				o.BaseEndpoint = aws.String(cfg.Encryption.KMSEndpoint)
				o.HTTPClient = private
			}
		})
		c.sts = sts.NewFromConfig(awsCfg)
	}
	return c, nil
}

// client starts from the SDK's transport, which honours AWS_CA_BUNDLE and the
// proxy variables, and puts the given TLS settings on top.
func (c *clients) client(buildable *awshttp.BuildableClient, tlsConfig *tls.Config, cfg *Config) *http.Client {
	transport := buildable.GetTransport()
	tlsConfig = tlsConfig.Clone()
	if tlsConfig.RootCAs == nil && transport.TLSClientConfig != nil {
		tlsConfig.RootCAs = transport.TLSClientConfig.RootCAs
	}
	tlsConfig.MinVersion = max(tlsConfig.MinVersion, tls.VersionTLS12)
	tlsConfig.VerifyConnection = func(state tls.ConnectionState) error {
		c.version.Store(uint32(state.Version))
		return nil
	}
	transport.TLSClientConfig = tlsConfig
	n := 8
	if cfg.Queue.HasValue() {
		n = max(n, 2*cfg.Queue.Get().NumConsumers)
	}
	transport.MaxIdleConnsPerHost = n
	transport.ResponseHeaderTimeout = cfg.Timeout
	transport.WriteBufferSize = 64 << 10
	transport.ExpectContinueTimeout = time.Second
	transport.MaxResponseHeaderBytes = maxAnswerHeader
	c.transports = append(c.transports, transport)
	return &http.Client{
		Transport: boundedAnswers{transport},
		// A redirect could name another host, or http.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (c *clients) close() {
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
}
