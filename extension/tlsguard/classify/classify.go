// Package classify derives what rules need to know about a component type from
// the Go types of its factory's default configuration.
//
// It reads types, so that it follows a component through its versions without
// a hand-kept list. It never starts a component and keeps nothing of a
// configuration's values.
package classify

import (
	"reflect"
	"strings"

	"go.opentelemetry.io/collector/component"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// Kinds maps the sections of a configuration to the collector's kinds.
var kinds = map[rules.Kind]component.Kind{
	rules.Receiver:  component.KindReceiver,
	rules.Processor: component.KindProcessor,
	rules.Exporter:  component.KindExporter,
	rules.Connector: component.KindConnector,
	rules.Extension: component.KindExtension,
}

// Host is the part of a collector host that knows its factories.
type Host interface {
	GetFactory(kind component.Kind, componentType component.Type) component.Factory
}

// HostClassifier classifies with the factories of a running collector.
type HostClassifier struct{ Host Host }

// Classify implements [rules.Classifier].
func (h HostClassifier) Classify(kind rules.Kind, componentType string) (rules.Component, bool) {
	typ, err := component.NewType(componentType)
	if err != nil {
		return rules.Component{}, false
	}
	factory := h.Host.GetFactory(kinds[kind], typ)
	if factory == nil {
		return rules.Component{}, false
	}
	return Config(factory.CreateDefaultConfig()), true
}

// Add records every factory of one kind, for a classification that is written
// at build time.
func Add[F component.Factory](c *rules.Classification, kind rules.Kind, factories map[component.Type]F) {
	for typ, factory := range factories {
		c.Add(kind, typ.String(), Config(factory.CreateDefaultConfig()))
	}
}

// Config lists the places of interest in a component's default configuration.
func Config(config component.Config) rules.Component {
	w := walker{seen: make(map[reflect.Type]bool)}
	if config != nil {
		w.walk(reflect.TypeOf(config), reflect.ValueOf(config), nil, false)
	}
	return rules.Component{Fields: w.fields}
}

const corePrefix = "go.opentelemetry.io/collector/"

// shapes names the types that decide about a connection.
var shapes = map[string]rules.Shape{
	corePrefix + "config/confighttp.ServerConfig":                     rules.HTTPServer,
	corePrefix + "config/confighttp.ClientConfig":                     rules.HTTPClient,
	corePrefix + "config/configgrpc.ServerConfig":                     rules.GRPCServer,
	corePrefix + "config/configgrpc.ClientConfig":                     rules.GRPCClient,
	corePrefix + "config/configtls.ServerConfig":                      rules.TLSServer,
	corePrefix + "config/configtls.ClientConfig":                      rules.TLSClient,
	corePrefix + "config/configtls.Config":                            rules.TLSCommon,
	corePrefix + "config/confignet.AddrConfig":                        rules.NetAddr,
	corePrefix + "config/confignet.TCPAddrConfig":                     rules.NetAddr,
	corePrefix + "exporter/exporterhelper/internal/queuebatch.Config": rules.Queue,
}

// maxDepth stops at configurations that nest without end.
const maxDepth = 12

type walker struct {
	fields []rules.Field
	// seen holds the structs on the way down: a type within itself stops there.
	seen map[reflect.Type]bool
}

func (w *walker) add(path []string, shape rules.Shape, optional bool) {
	w.fields = append(w.fields, rules.Field{Path: strings.Join(path, "::"), Shape: shape, Optional: optional})
}

func (w *walker) walk(t reflect.Type, v reflect.Value, path []string, optional bool) {
	if len(path) > maxDepth {
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		var inner reflect.Value
		if v.IsValid() && !v.IsNil() {
			inner = v.Elem()
		}
		w.walk(t.Elem(), inner, path, len(path) > 0)
		return
	case reflect.Interface:
		if v.IsValid() && !v.IsNil() {
			w.walk(v.Elem().Type(), v.Elem(), path, optional)
		} else if len(path) > 0 {
			w.add(path, rules.Opaque, optional)
		}
		return
	case reflect.Slice, reflect.Array, reflect.Map:
		elem := t.Elem()
		for elem.Kind() == reflect.Pointer {
			elem = elem.Elem()
		}
		switch elem.Kind() {
		case reflect.Struct:
			w.walk(elem, reflect.Value{}, append(append([]string(nil), path...), "*"), true)
		case reflect.String:
			if t.Kind() != reflect.Map && len(path) > 0 && addressName(path[len(path)-1]) {
				w.add(path, rules.Address, optional)
			}
		case reflect.Interface:
			if len(path) > 0 {
				w.add(path, rules.Opaque, optional)
			}
		}
		return
	case reflect.String:
		if len(path) > 0 && addressName(path[len(path)-1]) {
			w.add(path, rules.Address, optional)
		}
		return
	case reflect.Struct:
		w.walkStruct(t, v, path, optional)
	}
}

func (w *walker) walkStruct(t reflect.Type, v reflect.Value, path []string, optional bool) {
	if inner, ok := optionalOf(t); ok {
		w.walk(inner, reflect.Value{}, path, true)
		return
	}
	if shape, ok := shapes[t.PkgPath()+"."+t.Name()]; ok {
		w.add(path, shape, optional)
		return
	}
	if w.seen[t] {
		return
	}
	w.seen[t] = true
	defer delete(w.seen, t)
	for i := range t.NumField() {
		field := t.Field(i)
		name, squash, skip := fieldKey(field)
		if skip {
			continue
		}
		next := path
		if !squash {
			next = append(append([]string(nil), path...), name)
		}
		var value reflect.Value
		if v.IsValid() {
			value = v.Field(i)
		}
		w.walk(field.Type, value, next, false)
	}
}

// fieldKey returns the key that confmap uses for a field. Fields without a tag
// belong to configurations of other programs (yaml tags) that no rule can
// follow by type; they are left to the table.
func fieldKey(field reflect.StructField) (name string, squash, skip bool) {
	tag, ok := field.Tag.Lookup("mapstructure")
	if !ok || !field.IsExported() && !field.Anonymous {
		return "", false, true
	}
	name, options, _ := strings.Cut(tag, ",")
	if name == "-" || strings.Contains(options, "remain") {
		return "", false, true
	}
	if strings.Contains(options, "squash") {
		return "", true, false
	}
	if name == "" {
		name = strings.ToLower(field.Name)
	}
	return name, false, false
}

// optionalOf unwraps configoptional.Optional[T] by its Get method, which
// returns *T: the name of a generic type holds its arguments.
func optionalOf(t reflect.Type) (reflect.Type, bool) {
	if t.PkgPath() != corePrefix+"config/configoptional" || !strings.HasPrefix(t.Name(), "Optional[") {
		return nil, false
	}
	get, ok := reflect.PointerTo(t).MethodByName("Get")
	if !ok || get.Type.NumOut() != 1 || get.Type.Out(0).Kind() != reflect.Pointer {
		return nil, false
	}
	return get.Type.Out(0).Elem(), true
}

func addressName(key string) bool {
	for _, name := range []string{"endpoint", "address", "addr", "addresses", "brokers", "hosts", "url", "uri"} {
		if key == name || strings.HasSuffix(key, "_"+name) {
			return true
		}
	}
	return false
}
