package ssekmsexporter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	headerAlgorithm = "X-Amz-Server-Side-Encryption"
	headerKeyID     = "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"
)

// errGuard ends a request before it is sent: nothing left the process.
var errGuard = errors.New("request refused before it was sent")

// httpsGuard refuses every request that is not https, whatever chose its URL:
// AWS_ENDPOINT_URL, a profile, or an endpoint resolver.
type httpsGuard struct{}

func (httpsGuard) ID() string { return "SealedRequireHTTPS" }

func (httpsGuard) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	req, ok := in.Request.(*smithyhttp.Request)
	if !ok || req.URL.Scheme != "https" {
		return middleware.FinalizeOutput{}, middleware.Metadata{},
			fmt.Errorf("%w: the endpoint is not https; check AWS_ENDPOINT_URL and the profile", errGuard)
	}
	return next.HandleFinalize(ctx, in)
}

// encryptionGuard is the last step before the wire. A write passes only with
// both encryption headers present, as configured, and covered by the signature:
// a header outside of the signature can be stripped on the way unnoticed.
type encryptionGuard struct {
	algorithm, keyARN string
}

// readOperations are what this exporter may call besides PutObject. Anything
// else that writes (CopyObject, CreateMultipartUpload, ...) is refused here, so
// that a future change cannot add a second way to write.
var readOperations = []string{
	"GetObject", "HeadBucket", "GetBucketEncryption", "GetBucketVersioning",
	"GetObjectLockConfiguration", "GetPublicAccessBlock", "DeleteObject",
}

func (encryptionGuard) ID() string { return "SealedRequireEncryption" }

func (g encryptionGuard) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	refuse := func(why string) (middleware.FinalizeOutput, middleware.Metadata, error) {
		return middleware.FinalizeOutput{}, middleware.Metadata{}, fmt.Errorf("%w: %s", errGuard, why)
	}
	operation := awsmiddleware.GetOperationName(ctx)
	if slices.Contains(readOperations, operation) {
		return next.HandleFinalize(ctx, in)
	}
	if operation != "PutObject" {
		return refuse("operation " + operation + " is not one that this exporter uses")
	}
	req, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return refuse("unknown transport")
	}
	for _, h := range []struct{ name, want string }{{headerAlgorithm, g.algorithm}, {headerKeyID, g.keyARN}} {
		values := req.Header.Values(h.name)
		if len(values) != 1 || values[0] != h.want {
			return refuse("header " + h.name + " is missing or not as configured")
		}
		if !signed(req.Header, h.name) {
			return refuse("header " + h.name + " is not signed")
		}
	}
	return next.HandleFinalize(ctx, in)
}

// signed reports whether a SigV4 (or SigV4A) Authorization header covers name.
func signed(header http.Header, name string) bool {
	auth := header.Values("Authorization")
	if len(auth) != 1 {
		return false
	}
	_, rest, ok := strings.Cut(auth[0], "SignedHeaders=")
	if !ok {
		return false
	}
	list, _, _ := strings.Cut(rest, ",")
	return slices.Contains(strings.Split(list, ";"), strings.ToLower(name))
}

// addHTTPSGuard is for every client: S3, KMS and STS.
func addHTTPSGuard(stack *middleware.Stack) error {
	return stack.Finalize.Add(httpsGuard{}, middleware.After)
}

// addEncryptionGuard is for the S3 client. After the end of the step it stands
// behind the signer.
func addEncryptionGuard(g encryptionGuard) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Add(g, middleware.After)
	}
}
