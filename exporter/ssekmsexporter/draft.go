package ssekmsexporter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	headerChecksum      = "X-Amz-Checksum-Sha256"
	headerPayload       = "X-Amz-Content-Sha256"
	headerDate          = "X-Amz-Date"
	headerSession       = "X-Amz-Security-Token"
	headerRetain        = "X-Amz-Object-Lock-Retain-Until-Date"
	headerExpect        = "Expect"
	headerAuthorization = "Authorization"

	// draftKey has a character that a path escapes and one that it does not, so
	// that a change of the SDK's escaping shows when the draft is drawn.
	draftKey = "_draft/hour=00"
	// expectBytes is the size from which the SDK asks the store before it sends
	// a body (its ContinueHeaderThresholdBytes).
	expectBytes = 2 << 20
	// maxDrawn bounds what is quoted of the SDK about a draft, which holds
	// settings only.
	maxDrawn = 400
	// unsignedPayload stands where the signature could cover the payload itself
	// (IAM user guide, "Create a canonical request"). It covers the checksum
	// instead, which the guard demands, and the checksum covers the payload: a
	// store that was given both hashes each object twice.
	unsignedPayload = "UNSIGNED-PAYLOAD"
	// signingTime is the format of X-Amz-Date (IAM user guide, "Create a signed
	// AWS API request").
	signingTime = "20060102T150405Z"
)

// objectHeaders are in a drawn request and belong to one object, to one
// signature or to the SDK's own retries. A PUT has its own of the first two.
var objectHeaders = []string{
	headerChecksum, headerPayload, headerDate, headerSession, headerRetain, headerExpect, headerAuthorization,
	"Content-Length", "Amz-Sdk-Invocation-Id", "Amz-Sdk-Request", "X-Amzn-Trace-Id",
}

// putDraft is the PUT of this configuration as the AWS SDK draws it: endpoint,
// path, every header, and the scope of its signature. They are the same for each
// object but for key, length, digest, time and signature, and the SDK would
// work them out again for each: two thirds of what storing an object
// allocates. It is never changed.
type putDraft struct {
	url    *url.URL
	header http.Header
	// path and rawPath end where the key begins.
	path, rawPath   string
	service, region string
	signer          *v4.Signer
}

// draftIdentity signs drafts, which are never sent.
var draftIdentity = aws.Credentials{AccessKeyID: "draft", SecretAccessKey: "draft"}

// errDrawn ends the SDK's work on a draft where it would begin to send.
var errDrawn = errors.New("the request is drawn")

// unsent is an HTTP client that sends nothing.
type unsent struct{}

// Do implements s3.HTTPClient.
func (unsent) Do(*http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("%w: a draft is never sent", errGuard)
}

// drafting turns a client into one that can only draw.
func drafting(o *s3.Options) {
	o.HTTPClient = unsent{}
	o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return draftIdentity, nil })
}

// drawPut has the SDK draw a PUT with the settings of input, through the guards
// of the client, which must be drafting. It fails where this code and the SDK
// disagree about what is signed or how a key is escaped: a later SDK may.
func drawPut(ctx context.Context, client *s3.Client, input *s3.PutObjectInput) (*putDraft, error) {
	content := []byte("a draft is never sent")
	digest := sha256.Sum256(content)
	key, size, checksum := draftKey, int64(len(content)), base64.StdEncoding.EncodeToString(digest[:])
	input.Key, input.ContentLength, input.ChecksumSHA256, input.Body = &key, &size, &checksum, bytes.NewReader(content)
	var drawn *http.Request
	_, err := client.PutObject(ctx, input, func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			// Behind the guards, which stand behind the signer.
			return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("SealedDraw", func(
				_ context.Context, in middleware.FinalizeInput, _ middleware.FinalizeHandler,
			) (middleware.FinalizeOutput, middleware.Metadata, error) {
				if req, ok := in.Request.(*smithyhttp.Request); ok {
					drawn = req.Request
				}
				return middleware.FinalizeOutput{}, middleware.Metadata{}, errDrawn
			}), middleware.After)
		})
	})
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		err = operation.Err // its name says nothing here
	}
	switch {
	case errors.Is(err, errDrawn) && drawn != nil:
	case errors.Is(err, errGuard):
		return nil, err
	case ctx.Err() != nil:
		return nil, fmt.Errorf("draw a request: %w", context.Cause(ctx))
	default:
		// Nothing was asked: neither the store nor who gives credentials. It
		// fails again until the settings are others.
		var address *url.Error
		if errors.As(err, &address) {
			err = address.Err // the address itself may hold a password
		}
		return nil, fmt.Errorf("%w: the AWS SDK cannot draw it from region, bucket, endpoint and the AWS settings of this host: %s",
			errGuard, printableUpTo(err.Error(), maxDrawn))
	}
	d := &putDraft{signer: signer()}
	if err := d.take(ctx, drawn); err != nil {
		return nil, fmt.Errorf("%w: %w; this SDK draws requests in a form that this exporter does not know", errGuard, err)
	}
	return d, nil
}

