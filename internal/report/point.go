package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

// Point is one of the five places where an ordinary pipeline leaks.
type Point string

// The points in the order that data meets them.
const (
	TransitIn  Point = "transit_in"
	Content    Point = "content"
	RestDisk   Point = "rest_disk"
	TransitOut Point = "transit_out"
	RestStore  Point = "rest_store"
)

// Points lists all five in order.
func Points() []Point { return []Point{TransitIn, Content, RestDisk, TransitOut, RestStore} }

// Number counts from 1, as the badges of the drawing do.
func (p Point) Number() int { return slices.Index(Points(), p) + 1 }

// Title is the name that people read.
func (p Point) Title() string {
	switch p {
	case TransitIn:
		return "In transit, in"
	case Content:
		return "Content"
	case RestDisk:
		return "At rest on disk"
	case TransitOut:
		return "In transit, out"
	case RestStore:
		return "At rest in the store"
	}
	return string(p)
}

// Question is what the point asks of a pipeline.
func (p Point) Question() string {
	switch p {
	case TransitIn:
		return "Can anyone on the network read or forge what arrives?"
	case Content:
		return "Do secrets and personal data travel inside the telemetry?"
	case RestDisk:
		return "Does a stolen disk give the spill queue away?"
	case TransitOut:
		return "Can anyone on the network read what leaves?"
	case RestStore:
		return "Who can read the stored data without your key?"
	}
	return ""
}

// State of a point at one component.
type State string

const (
	// Closed: the configuration closes the point.
	Closed State = "closed"
	// Attention: closed, and a warning says for how long or how well.
	Attention State = "attention"
	// Accepted: data is in clear here, and the guard's policy or one of its
	// exemptions says that this is wanted.
	Accepted State = "accepted"
	// Open: data is in clear here.
	Open State = "open"
	// Unused: nothing passes this point, a queue in memory for instance.
	Unused State = "unused"
	// Unproven: the configuration cannot show it; another system decides.
	Unproven State = "unproven"
)

// Word is how the state is written beside its symbol.
func (s State) Word() string {
	switch s {
	case Closed:
		return "closed"
	case Attention:
		return "closed, see warning"
	case Accepted:
		return "open, accepted"
	case Open:
		return "OPEN"
	case Unused:
		return "not used"
	case Unproven:
		return "not shown here"
	}
	return string(s)
}

// rank orders states from harmless to bad.
func (s State) rank() int {
	return slices.Index([]State{Unused, Closed, Unproven, Attention, Accepted, Open}, s)
}

func worst(a, b State) State {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

// Spot is one point at one component, with what was found there.
type Spot struct {
	Point    Point
	State    State
	Findings []Finding
	// Why says in a few words what closes the point, or who decides.
	Why string
}

// pointOf places a finding on the drawing. The second result is false for
// findings about the collector as a whole and about reliability.
func pointOf(f Finding) (Point, bool) {
	switch f.ID {
	case "TG040":
		return RestDisk, true
	case "TG041":
		return RestStore, true
	case "TG050", "TG051":
		return Content, true
	case "TG052", "TG053", "TG060", "TG061", "TG090":
		return "", false
	}
	switch {
	case strings.HasPrefix(f.Path, string(rules.Receiver)+yamlSeparator):
		return TransitIn, true
	case strings.HasPrefix(f.Path, string(rules.Exporter)+yamlSeparator):
		return TransitOut, true
	}
	return "", false
}

// opens says whether a finding means that data is in clear, not only that
// something deserves a look. Under the default policy a missing redaction and
// a file in clear are warnings, and they leak all the same.
func opens(f Finding) bool {
	switch f.ID {
	case "TG005", "TG013", "TG090":
		return f.Severity == rules.Error
	case "TG001", "TG020", "TG040", "TG041", "TG050", "TG051":
		return true
	}
	return f.Severity == rules.Error
}

const yamlSeparator = "::"

func itoa(n int) string { return strconv.Itoa(n) }
