package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// asMap accepts the two forms in which decoded YAML holds a mapping.
func asMap(value any) (map[string]any, bool) {
	switch typed := value.(type) {
	case map[string]any:
		return typed, typed != nil
	case map[any]any:
		out := make(map[string]any, len(typed))
		for key, item := range typed {
			out[fmt.Sprint(key)] = item
		}
		return out, true
	}
	return nil, false
}

func mapAt(value any, keys ...string) map[string]any {
	current, ok := asMap(value)
	for _, key := range keys {
		if !ok {
			return nil
		}
		current, ok = asMap(current[key])
	}
	return current
}

func listAt(m map[string]any, key string) []any {
	switch typed := m[key].(type) {
	case []any:
		return typed
	case []string:
		out := make([]any, len(typed))
		for i, item := range typed {
			out[i] = item
		}
		return out
	case []map[string]any:
		out := make([]any, len(typed))
		for i, item := range typed {
			out[i] = item
		}
		return out
	}
	return nil
}

// stringsAt reads a list of strings, or one string in the place of a list.
func stringsAt(m map[string]any, key string) []string {
	if single, ok := m[key].(string); ok && single != "" {
		return []string{single}
	}
	var out []string
	for _, item := range listAt(m, key) {
		out = append(out, fmt.Sprint(item))
	}
	return out
}

// textsOf reads a value that is one string or a list of them.
func textsOf(value any) []string { return stringsAt(map[string]any{"": value}, "") }

func stringAt(m map[string]any, key string) string {
	switch typed := m[key].(type) {
	case nil:
		return ""
	case string:
		return typed
	case *string:
		if typed == nil {
			return ""
		}
		return *typed
	default:
		return fmt.Sprint(typed)
	}
}

func boolAt(m map[string]any, key string) bool {
	switch typed := m[key].(type) {
	case bool:
		return typed
	case *bool:
		return typed != nil && *typed
	case string:
		return strings.EqualFold(typed, "true")
	}
	return false
}

// isSet is false for a key that is absent or null.
func isSet(m map[string]any, key string) bool {
	value, ok := m[key]
	return ok && value != nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// place is one concrete position that a field's path leads to.
type place struct {
	// path below the component; empty for the component itself.
	path []string
	// parent holds the value; nil when the field is the component itself.
	parent map[string]any
	value  any
	// present is false when the key is absent or null.
	present bool
}

func (p place) section() map[string]any {
	m, _ := asMap(p.value)
	return m
}

// expand resolves a field path, with its * segments, against a component's
// configuration. A section that says enabled: false on the way is left out:
// the component does not open it.
func expand(body map[string]any, path string) []place {
	if path == "" {
		return []place{{value: body, present: true}}
	}
	return expandFrom(body, strings.Split(path, "::"), nil)
}

func expandFrom(current map[string]any, rest, walked []string) []place {
	if enabled, ok := current["enabled"].(bool); ok && !enabled && len(walked) > 0 {
		return nil
	}
	key := rest[0]
	if key != "*" {
		value, ok := current[key]
		return descend(current, value, ok && value != nil, rest, append(slices.Clone(walked), key))
	}
	var places []place
	for _, name := range sortedKeys(current) {
		places = append(places, descend(current, current[name], current[name] != nil, rest, append(slices.Clone(walked), name))...)
	}
	return places
}

func descend(parent map[string]any, value any, present bool, rest, walked []string) []place {
	if len(rest) == 1 {
		return []place{{path: walked, parent: parent, value: value, present: present}}
	}
	if !present {
		return nil
	}
	if items := listAt(map[string]any{"": value}, ""); items != nil && rest[1] == "*" {
		var places []place
		for i, item := range items {
			index := append(slices.Clone(walked), strconv.Itoa(i))
			if len(rest) == 2 {
				places = append(places, place{path: index, parent: parent, value: item, present: item != nil})
				continue
			}
			if next, ok := asMap(item); ok {
				places = append(places, expandFrom(next, rest[2:], index)...)
			}
		}
		return places
	}
	next, ok := asMap(value)
	if !ok {
		return nil
	}
	return expandFrom(next, rest[1:], walked)
}
