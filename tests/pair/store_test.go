package pair

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/archive"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

// stored is what lies below a prefix.
type stored struct {
	spans, objects int
	bytes          int64
}

// awaitStored reads each new object once, until the spans are all there.
func awaitStored(ctx context.Context, server *minio.Server, prefix string, spans int) (stored, error) {
	client := server.Root()
	seen := make(map[string]bool)
	var total stored
	for {
		pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: aws.String(server.Bucket), Prefix: aws.String(prefix)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return total, fmt.Errorf("list: %w", err)
			}
			for _, entry := range page.Contents {
				key := aws.ToString(entry.Key)
				if seen[key] || archive.SignalOf(key) == "" {
					continue
				}
				seen[key] = true
				items, err := count(ctx, client, server.Bucket, key)
				if err != nil {
					return total, fmt.Errorf("%s: %w", key, err)
				}
				total.spans += items
				total.objects++
				total.bytes += aws.ToInt64(entry.Size)
			}
		}
		if total.spans >= spans {
			return total, nil
		}
		select {
		case <-ctx.Done():
			return total, fmt.Errorf("%d of %d spans are stored: %w", total.spans, spans, context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func count(ctx context.Context, client *s3.Client, bucket, key string) (int, error) {
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return 0, err
	}
	defer out.Body.Close() // read to its end below
	packed, err := io.ReadAll(out.Body)
	if err != nil {
		return 0, err
	}
	content, err := archive.Unpack(packed)
	if err != nil {
		return 0, err
	}
	decoded, err := archive.Decode(sender.Traces, content)
	return decoded.Items, err
}
