package rules

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/go-viper/mapstructure/v2"
)

// DecodePolicy reads the settings of a tls_guard section on top of the
// defaults; nil gives the defaults. An unknown key is an error. It does not
// validate: see [Policy.Problems].
//
// Two habits of YAML are forgiven: an unquoted off may arrive as false, and an
// unquoted date arrives as a time.
func DecodePolicy(section map[string]any) (Policy, error) {
	policy := DefaultPolicy()
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result:      &policy,
		ErrorUnused: true,
		DecodeHook:  mapstructure.ComposeDecodeHookFunc(wordHook, dateHook, mapstructure.StringToTimeDurationHookFunc()),
	})
	if err != nil {
		return Policy{}, fmt.Errorf("tls_guard: %w", err)
	}
	if err := textKeys(section, 0); err != nil {
		return Policy{}, fmt.Errorf("tls_guard: %w", err)
	}
	if err := decoder.Decode(joinOverridePaths(section)); err != nil {
		return Policy{}, fmt.Errorf("tls_guard: %w", err)
	}
	return policy, nil
}

// maxPolicyDepth is far below any policy: an alias may nest without end.
const maxPolicyDepth = 32

// textKeys refuses keys that are no text, at which mapstructure panics.
func textKeys(value any, depth int) error {
	if depth > maxPolicyDepth {
		return errors.New("nested too deeply")
	}
	switch typed := value.(type) {
	case map[any]any:
		for key, below := range typed {
			if _, ok := key.(string); !ok {
				return fmt.Errorf("%v: a key must be text", key)
			}
			if err := textKeys(below, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, below := range typed {
			if err := textKeys(below, depth+1); err != nil {
				return err
			}
		}
	case []any:
		for _, below := range typed {
			if err := textKeys(below, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// overrideKeys are the settings of a [ReceiverOverride].
var overrideKeys = []string{"client_auth", "min_version", "post_quantum"}

// joinOverridePaths undoes what confmap does to the keys of
// receivers::override: it splits every key of a configuration at "::", so that
// the path receivers::otlp/edge arrives as two nested maps.
func joinOverridePaths(section map[string]any) map[string]any {
	nested := mapAt(section, "receivers", "override")
	if nested == nil {
		return section
	}
	flat := make(map[string]any)
	var join func(prefix []string, m map[string]any)
	join = func(prefix []string, m map[string]any) {
		for _, key := range sortedKeys(m) {
			path := append(slices.Clone(prefix), key)
			below, ok := asMap(m[key])
			leaf := !ok || len(below) == 0
			for _, name := range overrideKeys {
				_, found := below[name]
				leaf = leaf || found
			}
			if leaf {
				flat[Path(path...)] = m[key]
				continue
			}
			join(path, below)
		}
	}
	join(nil, nested)
	receivers := maps.Clone(mapAt(section, "receivers"))
	receivers["override"] = flat
	out := maps.Clone(section)
	out["receivers"] = receivers
	return out
}

// wordHook turns the booleans that YAML 1.1 readers make of off and on back
// into words.
func wordHook(from, to reflect.Type, data any) (any, error) {
	if from.Kind() != reflect.Bool {
		return data, nil
	}
	switch to {
	case reflect.TypeFor[Mode](), reflect.TypeFor[PostQuantum](), reflect.TypeFor[FIPS]():
		if data == false {
			return "off", nil
		}
		return "on", nil
	}
	return data, nil
}

// dateHook accepts an unquoted date where text is expected, and an unquoted
// version number: min_version: 1.2 arrives as a float.
func dateHook(_, to reflect.Type, data any) (any, error) {
	if to.Kind() != reflect.String {
		return data, nil
	}
	switch typed := data.(type) {
	case time.Time:
		return typed.UTC().Format(time.DateOnly), nil
	case float64:
		return fmt.Sprintf("%.1f", typed), nil
	}
	return data, nil
}
