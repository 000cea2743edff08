package ssekmsexporter

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sealed-otel/otelcol-sealed/exporter/ssekmsexporter/internal/s3stub"
)

func tenantConfig(stub *s3stub.Server, maxTenants int) *Config {
	cfg := stubConfig(stub)
	cfg.Tenant = configoptional.Some(TenantConfig{Attribute: "tenant.id", Allow: []string{"[a-z0-9-]{1,63}"}, MaxTenants: maxTenants})
	cfg.Queue.Get().Batch.Get().MinSize = 32 << 20
	cfg.Queue.Get().Batch.Get().FlushTimeout = 100 * time.Millisecond
	return cfg
}

// tenantTraces holds one resource, with one span, for each tenant.
func tenantTraces(tenants ...string) ptrace.Traces {
	td := ptrace.NewTraces()
	for _, name := range tenants {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("tenant.id", name)
		span := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(testTime))
	}
	return td
}

// tenantsByFolder reads which tenants the objects below each sub-prefix hold.
func tenantsByFolder(t *testing.T, stub *s3stub.Server) map[string]map[string]int {
	t.Helper()
	got := make(map[string]map[string]int)
	for key, o := range stub.Objects() {
		folder := strings.Split(key, "/")[1]
		if got[folder] == nil {
			got[folder] = make(map[string]int)
		}
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(unpack(t, key, o.Body))
		require.NoError(t, err)
		for _, rs := range td.ResourceSpans().All() {
			name, _ := rs.Resource().Attributes().Get("tenant.id")
			got[folder][name.AsString()] += rs.ScopeSpans().At(0).Spans().Len()
		}
	}
	return got
}

// Tenants are split before the queue: although it batches, no object holds two.
func TestBatchesNeverMixTenants(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, tenantConfig(stub, 32))
	for range 10 {
		require.NoError(t, r.traces.ConsumeTraces(t.Context(), tenantTraces("acme", "globex", "acme")))
	}
	eventually(t, "all is stored", func() bool {
		got := tenantsByFolder(t, stub)
		return got["acme"]["acme"] == 20 && got["globex"]["globex"] == 10
	})
	for folder, names := range tenantsByFolder(t, stub) {
		assert.Len(t, names, 1, folder)
	}
	assert.Less(t, len(stub.Objects()), 20, "the queue did not batch")
}

// Telemetry that tries to leave its place ends in _other: it chooses neither
// bucket nor prefix.
// A tenant whose telemetry is dropped for good does not take along another's that
// waits for the store: without a queue the sender is told to send that one again.
func TestDropOfOneTenantLeavesTheOthers(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	cfg := tenantConfig(stub, 8)
	cfg.Queue = configoptional.None[exporterhelper.QueueBatchConfig]()
	r := encodingRigWith(t, cfg, encoding{failFor: "broken"})
	require.NoError(t, r.traces.Start(t.Context(), r.host))
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusBadRequest, "InvalidArgument") })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	td := tenantTraces("broken", "sound")
	answer := make(chan error, 1)
	go func() { answer <- r.traces.ConsumeTraces(ctx, td) }()
	eventually(t, "the sound one is held", func() bool { return r.sum(t, "s3_sse_kms_held_batches") == 1 })
	cancel()
	err := <-answer
	require.Error(t, err)
	assert.False(t, consumererror.IsPermanent(err), "%v", err)
	assert.EqualValues(t, 1, r.sum(t, "s3_sse_kms_dropped_records"))
	require.Equal(t, 1, td.ResourceSpans().Len(), "what is sent again")
	name, _ := td.ResourceSpans().At(0).Resource().Attributes().Get("tenant.id")
	assert.Equal(t, "sound", name.Str())

	// Nothing but what is broken: the sender need not come again.
	err = r.traces.ConsumeTraces(t.Context(), tenantTraces("broken"))
	assert.True(t, consumererror.IsPermanent(err), "%v", err)
}

func TestHostileTenants(t *testing.T) {
	t.Parallel()
	hostile := []string{
		"", "..", "../x", "a/b", "/etc", "a\x00b", "a\nb", "_other", "_canary", "ACME", "%2e%2e", "a b", "ä", ".", "-a..",
		strings.Repeat("a", 64), strings.Repeat("a", 1<<20),
	}
	stub := s3stub.New(t)
	r := startRig(t, tenantConfig(stub, 32))
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), tenantTraces(append(hostile, "good")...)))
	eventually(t, "all is stored", func() bool { return len(stub.Objects()) >= 2 })
	for key := range stub.Objects() {
		assert.True(t, strings.HasPrefix(key, "traces/_other/year=2026/") || strings.HasPrefix(key, "traces/good/year=2026/"), key)
	}
	assert.Positive(t, r.sum(t, "s3_sse_kms_tenant_overflow"))
}

