package rules

import (
	"slices"
	"strings"
)

// component is one configured component that the service starts.
type component struct {
	kind Kind
	// id as written: otlp/edge.
	id    string
	typ   string
	body  map[string]any
	shape Component
	// known is false when the classifier has never heard of the type.
	known bool
}

func (c component) path(segments ...string) string {
	return Path(append([]string{string(c.kind), c.id}, segments...)...)
}

// pipeline is one entry of service::pipelines, lists in the written order.
type pipeline struct {
	id                               string
	receivers, processors, exporters []string
}

func (p pipeline) path(segments ...string) string {
	return Path(append([]string{"service", "pipelines", p.id}, segments...)...)
}

// graph is the part of a configuration that the service starts. Components
// that no pipeline uses never run, so no rule looks at them.
type graph struct {
	pipelines  []pipeline
	components map[Kind][]component
}

func typeOf(id string) string {
	typ, _, _ := strings.Cut(id, "/")
	return strings.TrimSpace(typ)
}

func newGraph(config map[string]any, classifier Classifier) graph {
	g := graph{components: make(map[Kind][]component)}
	pipelines := mapAt(config, "service", "pipelines")
	for _, id := range sortedKeys(pipelines) {
		body, _ := asMap(pipelines[id])
		g.pipelines = append(g.pipelines, pipeline{
			id:         id,
			receivers:  stringsAt(body, "receivers"),
			processors: stringsAt(body, "processors"),
			exporters:  stringsAt(body, "exporters"),
		})
	}
	connectors := mapAt(config, string(Connector))
	used := make(map[Kind]map[string]bool)
	use := func(kind Kind, id string) {
		if _, ok := connectors[id]; ok && (kind == Receiver || kind == Exporter) {
			kind = Connector
		}
		if used[kind] == nil {
			used[kind] = make(map[string]bool)
		}
		used[kind][id] = true
	}
	for _, p := range g.pipelines {
		for _, id := range p.receivers {
			use(Receiver, id)
		}
		for _, id := range p.processors {
			use(Processor, id)
		}
		for _, id := range p.exporters {
			use(Exporter, id)
		}
	}
	for _, id := range stringsAt(mapAt(config, "service"), "extensions") {
		use(Extension, id)
	}
	for _, kind := range []Kind{Receiver, Processor, Exporter, Connector, Extension} {
		for _, id := range sortedKeys(used[kind]) {
			body := mapAt(config, string(kind), id)
			c := component{kind: kind, id: id, typ: typeOf(id), body: body}
			if classifier != nil {
				c.shape, c.known = classifier.Classify(kind, c.typ)
			}
			g.components[kind] = append(g.components[kind], c)
		}
	}
	return g
}

// find returns the running component with an id.
func (g graph) find(kind Kind, id string) (component, bool) {
	i := slices.IndexFunc(g.components[kind], func(c component) bool { return c.id == id })
	if i < 0 {
		return component{}, false
	}
	return g.components[kind][i], true
}

// Guarded reports whether a configuration starts a tls_guard extension.
func Guarded(config map[string]any) bool {
	return slices.ContainsFunc(stringsAt(mapAt(config, "service"), "extensions"), func(id string) bool {
		return typeOf(id) == "tls_guard"
	})
}

// GuardSection returns the settings of the tls_guard that a configuration
// starts, nil when it has none or the section is empty.
func GuardSection(config map[string]any) map[string]any {
	for _, id := range stringsAt(mapAt(config, "service"), "extensions") {
		if typeOf(id) == "tls_guard" {
			return mapAt(config, string(Extension), id)
		}
	}
	return nil
}
