package minio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Root is a client with all rights. Use it to look, never as the collector's
// identity: root bypasses deny policies.
func (s *Server) Root() *s3.Client {
	return s.Client(aws.Credentials{AccessKeyID: s.user, SecretAccessKey: s.password})
}

// Client speaks S3 over TLS with the given credentials, without retries: a
// test wants to see the first answer.
func (s *Server) Client(identity aws.Credentials) *s3.Client {
	return s3.New(s3.Options{
		Region:       Region,
		BaseEndpoint: aws.String(s.Endpoint),
		UsePathStyle: true,
		HTTPClient:   &http.Client{Transport: s.transport(), Timeout: 30 * time.Second},
		Retryer:      aws.NopRetryer{},
		Credentials:  credentials.StaticCredentialsProvider{Value: identity},
	})
}

func (s *Server) transport() *http.Transport {
	return &http.Transport{TLSClientConfig: s.authority.ClientTLS(), MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute}
}

func (s *Server) bucketExists(ctx context.Context) error {
	client := s.Root()
	defer client.Options().HTTPClient.(*http.Client).CloseIdleConnections()
	_, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(s.Bucket)})
	return err
}

// WriteOnly makes temporary credentials (one hour) that can do one thing: put
// objects into the bucket under SSE-KMS with the given key, written exactly as
// the client will send it. Reading, listing, deleting, another key, AES256 and
// no encryption are all refused by the server with 403.
//
// Algorithm and key are two Deny statements on purpose: in one
// StringNotEquals a wrong key passes as long as the algorithm is right.
func (s *Server) WriteOnly(ctx context.Context, key string) (aws.Credentials, error) {
	objects := "arn:aws:s3:::" + s.Bucket + "/*"
	deny := func(header, value string) map[string]any {
		return map[string]any{
			"Effect": "Deny", "Action": "s3:PutObject", "Resource": objects,
			"Condition": map[string]any{"StringNotEquals": map[string]string{header: value}},
		}
	}
	return s.AssumeRole(ctx, map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{
			map[string]any{"Effect": "Allow", "Action": "s3:PutObject", "Resource": objects},
			deny("s3:x-amz-server-side-encryption", "aws:kms"),
			deny("s3:x-amz-server-side-encryption-aws-kms-key-id", key),
		},
	})
}

// AssumeRole makes temporary credentials (one hour) under a session policy.
// They survive a restart of the server.
func (s *Server) AssumeRole(ctx context.Context, policy map[string]any) (aws.Credentials, error) {
	document, err := json.Marshal(policy)
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("minio: encode session policy: %w", err)
	}
	transport := s.transport()
	transport.DisableKeepAlives = true // one call, and no connection left behind
	client := sts.New(sts.Options{
		Region:       Region,
		BaseEndpoint: aws.String(s.Endpoint),
		HTTPClient:   &http.Client{Transport: transport, Timeout: 30 * time.Second},
		Retryer:      aws.NopRetryer{},
		Credentials: credentials.StaticCredentialsProvider{
			Value: aws.Credentials{AccessKeyID: s.user, SecretAccessKey: s.password},
		},
	})
	answer, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:         aws.String("arn:aws:iam::000000000000:role/collector"),
		RoleSessionName: aws.String("collector"),
		DurationSeconds: aws.Int32(3600),
		Policy:          aws.String(string(document)),
	})
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("minio: assume role: %w", err)
	}
	got := answer.Credentials
	if got == nil || got.AccessKeyId == nil || got.SecretAccessKey == nil || got.SessionToken == nil {
		return aws.Credentials{}, errors.New("minio: assume role: answer without credentials")
	}
	return aws.Credentials{
		AccessKeyID:     *got.AccessKeyId,
		SecretAccessKey: *got.SecretAccessKey,
		SessionToken:    *got.SessionToken,
	}, nil
}
