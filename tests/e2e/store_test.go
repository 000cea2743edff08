package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sealed-otel/otelcol-sealed/tests/internal/collector"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/minio"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/planted"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/quickstart"
	"github.com/sealed-otel/otelcol-sealed/tests/internal/sender"
)

// storeFor is a store as the quick start reaches it, with an identity that may
// put anything: what must be refused has to be refused by the collector.
func storeFor(ctx context.Context, t *testing.T, server *minio.Server, key string) quickstart.Store {
	t.Helper()
	identity, err := server.AssumeRole(ctx, map[string]any{
		"Version": "2012-10-17",
		"Statement": []any{map[string]any{
			"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::" + server.Bucket + "/*",
		}},
	})
	require.NoError(t, err)
	return quickstart.Store{
		Endpoint: server.Endpoint, Bucket: server.Bucket, CAFile: server.CAFile, Key: key, Identity: identity,
	}
}

// TestStoreThatDoesNotKeepTheKey: a store that answers, but not with the key,
// is a reason not to start.
func TestStoreThatDoesNotKeepTheKey(t *testing.T) {
	t.Parallel()
	requireBinary(t)
	for name, c := range map[string]struct {
		noKMS bool
		key   string
	}{
		"another key":  {key: "arn:aws:kms:another"},
		"store no KMS": {noKMS: true, key: minio.KeyARN},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			server := startStore(ctx, t, minio.Options{NoKMS: c.noKMS})
			site, err := quickstart.New(t.TempDir())
			require.NoError(t, err)
			code, output, err := collector.Run(ctx, site.Options(storeFor(ctx, t, server, c.key)))
			require.NoError(t, err)
			assert.Equal(t, 1, code, output)
			_, message, _ := strings.Cut(output, "Error: ")
			assert.Contains(t, message, "s3_sse_kms")
			t.Log(strings.TrimSpace(message))

			list, err := server.Root().ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(server.Bucket)})
			require.NoError(t, err)
			assert.Empty(t, list.Contents, "nothing was written")
		})
	}
}

// TestUnreachableStoreHoldsData: an outage at start is no reason to refuse.
// What arrives is acknowledged and waits in the spool, over a restart too. The
// spool key is made by sealctl here, as the quick start says.
func TestUnreachableStoreHoldsData(t *testing.T) {
	t.Parallel()
	requireBinary(t)
	site, err := quickstart.New(t.TempDir())
	require.NoError(t, err)
	keygen(t, site.Key)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c, err := collector.Start(ctx, site.Options(quickstart.Nowhere(filepath.Join(site.TLS, "ca.crt"))))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Kill()) })

	set, err := planted.New(2)
	require.NoError(t, err)
	ledger := sender.NewLedger()
	s, err := sender.New(sender.Options{
		Address: site.GRPC, TLS: site.Authority.ClientTLS(site.Client), Planted: set, Ledger: ledger, Run: "hold", Batch: 10,
	})
	require.NoError(t, err)
	s.Start()
	require.NoError(t, await(ctx, time.Minute, func() bool { return ledger.Total() > 300 }))
	require.NoError(t, s.Stop(ctx))
	require.Empty(t, ledger.Refused())
	require.NoError(t, c.Stop(), "an outage does not keep it from ending")
	require.NoError(t, c.Again(ctx), "nor from starting again")
	page, err := c.Scrape(ctx)
	require.NoError(t, err)
	assert.Contains(t, string(page), "otelcol_exporter_queue_size")
}

// keygen replaces the site's key by one of sealctl, where it is built.
func keygen(t *testing.T, path string) {
	t.Helper()
	binary, err := collector.FindBinary("SEALCTL_BIN", "sealctl", collector.ErrNotBuilt)
	if errors.Is(err, collector.ErrNotBuilt) {
		t.Log("sealctl is not built; a key of the test's own is used")
		return
	}
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	output, err := exec.Command(binary, "spool", "keygen", "-o", path).CombinedOutput()
	require.NoError(t, err, string(output))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}
