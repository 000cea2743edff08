package ssekmsexporter

import (
	"context"
	"sync/atomic"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/auth"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
	"github.com/aws/smithy-go/middleware"
)

// putEndpoint resolves the endpoint of PutObject once. The SDK runs its rules
// twice for each request; here bucket, region and every option that the rules
// look at are the same for each object, except for its key, which they use for
// directory buckets alone.
type putEndpoint struct {
	next  s3.EndpointResolverV2
	known atomic.Pointer[resolved]
}

// resolved is an endpoint that nobody else holds. It is never changed.
type resolved struct {
	endpoint smithyendpoints.Endpoint
	options  []*auth.Option
}

// ResolveEndpoint implements s3.EndpointResolverV2.
func (p *putEndpoint) ResolveEndpoint(ctx context.Context, params s3.EndpointParameters) (smithyendpoints.Endpoint, error) {
	if awsmiddleware.GetOperationName(ctx) != "PutObject" {
		return p.next.ResolveEndpoint(ctx, params)
	}
	if known := p.known.Load(); known != nil {
		return known.copied(), nil
	}
	endpoint, err := p.next.ResolveEndpoint(ctx, params)
	if err != nil {
		return endpoint, err
	}
	known := &resolved{endpoint: endpoint}
	known.options, _ = auth.GetAuthOptions(&endpoint.Properties)
	p.known.Store(known)
	return known.copied(), nil
}

// copied shares nothing that can change: the SDK writes into the options of the
// endpoint that it is given, and uploads run side by side.
func (r *resolved) copied() smithyendpoints.Endpoint {
	endpoint := smithyendpoints.Endpoint{URI: r.endpoint.URI, Headers: r.endpoint.Headers.Clone()}
	endpoint.Properties.SetAll(&r.endpoint.Properties)
	if r.options == nil {
		return endpoint
	}
	options := make([]*auth.Option, len(r.options))
	for i, option := range r.options {
		options[i] = &auth.Option{SchemeID: option.SchemeID}
		options[i].IdentityProperties.SetAll(&option.IdentityProperties)
		options[i].SignerProperties.SetAll(&option.SignerProperties)
	}
	auth.SetAuthOptions(&endpoint.Properties, options)
	return endpoint
}

// dropUserAgentFeatures takes out the step that searches each request for
// checksums in order to name them in the User-Agent header.
func dropUserAgentFeatures(stack *middleware.Stack) error {
	const id = "AWSChecksum:RequestMetricsTracking"
	if _, ok := stack.Build.Get(id); ok {
		_, err := stack.Build.Remove(id)
		return err
	}
	return nil
}
