package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// Component is one box of the drawing.
type Component struct {
	ID   string
	Kind rules.Kind
	// Connector is true for a receiver or exporter of a pipeline that is a
	// connector: its data stays inside of the collector.
	Connector bool
	Spots     []Spot
}

// Type is the part of the id before the slash.
func (c Component) Type() string {
	componentType, _, _ := strings.Cut(c.ID, "/")
	return componentType
}

// Spot returns the component's spot at a point, if it has one.
func (c Component) Spot(p Point) (Spot, bool) {
	for _, s := range c.Spots {
		if s.Point == p {
			return s, true
		}
	}
	return Spot{}, false
}

// Pipeline is one row of the drawing.
type Pipeline struct {
	ID         string
	Receivers  []Component
	Processors []Component
	Exporters  []Component
	// Content is the state of point 2, which belongs to the whole pipeline.
	Content Spot
}

func (p Pipeline) components() []Component {
	all := slices.Concat(p.Receivers, p.Processors, p.Exporters)
	return append(all, Component{ID: p.ID, Spots: []Spot{p.Content}})
}

func (p Pipeline) contentKey(at Point) string {
	if at == Content {
		return p.ID
	}
	return ""
}

// State is the worst state at a point over the whole pipeline.
func (p Pipeline) State(at Point) State {
	state := Unused
	for _, c := range p.components() {
		if s, ok := c.Spot(at); ok {
			state = worst(state, s.State)
		}
	}
	return state
}

// Findings returns what was found at a point, each finding once.
func (p Pipeline) Findings(at Point) []Finding {
	var found []Finding
	for _, c := range p.components() {
		s, _ := c.Spot(at)
		for _, f := range s.Findings {
			if !slices.Contains(found, f) {
				found = append(found, f)
			}
		}
	}
	return found
}

// Reason is why a point is closed or who decides, and for which components.
type Reason struct {
	// IDs is empty when the reason holds for all components of the point.
	IDs  []string
	Text string
}

// Why collects the reasons at a point, each once.
func (p Pipeline) Why(at Point) []Reason {
	var reasons []Reason
	total := 0
	for _, c := range p.components() {
		s, ok := c.Spot(at)
		if !ok {
			continue
		}
		total++
		if s.Why == "" {
			continue
		}
		i := slices.IndexFunc(reasons, func(r Reason) bool { return r.Text == s.Why })
		if i < 0 {
			reasons = append(reasons, Reason{Text: s.Why})
			i = len(reasons) - 1
		}
		reasons[i].IDs = append(reasons[i].IDs, c.ID)
	}
	if len(reasons) == 1 && len(reasons[0].IDs) == total {
		reasons[0].IDs = nil
	}
	return reasons
}

// Draw fills r.Pipelines from the effective configuration and the findings.
// A configuration of another shape than the collector's gives no pipelines.
func (r *Report) Draw(config map[string]any) {
	d := drawing{
		config:     config,
		connectors: section(config, string(rules.Connector)),
		findings:   append(slices.Clone(r.Findings), r.Accepted...),
	}
	pipelines := section(section(config, "service"), "pipelines")
	for _, id := range slices.Sorted(maps.Keys(pipelines)) {
		r.Pipelines = append(r.Pipelines, d.pipeline(id, section(pipelines, id)))
	}
	slices.SortStableFunc(r.Pipelines, func(a, b Pipeline) int {
		return cmp.Compare(signalOrder(a.ID), signalOrder(b.ID))
	})
}

func signalOrder(id string) int {
	signal, _, _ := strings.Cut(id, "/")
	if at := slices.Index([]string{"traces", "logs", "metrics", "profiles"}, signal); at >= 0 {
		return at
	}
	return len(id) + 4
}

type drawing struct {
	config     map[string]any
	connectors map[string]any
	findings   []Finding
}

func (d drawing) pipeline(id string, body map[string]any) Pipeline {
	p := Pipeline{ID: id}
	for _, ref := range list(body["receivers"]) {
		p.Receivers = append(p.Receivers, d.receiver(ref))
	}
	for _, ref := range list(body["processors"]) {
		p.Processors = append(p.Processors, Component{ID: ref, Kind: rules.Processor})
	}
	for _, ref := range list(body["exporters"]) {
		p.Exporters = append(p.Exporters, d.exporter(ref))
	}
	p.Content = d.content(p)
	return p
}

func (d drawing) receiver(id string) Component {
	c := Component{ID: id, Kind: rules.Receiver}
	if _, ok := d.connectors[id]; ok {
		c.Connector, c.Kind = true, rules.Connector
		c.Spots = []Spot{{Point: TransitIn, State: Unused, Why: "a connector hands the data over in memory"}}
		return c
	}
	arrival := d.spot(TransitIn, rules.Path(string(rules.Receiver), id), "")
	if arrival.State == Closed {
		arrival.State, arrival.Why = arrivalOf(c.Type(), section(section(d.config, string(rules.Receiver)), id))
	}
	c.Spots = []Spot{arrival}
	return c
}

