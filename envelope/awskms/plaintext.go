package awskms

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// errPlaintext: a request would have left over http.
var errPlaintext = errors.New("refused to send a request over plain http; keys would travel in clear")

// encrypted reports whether u is https, or http to a loopback address.
func encrypted(u *url.URL) bool {
	if u.Scheme == "https" {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && err == nil && ip.IsLoopback()
}

// refusePlaintext looks at every request just before it is sent. Settings are
// validated before, but AWS_ENDPOINT_URL and the shared configuration file can
// name an endpoint as well.
func refusePlaintext(stack *middleware.Stack) error {
	return stack.Deserialize.Add(plaintextGuard{"RefusePlaintext", nil}, middleware.After)
}

// refusePlaintextCredentials is for the clients that the SDK makes itself to get
// credentials: the token of a web identity is a secret, and so is what it is
// exchanged for. The instance metadata service, and the credential endpoint of
// containers, which has no service id and whose host the SDK checks, answer on the
// host itself and know http only.
func refusePlaintextCredentials(stack *middleware.Stack) error {
	return stack.Deserialize.Add(plaintextGuard{"RefusePlaintextCredentials", []string{"ec2imds", ""}}, middleware.After)
}

// plaintextGuard refuses requests over http but for those of the exempt services.
type plaintextGuard struct {
	id     string
	exempt []string
}

func (g plaintextGuard) ID() string { return g.id }

func (g plaintextGuard) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	request, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return middleware.DeserializeOutput{}, middleware.Metadata{}, fmt.Errorf("unknown transport %T", in.Request)
	}
	if !encrypted(request.URL) && !slices.Contains(g.exempt, awsmiddleware.GetServiceID(ctx)) {
		return middleware.DeserializeOutput{}, middleware.Metadata{}, fmt.Errorf("%w (endpoint %s)", errPlaintext, request.URL.Redacted())
	}
	return next.HandleDeserialize(ctx, in)
}
