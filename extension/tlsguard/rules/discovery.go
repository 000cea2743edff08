package rules

import (
	"strconv"
	"strings"
)

// plainDiscoveries are mechanisms that know no TLS at all, by plainKey.
var plainDiscoveries = map[string]bool{"serversetsdconfigs": true, "nervesdconfigs": true}

// writableDiscoveries are mechanisms whose answer holds whole label sets, so
// that it can carry the label __scheme__.
var writableDiscoveries = map[string]bool{"filesdconfigs": true, "httpsdconfigs": true}

// discoveries calls visit for every entry of every service discovery of a job.
func (j scrapeJob) discoveries(visit func(path, mechanism string, entry map[string]any)) {
	for _, key := range sortedKeys(j.body) {
		mechanism := plainKey(key)
		if !strings.HasSuffix(mechanism, "sdconfigs") {
			continue
		}
		for i, item := range listAt(j.body, key) {
			if entry, ok := asMap(item); ok {
				visit(Path(j.path, key, strconv.Itoa(i)), mechanism, entry)
			}
		}
	}
}

// checkDiscovery is TG007 for the sources that tell a job whom to scrape: who
// changes the answer on the way becomes a target, or learns the credentials.
func (ctx *verdict) checkDiscovery(job scrapeJob) {
	job.discoveries(func(path, mechanism string, entry map[string]any) {
		plain := func(key string) {
			ctx.add("TG007", Error, Path(path, key), "asks over plaintext whom to scrape", "use an https address and tls_config.ca_file")
		}
		ctx.checkProxy(ModeEnforce, "TG007", Path(path, "proxy_url"), looseString(scrapeClient(entry), "proxy_url"))
		if plainDiscoveries[mechanism] {
			plain("servers")
			return
		}
		if scheme, ok := looseGet(entry, "scheme"); ok && !strings.EqualFold(stringAt(map[string]any{"": scheme}, ""), "https") {
			// Consul's scheme is http by default.
			if to := parseAddress(looseString(entry, "server"), ""); !to.local(ctx.input.Environment, ctx.policy.Allow) {
				plain("scheme")
			}
		}
		for _, key := range sortedKeys(entry) {
			switch plainKey(key) {
			case "url", "server", "apiserver", "endpoint", "host", "servers", "identityendpoint":
			default:
				continue
			}
			for _, text := range textsOf(entry[key]) {
				if to := parseAddress(text, ""); to.plainScheme() && !to.local(ctx.input.Environment, ctx.policy.Allow) {
					plain(key)
				}
			}
		}
	})
}

// schemeLabel is the label that decides the scheme of a scrape in the end: the
// job's scheme only fills it where the target's labels do not set it.
const schemeLabel = "__scheme__"

// checkScheme looks for what turns a job's https back into http after every
// other check: a target's label, or a relabelling rule. A rule that sets the
// label to https for every target undoes all before it.
func (ctx *verdict) checkScheme(job scrapeJob) {
	var open []Finding
	for i, item := range looseList(job.body, "static_configs") {
		group, _ := asMap(item)
		labels, _ := looseGet(group, "labels")
		if scheme, ok := mapAt(labels)[schemeLabel]; ok && scheme != "https" {
			open = append(open, Finding{
				"TG007", Error, Path(job.path, "static_configs", strconv.Itoa(i), "labels", schemeLabel),
				"sets the scheme of its targets", "remove the label, or write https",
			})
		}
	}
	job.discoveries(func(path, mechanism string, _ map[string]any) {
		if writableDiscoveries[mechanism] {
			open = append(open, Finding{
				"TG007", Warn, path, "may bring targets whose label __scheme__ says http",
				"end relabel_configs with {target_label: __scheme__, replacement: https}",
			})
		}
	})
	for i, item := range looseList(job.body, "relabel_configs") {
		rule, ok := asMap(item)
		if !ok {
			continue
		}
		relabelling := readRelabelling(rule)
		if strings.EqualFold(looseString(rule, "action"), "labelmap") && hidesScheme(job) {
			relabelling.target = schemeLabel
		}
		switch {
		case relabelling.always && relabelling.target == schemeLabel && relabelling.replacement == "https":
			open = nil
		case relabelling.mayWrite(schemeLabel) && relabelling.replacement != "https":
			open = append(open, Finding{
				"TG007", Error, Path(job.path, "relabel_configs", strconv.Itoa(i)),
				"may turn the scheme back to http", "write https only",
			})
		}
	}
	ctx.findings = append(ctx.findings, open...)
}

// hidesScheme is true when a label of the job holds the name __scheme__ behind or
// before something else: a labelmap may cut it out.
func hidesScheme(job scrapeJob) bool {
	hides := func(name string) bool { return name != schemeLabel && strings.Contains(name, schemeLabel) }
	for _, item := range looseList(job.body, "static_configs") {
		group, _ := asMap(item)
		labels, _ := looseGet(group, "labels")
		for name := range mapAt(labels) {
			if hides(name) {
				return true
			}
		}
	}
	for _, item := range looseList(job.body, "relabel_configs") {
		rule, _ := asMap(item)
		if target := looseString(rule, "target_label"); hides(target) || strings.Contains(target, "$") {
			return true
		}
	}
	return false
}

// relabelling is what a rule of relabel_configs may write.
type relabelling struct {
	// target is the name or the template of the label; empty for a rule that
	// writes none.
	target string
	// replacement is the value; empty when it depends on the labels.
	replacement string
	// always is true when the rule applies to every target.
	always bool
}

func readRelabelling(rule map[string]any) relabelling {
	switch action := strings.ToLower(looseString(rule, "action")); action {
	case "", "replace":
		regex := looseString(rule, "regex")
		r := relabelling{
			target:      looseString(rule, "target_label"),
			replacement: looseString(rule, "replacement"),
			always:      len(looseList(rule, "source_labels")) == 0 && (regex == "" || regex == "(.*)"),
		}
		if strings.Contains(r.replacement, "$") {
			r.replacement = ""
		}
		return r
	case "lowercase", "uppercase", "hashmod":
		return relabelling{target: looseString(rule, "target_label")}
	case "labelmap":
		// The default, $1, names labels after what the discovery calls them; none
		// of those begins with two underscores. For others see hidesScheme.
		if target := looseString(rule, "replacement"); target != "" && !strings.HasPrefix(target, "$") {
			return relabelling{target: target}
		}
	}
	return relabelling{}
}

// mayWrite is true when the template can expand to the label.
func (r relabelling) mayWrite(label string) bool {
	fixed, _, template := strings.Cut(r.target, "$")
	if template {
		return strings.HasPrefix(label, fixed)
	}
	return r.target == label
}

// movesTargets is true when a rule may write the address of a target: what is
// static and local before it need not be so after it.
func movesTargets(job map[string]any) bool {
	for _, item := range looseList(job, "relabel_configs") {
		if rule, ok := asMap(item); !ok || readRelabelling(rule).mayWrite("__address__") {
			return true
		}
	}
	return false
}
