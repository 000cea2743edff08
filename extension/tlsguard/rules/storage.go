package rules

import (
	"fmt"
	"strings"
)

// checkStorage holds TG040: a queue that spills payload to disk in clear.
func checkStorage(ctx *verdict) {
	mode := ctx.policy.Storage
	if mode == ModeAuto {
		mode = ModeWarn
		if ctx.input.Environment.EncryptedStorage {
			mode = ModeEnforce
		}
	}
	if mode == ModeOff {
		return
	}
	for _, kind := range []Kind{Exporter, Connector} {
		for _, c := range ctx.graph.components[kind] {
			for _, q := range queuesOf(c) {
				if q.storage == "" || typeOf(q.storage) == "encrypted_storage" || ctx.onEncryptedMount(q.storage) {
					continue
				}
				ctx.addMode(mode, "TG040", Path(q.path, "storage"), ctx.spill(q.storage), "set storage: encrypted_storage")
			}
		}
	}
}

// spill says what is wrong with a storage that is not encrypted_storage. The most
// likely of those that are not configured is encrypted_storage, mistyped.
func (ctx *verdict) spill(storage string) string {
	if _, ok := mapAt(ctx.input.Config, string(Extension))[storage]; !ok {
		return fmt.Sprintf("names %s, which is no extension of this config", typeOf(storage))
	}
	return fmt.Sprintf("spills payload in clear to %s", typeOf(storage))
}

// queue is one sending queue that is switched on.
type queue struct {
	path string
	// storage is the id of the storage extension; empty keeps it in memory.
	storage string
	section map[string]any
}

func queuesOf(c component) []queue {
	var out []queue
	for _, field := range c.shape.Fields {
		if field.Shape != Queue {
			continue
		}
		for _, p := range expand(c.body, field.Path) {
			section := p.section()
			if !p.present || section == nil {
				continue
			}
			if enabled, ok := section["enabled"].(bool); ok && !enabled {
				continue
			}
			out = append(out, queue{path: c.path(p.path...), storage: stringAt(section, "storage"), section: section})
		}
	}
	return out
}

// onEncryptedMount is true for file_storage in a folder on dm-crypt.
func (ctx *verdict) onEncryptedMount(storage string) bool {
	if typeOf(storage) != "file_storage" || ctx.input.Environment.Files == nil {
		return false
	}
	folder := stringAt(mapAt(ctx.input.Config, string(Extension), storage), "directory")
	return folder != "" && ctx.input.Environment.Files.Encrypted(folder)
}

// checkPayloadSinks holds TG041: exporters that write payload in clear on the
// host itself.
func checkPayloadSinks(ctx *verdict) {
	if ctx.policy.Storage == ModeOff {
		return
	}
	for _, c := range ctx.graph.components[Receiver] {
		ctx.checkOperators(c)
	}
	for _, c := range ctx.graph.components[Exporter] {
		switch c.typ {
		case "file":
			ctx.add("TG041", Warn, c.path(), "writes payload to a file in clear", "write to a store under your key instead")
		case "debug", "logging":
			message := "writes what passes to the collector's log"
			if verbosity := strings.ToLower(stringAt(c.body, "verbosity")); verbosity == "detailed" || verbosity == "normal" {
				message = "writes payload to the collector's log in clear"
			}
			ctx.add("TG041", Warn, c.path(), message, "remove it in production")
		}
	}
}
