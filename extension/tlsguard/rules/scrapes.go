package rules

import (
	"strconv"
	"strings"
)

// plainKey makes the two spellings of Prometheus settings equal. Users write
// scrape_configs; its configuration types carry yaml tags only, so that the
// effective configuration says scrapeconfigs.
func plainKey(key string) string {
	return strings.ToLower(strings.ReplaceAll(key, "_", ""))
}

func looseGet(m map[string]any, key string) (any, bool) {
	want := plainKey(key)
	for _, name := range sortedKeys(m) {
		if plainKey(name) == want && m[name] != nil {
			return m[name], true
		}
	}
	return nil, false
}

func looseMap(m map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		value, ok := looseGet(m, key)
		if !ok {
			return nil
		}
		m, _ = asMap(value)
	}
	return m
}

func looseString(m map[string]any, key string) string {
	value, ok := looseGet(m, key)
	if !ok {
		return ""
	}
	return stringAt(map[string]any{"": value}, "")
}

func looseList(m map[string]any, key string) []any {
	value, _ := looseGet(m, key)
	return listAt(map[string]any{"": value}, "")
}

// client returns the HTTP client settings of a scrape or a discovery: inline
// as users write them, or below HTTPClientConfig as the effective
// configuration shows them.
func scrapeClient(job map[string]any) map[string]any {
	if nested := looseMap(job, "http_client_config"); nested != nil {
		return nested
	}
	return job
}

// scrapeJob is one entry of scrape_configs.
type scrapeJob struct {
	path string
	// body holds what the job says of its targets, client how it reaches them.
	body, client map[string]any
}

func scrapeJobs(c component) []scrapeJob {
	var out []scrapeJob
	for i, item := range looseList(looseMap(c.body, "config"), "scrape_configs") {
		if job, ok := asMap(item); ok {
			out = append(out, scrapeJob{c.path("config", "scrape_configs", strconv.Itoa(i)), job, scrapeClient(job)})
		}
	}
	return out
}

// checkScrapes is TG007 for the prometheus receiver, whose scheme is http by
// default and whose jobs the types of the collector do not describe.
func (ctx *verdict) checkScrapes(c component) {
	if len(looseList(looseMap(c.body, "config"), "scrape_config_files")) > 0 {
		// Files are read after the check, and may change without one.
		ctx.add("TG007", Error, c.path("config", "scrape_config_files"), "scrapes from files that nobody checks", "write the jobs into scrape_configs")
	}
	if mapAt(c.body, "target_allocator") != nil {
		// The allocator hands out whole jobs, scheme and all, at run time.
		ctx.add("TG007", Error, c.path("target_allocator"), "takes scrape jobs at run time that nobody checks", "write the jobs into scrape_configs, or exempt it with a reason and an end")
	}
	for _, job := range scrapeJobs(c) {
		ctx.checkDiscovery(job)
		ctx.checkTokenSource(job)
		ctx.checkProxy(ModeEnforce, "TG007", Path(job.path, "proxy_url"), looseString(job.client, "proxy_url"))
		ctx.checkProxy(ModeEnforce, "TG007", Path(job.path, "oauth2", "proxy_url"), looseString(looseMap(job.client, "oauth2"), "proxy_url"))
		for _, use := range promTLSUses(job.path, job.body, 0) {
			if boolAt(use.settings, "insecure_skip_verify") {
				ctx.add("TG007", Error, Path(use.path, "insecure_skip_verify"), "does not verify whom it scrapes", "remove insecure_skip_verify and set ca_file")
			}
			ctx.checkClientTLS(ModeEnforce, use.path, use.settings)
		}
		if strings.ToLower(looseString(job.body, "scheme")) == "https" {
			ctx.checkScheme(job)
			continue
		}
		if ctx.targetsLocal(job.body) {
			continue
		}
		ctx.add("TG007", Error, Path(job.path, "scheme"), "scrapes over plaintext", "set scheme: https and tls_config.ca_file")
		for _, key := range []string{"basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"} {
			if value, ok := looseGet(job.client, key); ok && value != "" {
				ctx.add("TG009", Error, Path(job.path, key), "sends credentials over plaintext", "set scheme: https")
			}
		}
	}
}

// checkTokenSource catches a client secret that goes to the token endpoint in
// clear, whatever the scheme of the scrape.
func (ctx *verdict) checkTokenSource(job scrapeJob) {
	to := parseAddress(looseString(looseMap(job.client, "oauth2"), "token_url"), "")
	if to.plainScheme() && !to.local(ctx.input.Environment, ctx.policy.Allow) {
		ctx.add("TG009", Error, Path(job.path, "oauth2", "token_url"), "sends credentials over plaintext", "use an https token_url")
	}
}

// promTLS maps the names of Prometheus for TLS versions to configtls's.
var promTLS = map[string]string{"TLS10": "1.0", "TLS11": "1.1", "TLS12": "1.2", "TLS13": "1.3"}

// maxPromDepth stops at a configuration that nests without end.
const maxPromDepth = 16

// promTLSUses lists every tls_config at or below a section: the job's own,
// those of its token source and of its service discoveries.
func promTLSUses(path string, section map[string]any, depth int) []tlsUse {
	if depth > maxPromDepth {
		return nil
	}
	var out []tlsUse
	for _, key := range sortedKeys(section) {
		value, at := section[key], Path(path, key)
		switch plainKey(key) {
		case "tlsconfig":
			written, ok := asMap(value)
			if !ok {
				continue
			}
			settings := make(map[string]any)
			for _, name := range []string{"ca_file", "cert_file", "key_file", "insecure_skip_verify", "min_version", "max_version"} {
				if value, ok := looseGet(written, name); ok && value != "" {
					settings[name] = value
				}
			}
			for _, name := range []string{"min_version", "max_version"} {
				if version, ok := promTLS[stringAt(settings, name)]; ok {
					settings[name] = version
				}
			}
			out = append(out, tlsUse{Path(path, "tls_config"), settings, false})
			continue
		case "httpclientconfig":
			at = path
		}
		if below, ok := asMap(value); ok {
			out = append(out, promTLSUses(at, below, depth+1)...)
			continue
		}
		for i, item := range listAt(section, key) {
			if below, ok := asMap(item); ok {
				out = append(out, promTLSUses(Path(at, strconv.Itoa(i)), below, depth+1)...)
			}
		}
	}
	return out
}

// targetsLocal is true when every target is static and stays on the host.
func (ctx *verdict) targetsLocal(job map[string]any) bool {
	if !ctx.policy.Allow.LoopbackPlaintext || movesTargets(job) {
		return false
	}
	for _, key := range sortedKeys(job) {
		name := plainKey(key)
		if strings.HasSuffix(name, "sdconfigs") && len(listAt(job, key)) > 0 {
			return false
		}
	}
	groups := looseList(job, "static_configs")
	for _, discovery := range looseList(job, "service_discovery_configs") {
		switch typed := discovery.(type) {
		case []any:
			groups = append(groups, typed...)
		default:
			groups = append(groups, discovery)
		}
	}
	seen := false
	for _, item := range groups {
		group, ok := asMap(item)
		if !ok {
			return false
		}
		targets := looseList(group, "targets")
		if len(targets) == 0 {
			return false
		}
		for _, target := range targets {
			text, ok := target.(string)
			if labels, isMap := asMap(target); isMap {
				text, ok = labels["__address__"].(string)
			}
			if !ok || !parseAddress(text, "").loopback(ctx.input.Environment) {
				return false
			}
			seen = true
		}
	}
	return seen
}
