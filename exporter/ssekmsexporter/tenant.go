package ssekmsexporter

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"

	"go.opentelemetry.io/collector/client"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

const (
	// tenantOverflow takes every resource without an allowed tenant. It is not
	// a value that an allowed tenant can have: see newTenants.
	tenantOverflow = "_other"

	// tenantMetadata carries the tenant from the split, before the queue, to
	// the put behind it; the persistent queue stores it beside the batch. A
	// client that sends a header of this name has it overwritten.
	tenantMetadata = "sealed-internal-s3-tenant"

	maxTenants     = 1000
	maxTenantBytes = 255
)

// tenantChars is what may become part of an object key, whatever `allow` says:
// a pattern like ".*" must not let telemetry write "../" or a slash.
var tenantChars = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// tenants decides the sub-prefix of a resource.
type tenants struct {
	attribute string
	allow     []*regexp.Regexp
	limit     int

	// mu guards everything declared below.
	mu sync.Mutex
	// seen holds the tenants that have a sub-prefix; it never grows past limit,
	// so telemetry cannot open prefixes without end.
	seen map[string]struct{}
}

func newTenants(cfg TenantConfig) (*tenants, error) {
	t := &tenants{attribute: cfg.Attribute, limit: cfg.MaxTenants, seen: make(map[string]struct{})}
	if cfg.Attribute == "" {
		return nil, errors.New("attribute: must name a resource attribute")
	}
	if len(cfg.Allow) == 0 {
		return nil, errors.New("allow: must hold at least one pattern")
	}
	if cfg.MaxTenants < 1 || cfg.MaxTenants > maxTenants {
		return nil, fmt.Errorf("max_tenants: must be between 1 and %d", maxTenants)
	}
	for i, pattern := range cfg.Allow {
		re, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
		if err != nil {
			return nil, fmt.Errorf("allow::%d: is not a regular expression", i)
		}
		t.allow = append(t.allow, re)
	}
	return t, nil
}

// of returns the tenant of a resource, or tenantOverflow.
func (t *tenants) of(resource pcommon.Resource) string {
	v, ok := resource.Attributes().Get(t.attribute)
	if !ok || v.Type() != pcommon.ValueTypeStr {
		return tenantOverflow
	}
	name := v.Str()
	if len(name) > maxTenantBytes || !tenantChars.MatchString(name) || !t.allowed(name) {
		return tenantOverflow
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.seen[name]; ok {
		return name
	}
	if len(t.seen) >= t.limit {
		return tenantOverflow
	}
	// The string is cloned out of the pdata by the map key's own lifetime: pdata
	// may be pooled and its bytes reused, so keep a copy.
	name = string(append([]byte(nil), name...))
	t.seen[name] = struct{}{}
	return name
}

func (t *tenants) allowed(name string) bool {
	for _, re := range t.allow {
		if re.MatchString(name) {
			return true
		}
	}
	return false
}

// withTenant puts the tenant where the partitioner and the put find it, and
// drops every value a client may have sent under that name.
func withTenant(ctx context.Context, tenant string) context.Context {
	info := client.FromContext(ctx)
	md := make(map[string][]string)
	for k := range info.Metadata.Keys() {
		md[k] = info.Metadata.Get(k)
	}
	md[tenantMetadata] = []string{tenant}
	info.Metadata = client.NewMetadata(md)
	return client.NewContext(ctx, info)
}

// tenantFrom reads what withTenant wrote. A context without it is one of a
// queue filled before tenants were configured.
func tenantFrom(ctx context.Context) string {
	v := client.FromContext(ctx).Metadata.Get(tenantMetadata)
	if len(v) != 1 || (v[0] != tenantOverflow && !tenantChars.MatchString(v[0])) {
		return tenantOverflow
	}
	return v[0]
}

// refusals are what the queues of several tenants answered to one batch.
type refusals struct{ retry, permanent []error }

// add reports whether a tenant's telemetry has to be sent once more.
func (r *refusals) add(err error) bool {
	switch {
	case err == nil:
		return false
	case consumererror.IsPermanent(err):
		r.permanent = append(r.permanent, err)
		return false
	default:
		r.retry = append(r.retry, err)
		return true
	}
}

// err is permanent only if nothing is to be sent once more: a permanent error
// among others would make the sender drop what the others can still store. What
// was dropped for good was counted and logged then.
func (r *refusals) err() error {
	if len(r.retry) > 0 {
		return errors.Join(r.retry...)
	}
	return errors.Join(r.permanent...)
}