// However permissive `allow` is, a tenant stays one path segment.
func TestPermissivePatternStaysInItsPrefix(t *testing.T) {
	t.Parallel()
	tenants, err := newTenants(TenantConfig{Attribute: "t", Allow: []string{"(?s).*"}, MaxTenants: 5})
	require.NoError(t, err)
	for _, name := range []string{"..", ".", "a/b", "../a", "_other", "a\nb", "", "%2F"} {
		resource := pcommon.NewResource()
		resource.Attributes().PutStr("t", name)
		assert.Equal(t, tenantOverflow, tenants.of(resource), "%q", name)
	}
}

func TestMaxTenantsOverflows(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, tenantConfig(stub, 2))
	var names []string
	for i := range 50 {
		names = append(names, fmt.Sprintf("t%d", i))
	}
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), tenantTraces(names...)))
	eventually(t, "all is stored", func() bool {
		got := tenantsByFolder(t, stub)
		return len(got["_other"]) == 48 && len(got["t0"]) == 1 && len(got["t1"]) == 1
	})
	assert.Len(t, tenantsByFolder(t, stub), 3)
}

// Ten thousand tenants open no more prefixes, and are remembered no more, than
// max_tenants allows; nothing of them is lost.
func TestTenThousandTenants(t *testing.T) {
	t.Parallel()
	const many, limit = 10_000, 32
	stub := s3stub.New(t)
	r := startRig(t, tenantConfig(stub, limit))
	for part := range 10 {
		var names []string
		for i := range many / 10 {
			names = append(names, fmt.Sprintf("tenant-%d", part*many/10+i))
		}
		require.NoError(t, r.traces.ConsumeTraces(t.Context(), tenantTraces(names...)))
	}
	spans := func() (n int) {
		for _, names := range tenantsByFolder(t, stub) {
			for _, count := range names {
				n += count
			}
		}
		return n
	}
	eventually(t, "all is stored", func() bool { return spans() == many })
	assert.Len(t, tenantsByFolder(t, stub), limit+1)
	assert.Len(t, r.engine.tenants.seen, limit)
}

// A client cannot send the tenant itself, and its other metadata stays.
func TestIncomingTenantMetadataIsOverwritten(t *testing.T) {
	t.Parallel()
	ctx := client.NewContext(context.Background(), client.Info{Metadata: client.NewMetadata(map[string][]string{
		tenantMetadata: {"forged"}, "other": {"kept"},
	})})
	got := withTenant(ctx, "acme")
	assert.Equal(t, "acme", tenantFrom(got))
	assert.Equal(t, []string{"kept"}, client.FromContext(got).Metadata.Get("other"))
	assert.Equal(t, tenantOverflow, tenantFrom(context.Background()))
	assert.Equal(t, "acme", tenantFrom(mergeTenant(got, ctx)))
}

// Without tenant settings an attribute has no say at all.
func TestTelemetryChoosesNoPrefixWithoutTenants(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	r := startRig(t, stubConfig(stub))
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), tenantTraces("../../else")))
	eventually(t, "stored", func() bool { return len(stub.Objects()) == 1 })
	for key := range stub.Objects() {
		assert.Regexp(t, `^traces/year=2026/month=03/day=04/hour=05/minute=06/traces_[0-9a-f]{64}\.binpb\.zst$`, key)
	}
}

// A persistent queue keeps the tenant over a restart.
func TestTenantSurvivesARestart(t *testing.T) {
	t.Parallel()
	stub := s3stub.New(t)
	d := newDisk()
	r := diskRig(t, tenantConfig(stub, 32), d)
	r.start(t)
	stub.Script(func(*s3stub.Put) s3stub.Answer { return s3stub.Fails(http.StatusForbidden, "AccessDenied") })
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), tenantTraces("acme")))
	eventually(t, "the breaker opens", r.open)
	// Only now: a PUT that the hold cancels may reach the store late, be stored
	// there, and be rightly written a second time.
	require.NoError(t, r.traces.ConsumeTraces(t.Context(), tenantTraces("globex", "..")))
	r.stop(t)
	stub.Script(nil)
	again := diskRig(t, tenantConfig(stub, 32), d)
	again.start(t)
	eventually(t, "all is stored", func() bool { return len(stub.Objects()) >= 3 })
	assert.Equal(t, map[string]map[string]int{"acme": {"acme": 1}, "globex": {"globex": 1}, "_other": {"..": 1}}, tenantsByFolder(t, stub))
}
