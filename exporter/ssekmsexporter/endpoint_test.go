package ssekmsexporter

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/auth"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is remembered is what the SDK's rules say, and nothing that a request
// does to its endpoint reaches the next one.
func TestPutEndpointIsTheSDKs(t *testing.T) {
	t.Parallel()
	rules := s3.NewDefaultEndpointResolverV2()
	for name, params := range map[string]s3.EndpointParameters{
		"virtual host": {Bucket: aws.String("archive"), Region: aws.String("eu-west-1")},
		"path":         {Bucket: aws.String("archive"), Region: aws.String("eu-west-1"), ForcePathStyle: aws.Bool(true)},
		"private":      {Bucket: aws.String("archive"), Region: aws.String("eu-west-1"), Endpoint: aws.String("https://store.example:9000"), ForcePathStyle: aws.Bool(true)},
		"fips":         {Bucket: aws.String("archive"), Region: aws.String("us-gov-west-1"), UseFIPS: aws.Bool(true)},
	} {
		params = params.WithDefaults()
		want, err := rules.ResolveEndpoint(t.Context(), params)
		require.NoError(t, err, name)
		wanted, _ := auth.GetAuthOptions(&want.Properties)
		require.NotEmpty(t, wanted, name)

		p := &putEndpoint{next: rules}
		put := middleware.WithOperationName(t.Context(), "PutObject")
		for range 3 {
			got, err := p.ResolveEndpoint(put, params)
			require.NoError(t, err, name)
			assert.Equal(t, want.URI, got.URI, name)
			assert.Equal(t, want.Headers, got.Headers, name)
			options, _ := auth.GetAuthOptions(&got.Properties)
			assert.Equal(t, wanted, options, name)
			// As the SDK does.
			options[0].SignerProperties.Set("of", "this request")
			got.Properties.Set("of", "this request")
			got.URI.Host = "else.example"
		}
	}
	_, err := (&putEndpoint{next: rules}).ResolveEndpoint(middleware.WithOperationName(t.Context(), "PutObject"), s3.EndpointParameters{})
	require.Error(t, err, "the rules need a region")
}