// signer signs the path as it is sent (IAM user guide, "Create a canonical
// request": it is not encoded twice for Amazon S3).
func signer() *v4.Signer {
	return v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
}

// take learns the draft from a signed request.
func (d *putDraft) take(ctx context.Context, drawn *http.Request) error {
	// AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request, ...
	authorization := drawn.Header.Get(headerAuthorization)
	scope, ok := strings.CutPrefix(authorization, "AWS4-HMAC-SHA256 Credential="+draftIdentity.AccessKeyID+"/")
	if !ok {
		// SigV4A, or the session of a directory bucket.
		return errors.New("the endpoint asks for another signature than SigV4; use a general purpose bucket")
	}
	scope, _, _ = strings.Cut(scope, ",")
	parts := strings.Split(scope, "/")
	if len(parts) != 4 || parts[3] != "aws4_request" {
		return errors.New("the scope of the signature is not known")
	}
	d.region, d.service = parts[1], parts[2]

	path, plain := strings.CutSuffix(drawn.URL.Path, draftKey)
	rawPath, escaped := strings.CutSuffix(drawn.URL.EscapedPath(), escapeKey(draftKey))
	if !plain || !escaped || drawn.Method != http.MethodPut || drawn.URL.Opaque != "" || drawn.URL.User != nil || drawn.URL.Fragment != "" {
		return errors.New("the URL is not known")
	}
	if err := smithyhttp.ValidateEndpointHost(drawn.URL.Host); err != nil {
		return err
	}
	d.path, d.rawPath = path, rawPath
	d.url, d.header = drawn.URL, drawn.Header.Clone()

	// The same request, signed here, has the same signature: nothing that the
	// SDK's signer sees escapes ours.
	at, err := time.Parse(signingTime, drawn.Header.Get(headerDate))
	if err != nil {
		return fmt.Errorf("the signing time is not known: %w", err)
	}
	again := drawn.Clone(ctx)
	again.Header.Del(headerAuthorization)
	if err := d.signer.SignHTTP(ctx, draftIdentity, again, drawn.Header.Get(headerPayload), d.service, d.region, at); err != nil {
		return err
	}
	if again.Header.Get(headerAuthorization) != authorization || again.Host != drawn.Host {
		return errors.New("the signature differs")
	}
	for _, name := range objectHeaders {
		d.header.Del(name)
	}
	return nil
}

// draftedPut is what a PUT has of its own.
type draftedPut struct {
	key    string
	body   io.ReadCloser
	size   int64
	digest [sha256.Size]byte
	// at is when it is signed; zero means as it is sent.
	at time.Time
	// retain is the end of object lock retention; zero without.
	retain time.Time
}

// request is the draft with what one PUT has of its own, signed at a time. The
// SDK would draw the same, but for the headers that count its retries.
func (d *putDraft) request(ctx context.Context, p draftedPut, identity aws.Credentials, at time.Time) (*http.Request, error) {
	address := *d.url
	address.Path = d.path + p.key
	address.RawPath = d.rawPath + escapeKey(p.key)
	// One allocation for the values of all headers below.
	values := [...]string{base64.StdEncoding.EncodeToString(p.digest[:]), unsignedPayload, "100-continue", ""}
	header := d.header.Clone()
	header[headerChecksum] = values[0:1:1]
	header[headerPayload] = values[1:2:2]
	if p.size >= expectBytes {
		header[headerExpect] = values[2:3:3]
	}
	if !p.retain.IsZero() {
		values[3] = p.retain.UTC().Format(time.RFC3339)
		header[headerRetain] = values[3:4:4]
	}
	request := (&http.Request{
		Method: http.MethodPut, URL: &address, Header: header, Body: p.body, ContentLength: p.size,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	if err := d.signer.SignHTTP(ctx, identity, request, unsignedPayload, d.service, d.region, at); err != nil {
		return nil, fmt.Errorf("sign a request: %w", err)
	}
	return request, nil
}

// escapeKey escapes an object's key for the path of a URL as S3 signs it:
// everything but letters, digits, '-', '.', '_', '~' and the slash (IAM user
// guide, "Create a canonical request", UriEncode).
func escapeKey(key string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(key) + 2*strings.Count(key, "="))
	for i := range len(key) {
		c := key[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
