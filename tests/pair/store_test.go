package pair

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
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

// writes is how many requests the server has counted that make S3 call KMS
// under SSE-KMS: each PUT of an object, and each create, part and completion
// of a multi-part upload (S3 user guide, "Multipart upload API and
// permissions").
func writes(ctx context.Context, server *minio.Server) (map[string]int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.Endpoint+"/minio/v2/metrics/cluster", nil)
	if err != nil {
		return nil, err
	}
	response, err := server.Root().Options().HTTPClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() // read to its end below
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("metrics of the store: %s: %w", response.Status, err)
	}
	counts := make(map[string]int)
	for line := range strings.Lines(string(text)) {
		rest, ok := strings.CutPrefix(line, "minio_s3_requests_total{")
		if !ok {
			continue
		}
		for _, api := range []string{"putobject", "newmultipartupload", "putobjectpart", "completemultipartupload"} {
			if strings.Contains(rest, `api="`+api+`"`) {
				fields := strings.Fields(rest)
				n, err := strconv.ParseFloat(fields[len(fields)-1], 64)
				if err != nil {
					return nil, fmt.Errorf("metrics of the store: %q: %w", line, err)
				}
				counts[api] += int(n)
			}
		}
	}
	return counts, nil
}
