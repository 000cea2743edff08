package classification

import (
	"maps"
	"slices"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// Defaults are the default configurations by kind and type.
type Defaults map[rules.Kind]map[string]Default

// Default is the default configuration of one component type.
type Default struct {
	// Config is what applies without a word in the file.
	Config map[string]any `json:"config,omitempty"`
	// Optional are the sections that exist only once they are written.
	Optional []Optional `json:"optional,omitempty"`
}

// Optional is one such section.
type Optional struct {
	// Path below the component, protocols::grpc.
	Path string `json:"path"`
	// Config is what applies inside once the key is written.
	Config map[string]any `json:"config,omitempty"`
	// Null is true when the key alone, with nothing behind it, is enough.
	Null bool `json:"null,omitempty"`
}

// Complete applies the defaults to a merged configuration, which it leaves
// untouched. Component types that are not known stay as they are written.
func (d Defaults) Complete(merged map[string]any) map[string]any {
	config := clone(merged)
	for _, kind := range slices.Sorted(maps.Keys(d)) {
		components, _ := config[string(kind)].(map[string]any)
		for id, body := range components {
			componentType, _, _ := strings.Cut(id, "/")
			known, ok := d[kind][componentType]
			if !ok {
				continue
			}
			written, isMap := body.(map[string]any)
			if body != nil && !isMap {
				continue // an error that the collector reports
			}
			components[id] = known.complete(written)
		}
	}
	return config
}

func (d Default) complete(written map[string]any) map[string]any {
	result := clone(d.Config)
	written = clone(written)
	optional := slices.Clone(d.Optional)
	// Parents before children.
	slices.SortFunc(optional, func(a, b Optional) int { return strings.Compare(a.Path, b.Path) })
	for _, o := range optional {
		o.apply(result, written)
	}
	overlay(result, written)
	return result
}

// apply decides about one optional section: absent, off, or on with defaults.
func (o Optional) apply(result, written map[string]any) {
	segments := strings.Split(o.Path, "::")
	parent, key := written, segments[len(segments)-1]
	for _, segment := range segments[:len(segments)-1] {
		parent, _ = parent[segment].(map[string]any)
	}
	value, present := parent[key]
	if !present {
		return
	}
	section, isMap := value.(map[string]any)
	enabled, hasSwitch := section["enabled"].(bool)
	switch {
	case value == nil && !o.Null, hasSwitch && !enabled:
		remove(result, segments)
		delete(parent, key)
		return
	case value != nil && !isMap:
		return
	}
	delete(section, "enabled")
	if value == nil {
		parent[key] = map[string]any{}
	}
	target := result
	for _, segment := range segments[:len(segments)-1] {
		next, ok := target[segment].(map[string]any)
		if !ok {
			next = make(map[string]any)
			target[segment] = next
		}
		target = next
	}
	if _, there := target[key].(map[string]any); !there {
		target[key] = clone(o.Config)
	}
}

func remove(m map[string]any, segments []string) {
	for _, segment := range segments[:len(segments)-1] {
		m, _ = m[segment].(map[string]any)
	}
	delete(m, segments[len(segments)-1])
}

// overlay writes the values of a file over defaults. A null over a section
// keeps its defaults, as decoding does.
func overlay(base, written map[string]any) {
	for key, value := range written {
		section, isMap := value.(map[string]any)
		under, hasSection := base[key].(map[string]any)
		switch {
		case isMap && hasSection:
			overlay(under, section)
		case value == nil && hasSection:
		default:
			base[key] = value
		}
	}
}

func clone(m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for key, value := range m {
		out[key] = cloneValue(value)
	}
	return out
}

func cloneValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return clone(v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = cloneValue(item)
		}
		return list
	}
	return value
}
