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

func looseBool(m map[string]any, key string) bool {
	value, _ := looseGet(m, key)
	return boolAt(map[string]any{"": value}, "")
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

// checkScrapes is TG007 for the prometheus receiver, whose scheme is http by
// default and whose jobs the types of the collector do not describe.
func (ctx *verdict) checkScrapes(c component) {
	settings := looseMap(c.body, "config")
	if len(looseList(settings, "scrape_config_files")) > 0 {
		// Files are read after the check, and may change without one.
		ctx.add("TG007", Error, c.path("config", "scrape_config_files"), "scrapes from files that nobody checks", "write the jobs into scrape_configs")
	}
	jobs := looseList(settings, "scrape_configs")
	for i, item := range jobs {
		job, ok := asMap(item)
		if !ok {
			continue
		}
		at := c.path("config", "scrape_configs", strconv.Itoa(i))
		client := scrapeClient(job)
		scheme := strings.ToLower(looseString(job, "scheme"))
		if scheme != "https" {
			if ctx.targetsLocal(job) {
				continue
			}
			ctx.add("TG007", Error, Path(at, "scheme"), "scrapes over plaintext", "set scheme: https and tls_config.ca_file")
			for _, key := range []string{"basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file"} {
				if value, ok := looseGet(client, key); ok && value != "" {
					ctx.add("TG009", Error, Path(at, key), "sends credentials over plaintext", "set scheme: https")
				}
			}
			continue
		}
		if looseBool(looseMap(client, "tls_config"), "insecure_skip_verify") {
			ctx.add("TG007", Error, Path(at, "tls_config", "insecure_skip_verify"), "does not verify whom it scrapes", "remove insecure_skip_verify and set tls_config.ca_file")
		}
		ctx.checkRelabelledScheme(at, job)
	}
}

// checkRelabelledScheme catches a rule that writes __scheme__: it would turn
// https back into http after every other check.
func (ctx *verdict) checkRelabelledScheme(at string, job map[string]any) {
	for i, item := range looseList(job, "relabel_configs") {
		rule, ok := asMap(item)
		if !ok || looseString(rule, "target_label") != "__scheme__" {
			continue
		}
		if looseString(rule, "replacement") == "https" {
			continue
		}
		ctx.add("TG007", Error, Path(at, "relabel_configs", strconv.Itoa(i)), "may turn the scheme back to http", "write https only")
	}
}

// targetsLocal is true when every target is static and stays on the host.
func (ctx *verdict) targetsLocal(job map[string]any) bool {
	if !ctx.policy.Allow.LoopbackPlaintext {
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
