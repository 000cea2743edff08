package rules

import "slices"

// checkPipelines holds TG050 to TG053: what happens between the receivers and
// the exporters.
func checkPipelines(ctx *verdict) {
	mode := ctx.policy.Pipelines
	if mode == ModeOff {
		return
	}
	for _, p := range ctx.graph.pipelines {
		ctx.checkRedaction(p, mode)
		ctx.checkMemoryLimit(p, mode)
		ctx.checkLoss(p, mode)
	}
}

func (ctx *verdict) redacts(p pipeline) (enforced, reported bool) {
	for _, id := range p.processors {
		if typeOf(id) != "redact" {
			continue
		}
		if stringAt(mapAt(ctx.input.Config, string(Processor), id, "policy"), "mode") == "report" {
			reported = true
			continue
		}
		return true, false
	}
	return false, reported
}

// feeders are the pipelines that reach p through a connector.
func (ctx *verdict) feeders(p pipeline) []pipeline {
	var out []pipeline
	for _, id := range p.receivers {
		if _, ok := ctx.graph.find(Connector, id); !ok {
			continue
		}
		for _, other := range ctx.graph.pipelines {
			if slices.Contains(other.exporters, id) {
				out = append(out, other)
			}
		}
	}
	return out
}

// arrivesRedacted is true when everything that enters p passed a redaction.
func (ctx *verdict) arrivesRedacted(p pipeline, seen map[string]bool) bool {
	if seen[p.id] {
		return true
	}
	seen[p.id] = true
	for _, id := range p.receivers {
		if _, ok := ctx.graph.find(Connector, id); !ok {
			return false
		}
	}
	feeders := ctx.feeders(p)
	for _, feeder := range feeders {
		if enforced, _ := ctx.redacts(feeder); !enforced && !ctx.arrivesRedacted(feeder, seen) {
			return false
		}
	}
	return len(feeders) > 0
}

// leaves is true when p hands data to an exporter, not only to connectors.
func (ctx *verdict) leaves(p pipeline) bool {
	return slices.ContainsFunc(p.exporters, func(id string) bool {
		_, ok := ctx.graph.find(Exporter, id)
		return ok && typeOf(id) != "nop"
	})
}

func (ctx *verdict) checkRedaction(p pipeline, mode Mode) {
	enforced, reported := ctx.redacts(p)
	switch {
	case enforced:
		for _, feeder := range ctx.feeders(p) {
			if ok, _ := ctx.redacts(feeder); !ok && len(feeder.exporters) > 1 && !ctx.arrivesRedacted(feeder, map[string]bool{}) {
				ctx.addMode(mode, "TG051", p.path("processors"), "redacts after "+feeder.path()+" has fanned out: the other branches leave in clear", "put redact into "+feeder.path())
			}
		}
	case ctx.arrivesRedacted(p, map[string]bool{}):
	case reported:
		ctx.addMode(mode, "TG050", p.path("processors"), "redact runs in report mode and changes nothing", "set policy.mode: enforce")
	case ctx.leaves(p):
		ctx.addMode(mode, "TG050", p.path(), "has no redact processor", "add redact before the first exporter")
	}
}

func (ctx *verdict) checkMemoryLimit(p pipeline, mode Mode) {
	at := slices.IndexFunc(p.processors, func(id string) bool { return typeOf(id) == "memory_limiter" })
	if at > 0 {
		ctx.addMode(mode, "TG052", p.path("processors"), "memory_limiter stands after other processors", "put memory_limiter first")
	}
	if at < 0 && len(ctx.feeders(p)) == 0 && ctx.leaves(p) {
		ctx.addMode(mode, "TG052", p.path("processors"), "has no memory_limiter", "put memory_limiter first")
	}
}

// checkLoss is TG053: a sender was told that its data is safe and a crash
// loses it. A queue that is off answers only after the exporter did.
func (ctx *verdict) checkLoss(p pipeline, mode Mode) {
	for _, id := range p.processors {
		if asynchronous[typeOf(id)] {
			ctx.addMode(mode, "TG053", p.path("processors"), typeOf(id)+" answers before the data is stored: a crash loses what it holds", "batch in the exporter's sending_queue instead")
		}
	}
	for _, id := range p.exporters {
		c, ok := ctx.graph.find(Exporter, id)
		if !ok {
			continue
		}
		for _, q := range queuesOf(c) {
			if q.storage == "" {
				ctx.addMode(mode, "TG053", q.path, "keeps acknowledged data in memory: a crash loses it", "set sending_queue.storage: encrypted_storage")
			}
			if size, set := q.section["queue_size"]; set && !positive(size) && unboundedRetry(c.body) {
				ctx.addMode(mode, "TG053", q.path, "retries for ever and has no bound", "set sending_queue.queue_size")
			}
		}
	}
}

func positive(value any) bool {
	switch typed := value.(type) {
	case int:
		return typed > 0
	case int64:
		return typed > 0
	case uint64:
		return typed > 0
	case float64:
		return typed > 0
	}
	return false
}

func unboundedRetry(body map[string]any) bool {
	retry := mapAt(body, "retry_on_failure")
	if retry == nil || !boolAt(retry, "enabled") {
		return false
	}
	switch stringAt(retry, "max_elapsed_time") {
	case "0", "0s":
		return true
	}
	return false
}