// arrivalOf says how telemetry comes to a receiver in which the strict policy
// found nothing.
func arrivalOf(componentType string, body map[string]any) (State, string) {
	switch componentType {
	case "filelog", "file_log", "journald", "hostmetrics", "host_metrics", "windowseventlog", "windows_event_log":
		return Unused, "reads from this host; nothing comes over the network"
	case "prometheus", "kafka":
		return Closed, "fetched over TLS from a verified server"
	}
	if onUnixSocket(body, 0) {
		return Closed, "a unix socket that keeps other users out, or TLS with a client certificate"
	}
	return Closed, "TLS with a client certificate"
}

// onUnixSocket is true when any section below says so.
func onUnixSocket(m map[string]any, depth int) bool {
	if transport, _ := m["transport"].(string); strings.HasPrefix(transport, "unix") {
		return true
	}
	for _, below := range m {
		if sub, ok := below.(map[string]any); ok && depth < 8 && onUnixSocket(sub, depth+1) {
			return true
		}
	}
	return false
}

func (d drawing) content(p Pipeline) Spot {
	s := d.spot(Content, rules.Path("service", "pipelines", p.ID), "")
	redacts := slices.ContainsFunc(p.Processors, func(c Component) bool { return c.Type() == "redact" })
	switch {
	case s.State != Closed:
	case redacts:
		s.Why = "the redact processor runs in this pipeline"
	case slices.ContainsFunc(p.Exporters, func(c Component) bool { return !c.Connector && c.Type() != "nop" }):
		// Without redact here and without a finding of the strict policy, what
		// enters was redacted before.
		s.Why = "arrives redacted from another pipeline"
	default:
		s.State, s.Why = Unused, "nothing leaves the collector from here"
	}
	return s
}

func (d drawing) exporter(id string) Component {
	c := Component{ID: id, Kind: rules.Exporter}
	if _, ok := d.connectors[id]; ok {
		c.Connector, c.Kind = true, rules.Connector
		return c
	}
	path := rules.Path(string(rules.Exporter), id)
	body := section(section(d.config, string(rules.Exporter)), id)

	disk := d.spot(RestDisk, path, "")
	if disk.State == Closed {
		storage, _ := section(body, "sending_queue")["storage"].(string)
		storageType, _, _ := strings.Cut(storage, "/")
		switch storageType {
		case "":
			disk.State, disk.Why = Unused, "no queue on disk"
		case "encrypted_storage":
			disk.Why = "the queue is sealed by encrypted_storage"
		default:
			disk.State, disk.Why = Unproven, "the queue's storage is neither encrypted_storage nor refused"
		}
	}

	out := d.spot(TransitOut, path, "TLS with a verified server")
	store := d.spot(RestStore, path, "")
	switch c.Type() {
	case "nop", "debug", "file":
		if out.State == Closed {
			out.State, out.Why = Unused, "nothing leaves over the network"
		}
	}
	if store.State == Closed {
		switch c.Type() {
		case "s3_sse_kms":
			store.Why = "every object under your KMS key, or refused"
		case "nop":
			store.State, store.Why = Unused, "nothing is stored"
		default:
			store.State, store.Why = Unproven, "the system behind this exporter decides"
		}
	}
	c.Spots = []Spot{disk, out, store}
	return c
}

// spot collects the findings of one point at or below path.
func (d drawing) spot(p Point, path, why string) Spot {
	s := Spot{Point: p, State: Closed, Why: why}
	for _, f := range d.findings {
		at, placed := pointOf(f)
		if !placed || at != p || (f.Path != path && !strings.HasPrefix(f.Path, path+yamlSeparator)) {
			continue
		}
		s.Findings = append(s.Findings, f)
		switch {
		case opens(f) && f.Accepted:
			s.State = worst(s.State, Accepted)
		case opens(f):
			s.State = worst(s.State, Open)
		default:
			s.State = worst(s.State, Attention)
		}
	}
	if s.State != Closed && s.State != Attention {
		s.Why = ""
	}
	return s
}

func section(m map[string]any, key string) map[string]any {
	sub, _ := m[key].(map[string]any)
	return sub
}

// list reads a list of component ids: []any from YAML, []string or a named
// string type from a marshalled configuration.
func list(v any) []string {
	var ids []string
	switch refs := v.(type) {
	case []string:
		return refs
	case []any:
		for _, ref := range refs {
			ids = append(ids, fmt.Sprint(ref))
		}
	}
	return ids
}
