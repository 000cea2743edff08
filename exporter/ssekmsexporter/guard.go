package ssekmsexporter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	headerAlgorithm = "X-Amz-Server-Side-Encryption"
	headerKeyID     = "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"
)

// errGuard ends a request before it is sent: nothing left the process.
var errGuard = errors.New("request refused before it was sent")

// errPlain is a request that would leave in clear.
var errPlain = fmt.Errorf("%w: the endpoint is not https; check AWS_ENDPOINT_URL and the profile", errGuard)

// httpsGuard refuses every request that is not https, whatever chose its URL:
// AWS_ENDPOINT_URL, a profile, or an endpoint resolver. It stands in the clients
// that the SDK makes for credentials as well: a web identity token is a secret.
type httpsGuard struct{}

// metadataServices answer on the host itself, by http only: the instance metadata
// service, and the credential endpoint of containers, which has no service id and
// whose host the SDK checks.
var metadataServices = []string{imds.ServiceID, ""}

func (httpsGuard) ID() string { return "SealedRequireHTTPS" }

func (httpsGuard) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	req, ok := in.Request.(*smithyhttp.Request)
	if !ok || req.URL.Scheme != "https" && !slices.Contains(metadataServices, awsmiddleware.GetServiceID(ctx)) {
		return middleware.FinalizeOutput{}, middleware.Metadata{}, errPlain
	}
	return next.HandleFinalize(ctx, in)
}

// encryptionGuard is the last step before the wire. A write passes only with
// both encryption headers present, as configured, and covered by the signature:
// a header outside of the signature can be stripped on the way unnoticed. So
// must be the checksum, by which the signature covers the payload.
type encryptionGuard struct {
	algorithm, keyARN string
}

// check returns an error unless the request may be sent. It stands directly
// before the transport, and at the end of the SDK's steps where a PUT is drawn.
func (g encryptionGuard) check(u *url.URL, header http.Header) error {
	if u.Scheme != "https" {
		return errPlain
	}
	for _, h := range [...]struct{ name, want string }{{headerAlgorithm, g.algorithm}, {headerKeyID, g.keyARN}} {
		values := header[h.name]
		if len(values) != 1 || values[0] != h.want {
			return fmt.Errorf("%w: header %s is missing or not as configured", errGuard, h.name)
		}
		if !signed(header, h.name) {
			return fmt.Errorf("%w: header %s is not signed", errGuard, h.name)
		}
	}
	if len(header[headerChecksum]) != 1 || !signed(header, headerChecksum) {
		return fmt.Errorf("%w: header %s is missing or not signed", errGuard, headerChecksum)
	}
	return nil
}

func (encryptionGuard) ID() string { return "SealedRequireEncryption" }

func (g encryptionGuard) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	req, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return middleware.FinalizeOutput{}, middleware.Metadata{}, fmt.Errorf("%w: unknown transport", errGuard)
	}
	if err := g.check(req.URL, req.Header); err != nil {
		return middleware.FinalizeOutput{}, middleware.Metadata{}, err
	}
	return next.HandleFinalize(ctx, in)
}

var (
	// readOperations are what the SDK may send. Anything that writes
	// (PutObject, CopyObject, CreateMultipartUpload, ...) is refused, so that a
	// future change cannot add a second way to write.
	readOperations = operationGuard{
		"GetObject", "HeadBucket", "GetBucketEncryption", "GetBucketVersioning",
		"GetObjectLockConfiguration", "GetPublicAccessBlock", "DeleteObject",
	}
	// drawnOperations are what the SDK may draw.
	drawnOperations = operationGuard{"PutObject"}
)

// operationGuard refuses every operation that it does not name.
type operationGuard []string

func (operationGuard) ID() string { return "SealedRequireOperation" }

func (g operationGuard) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	if operation := awsmiddleware.GetOperationName(ctx); !slices.Contains(g, operation) {
		return middleware.FinalizeOutput{}, middleware.Metadata{},
			fmt.Errorf("%w: operation %s is not one that this exporter uses", errGuard, operation)
	}
	return next.HandleFinalize(ctx, in)
}

// signed reports whether a SigV4 (or SigV4A) Authorization header covers name.
func signed(header http.Header, name string) bool {
	auth := header[headerAuthorization]
	if len(auth) != 1 {
		return false
	}
	_, rest, ok := strings.Cut(auth[0], "SignedHeaders=")
	if !ok {
		return false
	}
	list, _, _ := strings.Cut(rest, ",")
	for part := range strings.SplitSeq(list, ";") {
		if strings.EqualFold(part, name) {
			return true
		}
	}
	return false
}

// addHTTPSGuard is for every client: S3, KMS, and those that get credentials.
func addHTTPSGuard(stack *middleware.Stack) error {
	return stack.Finalize.Add(httpsGuard{}, middleware.After)
}

// addOperationGuard is for every S3 client but that of the negative canaries.
func addOperationGuard(g operationGuard) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Add(g, middleware.After)
	}
}

// addEncryptionGuard is for the client that draws PUTs. After the end of the
// step it stands behind the signer.
func addEncryptionGuard(g encryptionGuard) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Finalize.Add(g, middleware.After)
	}
}
