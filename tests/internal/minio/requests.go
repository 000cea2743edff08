package minio

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// CountRequests is the environment of a server that [Server.Writes] can ask.
const CountRequests = "MINIO_PROMETHEUS_AUTH_TYPE=public"

// writeRequests are the requests that make S3 call KMS under SSE-KMS: the PUT of
// an object, and the start, each part and the completion of a multi-part upload
// (S3 user guide, "Multipart upload API and permissions").
var writeRequests = []string{"putobject", "newmultipartupload", "putobjectpart", "completemultipartupload"}

// Writes is how many requests of each kind the server has counted that make S3
// call KMS. It is about the server's whole run.
func (s *Server) Writes(ctx context.Context) (map[string]int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Endpoint+"/minio/v2/metrics/cluster", nil)
	if err != nil {
		return nil, err
	}
	transport := s.transport()
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("metrics of the store: %w", err)
	}
	defer response.Body.Close() // read to its end below
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("metrics of the store: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("metrics of the store: %s; start it with %s", response.Status, CountRequests)
	}
	counts := make(map[string]int)
	for line := range strings.Lines(string(text)) {
		labels, ok := strings.CutPrefix(line, "minio_s3_requests_total{")
		if !ok {
			continue
		}
		for _, api := range writeRequests {
			if !strings.Contains(labels, `api="`+api+`"`) {
				continue
			}
			fields := strings.Fields(labels)
			n, err := strconv.ParseFloat(fields[len(fields)-1], 64)
			if err != nil {
				return nil, fmt.Errorf("metrics of the store: %q: %w", line, err)
			}
			counts[api] += int(n)
		}
	}
	return counts, nil
}
