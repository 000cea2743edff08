package awskms

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"

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
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("RefusePlaintext", func(
		ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler,
	) (middleware.DeserializeOutput, middleware.Metadata, error) {
		request, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return middleware.DeserializeOutput{}, middleware.Metadata{}, fmt.Errorf("unknown transport %T", in.Request)
		}
		if !encrypted(request.URL) {
			return middleware.DeserializeOutput{}, middleware.Metadata{}, fmt.Errorf("%w (endpoint %s)", errPlaintext, request.URL.Redacted())
		}
		return next.HandleDeserialize(ctx, in)
	}), middleware.After)
}
