package redact

import "strings"

// Signal is the kind of telemetry that a run works on.
type Signal uint8

// The signals of OTLP that hold what the engine redacts.
const (
	Traces Signal = iota
	Logs
	Metrics
	numSignals
)

func (s Signal) String() string { return [...]string{"traces", "logs", "metrics"}[s] }

// Location is a place in OTLP that holds text, numbers or attributes.
type Location uint8

// Every place that is scanned. The names are those of `locations` and `in`.
const (
	ResourceAttributes Location = iota
	ResourceSchemaURL
	ResourceEntity
	ScopeName
	ScopeVersion
	ScopeAttributes
	ScopeSchemaURL
	SpanName
	SpanAttributes
	SpanTraceState
	SpanStatus
	SpanEventName
	SpanEventAttributes
	SpanLinkAttributes
	SpanLinkTraceState
	LogBody
	LogAttributes
	LogSeverityText
	LogEventName
	MetricName
	MetricDescription
	MetricUnit
	MetricMetadata
	PointAttributes
	ExemplarAttributes
	NumLocations
)

var locationNames = [NumLocations]string{
	ResourceAttributes:  "resource.attributes",
	ResourceSchemaURL:   "resource.schema_url",
	ResourceEntity:      "resource.entity",
	ScopeName:           "scope.name",
	ScopeVersion:        "scope.version",
	ScopeAttributes:     "scope.attributes",
	ScopeSchemaURL:      "scope.schema_url",
	SpanName:            "span.name",
	SpanAttributes:      "span.attributes",
	SpanTraceState:      "span.trace_state",
	SpanStatus:          "span.status",
	SpanEventName:       "span.event.name",
	SpanEventAttributes: "span.event.attributes",
	SpanLinkAttributes:  "span.link.attributes",
	SpanLinkTraceState:  "span.link.trace_state",
	LogBody:             "log.body",
	LogAttributes:       "log.attributes",
	LogSeverityText:     "log.severity_text",
	LogEventName:        "log.event_name",
	MetricName:          "metric.name",
	MetricDescription:   "metric.description",
	MetricUnit:          "metric.unit",
	MetricMetadata:      "metric.metadata",
	PointAttributes:     "metric.datapoint.attributes",
	ExemplarAttributes:  "metric.exemplar.attributes",
}

func (l Location) String() string { return locationNames[l] }

// LocationSet is a set of locations.
type LocationSet uint32

// AllLocations holds every location.
const AllLocations = LocationSet(1<<NumLocations - 1)

// Has reports whether l is in the set.
func (s LocationSet) Has(l Location) bool { return s&(1<<l) != 0 }

// attributeMaps are the locations whose values have keys.
const attributeMaps = LocationSet(1<<ResourceAttributes | 1<<ScopeAttributes | 1<<SpanAttributes |
	1<<SpanEventAttributes | 1<<SpanLinkAttributes | 1<<LogBody | 1<<LogAttributes |
	1<<MetricMetadata | 1<<PointAttributes | 1<<ExemplarAttributes)

// emptied are the locations that a hit empties: part of an identifier that is
// looked up, where a mask would be a wrong identifier rather than none.
const emptied = LocationSet(1<<ResourceSchemaURL | 1<<ScopeSchemaURL | 1<<MetricUnit)

// traceStates are the locations that a hit removes a member of.
const traceStates = LocationSet(1<<SpanTraceState | 1<<SpanLinkTraceState)

// parseLocation resolves a location's name, the name of what holds it (span,
// resource, span.event), or the last part of several (schema_url, trace_state).
func parseLocation(name string) (LocationSet, bool) {
	var set LocationSet
	for l, full := range locationNames {
		if full == name || strings.HasPrefix(full, name+".") || strings.HasSuffix(full, "."+name) && !strings.Contains(name, ".") && name != "name" && name != "attributes" {
			set |= 1 << l
		}
	}
	switch name {
	case "datapoint", "datapoint.attributes":
		set |= 1 << PointAttributes
	case "exemplar", "exemplar.attributes":
		set |= 1 << ExemplarAttributes
	case "span.events":
		set |= 1<<SpanEventName | 1<<SpanEventAttributes
	case "span.links":
		set |= 1<<SpanLinkAttributes | 1<<SpanLinkTraceState
	}
	return set, set != 0
}
