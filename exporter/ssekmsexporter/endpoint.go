package ssekmsexporter

import (
	"context"
	"sync/atomic"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyendpoints "github.com/aws/smithy-go/endpoints"
	"github.com/aws/smithy-go/middleware"
)

// putEndpoint resolves the endpoint of PutObject once. The SDK runs its rules
// twice for each request; here bucket, region and every option that the rules
// look at are the same for each object, except for its key, which they use for
// directory buckets alone.
type putEndpoint struct {
	next  s3.EndpointResolverV2
	known atomic.Pointer[smithyendpoints.Endpoint]
}

// ResolveEndpoint implements s3.EndpointResolverV2.
func (p *putEndpoint) ResolveEndpoint(ctx context.Context, params s3.EndpointParameters) (smithyendpoints.Endpoint, error) {
	if awsmiddleware.GetOperationName(ctx) != "PutObject" {
		return p.next.ResolveEndpoint(ctx, params)
	}
	if known := p.known.Load(); known != nil {
		return *known, nil
	}
	endpoint, err := p.next.ResolveEndpoint(ctx, params)
	if err == nil {
		p.known.Store(&endpoint)
	}
	return endpoint, err
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
