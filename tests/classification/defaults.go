package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"

	"github.com/sealed-otel/otelcol-sealed/internal/classification"
)

const optionalPackage = "go.opentelemetry.io/collector/config/configoptional"

// maxDepth stops at configurations that nest without end.
const maxDepth = 10

// defaultOf reads what a component's configuration is without a word in the
// file, and what its optional sections become once they are written.
func defaultOf(config component.Config) (classification.Default, error) {
	var d classification.Default
	if config == nil {
		return d, nil
	}
	base, err := marshal(config)
	if err != nil {
		return d, err
	}
	d.Config = base
	value := reflect.ValueOf(config)
	if err := optionals(value, nil, &d, 0); err != nil {
		return d, err
	}
	slices.SortFunc(d.Optional, func(a, b classification.Optional) int { return strings.Compare(a.Path, b.Path) })
	return d, nil
}

func marshal(config any) (map[string]any, error) {
	conf := confmap.New()
	if err := conf.Marshal(config); err != nil {
		return nil, err
	}
	return withoutNil(conf.ToStringMap()), nil
}

// withoutNil drops empty values: an absent key means the same and reads better
// in a diff of the generated file.
func withoutNil(m map[string]any) map[string]any {
	for key, value := range m {
		switch v := value.(type) {
		case nil:
			delete(m, key)
		case map[string]any:
			if len(withoutNil(v)) == 0 {
				delete(m, key)
			}
		case string:
			if v == "" {
				delete(m, key)
			}
		default:
			if r := reflect.ValueOf(value); (r.Kind() == reflect.Slice || r.Kind() == reflect.Map) && r.Len() == 0 {
				delete(m, key)
			}
		}
	}
	return m
}

func optionals(v reflect.Value, path []string, d *classification.Default, depth int) error {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || depth > maxDepth {
		return nil
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		tag, tagged := field.Tag.Lookup("mapstructure")
		name, options, _ := strings.Cut(tag, ",")
		if !field.IsExported() || !tagged || name == "-" || strings.Contains(options, "remain") {
			continue
		}
		next := path
		if !strings.Contains(options, "squash") {
			next = append(slices.Clone(path), name)
		}
		inner := v.Field(i)
		if isOptional(field.Type) {
			value, err := section(inner, next, d)
			if err != nil {
				return err
			}
			inner = value
		}
		if inner.IsValid() {
			if err := optionals(inner, next, d, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func isOptional(t reflect.Type) bool {
	return t.PkgPath() == optionalPackage && strings.HasPrefix(t.Name(), "Optional[")
}

// section records an optional section that is not there by default, and
// returns what stands inside of it. Sections of single values have no
// defaults and are left out.
func section(optional reflect.Value, path []string, d *classification.Default) (reflect.Value, error) {
	value, found := optional.Type().FieldByName("value")
	if !found || value.Type.Kind() != reflect.Struct {
		return reflect.Value{}, nil
	}
	// The constants of configoptional: 0 none, 1 default, 2 some.
	flavor := optional.FieldByName("flavor").Int()
	copied := reflect.New(optional.Type())
	copied.Elem().Set(optional)
	inside := copied.MethodByName("GetOrInsertDefault").Call(nil)[0]
	config, err := marshal(inside.Interface())
	if err != nil {
		return reflect.Value{}, fmt.Errorf("%s: %w", strings.Join(path, "::"), err)
	}
	d.Optional = append(d.Optional, classification.Optional{
		Path: strings.Join(path, "::"), Config: config, Null: flavor != 0,
	})
	return inside.Elem(), nil
}
