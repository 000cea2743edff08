package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/sealed-otel/otelcol-sealed/extension/tlsguard/rules"
)

//go:embed report.html.tmpl
var pageSource string

//go:embed report.css
var pageStyle string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"badge": func(s State) template.HTML { return template.HTML(badgeSVG(s)) }, //nolint:gosec // built from constants
	"clean": clean,
	// A long path breaks between its segments, not within a name.
	"path": func(s string) template.HTML {
		return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(clean(s)), "::", "::<wbr>")) //nolint:gosec // escaped first
	},
	"count": count,
}).Parse(pageSource))

type pageData struct {
	*Report
	Style     template.CSS
	Errors    int
	Warnings  int
	Open      int
	Verdict   State
	Headline  string
	Subline   string
	Date      string
	Source    string
	Drawings  []pageDrawing
	Around    []Finding
	Help      []rules.Rule
	States    []State
	PointList []Point
	Matrix    bool
}

type pageDrawing struct {
	Pipeline
	Anchor       string
	Wide, Narrow template.HTML
	Points       []pagePoint
	Open         int
}

type pagePoint struct {
	Point
	State    State
	Why      []Reason
	Findings []Finding
}

// WriteHTML writes one file without script, fonts or images from elsewhere. A
// content security policy in its head keeps it so.
func (r *Report) WriteHTML(w io.Writer) error {
	data := pageData{
		Report:    r,
		Style:     template.CSS(pageStyle), //nolint:gosec // embedded at build time
		Open:      r.Leaks(),
		Source:    "merged from the files, with the defaults of the otelcol-sealed distribution",
		States:    []State{Closed, Attention, Open, Accepted, Unproven, Unused},
		PointList: Points(),
		Matrix:    len(r.Pipelines) > 1,
	}
	data.Errors, data.Warnings = r.Count()
	if r.Origin == Collector {
		data.Source = "printed by the collector binary"
	}
	if !r.Made.IsZero() {
		data.Date = r.Made.UTC().Format("2 January 2006, 15:04 UTC")
	}
	data.headline()
	for i, p := range r.Pipelines {
		data.Drawings = append(data.Drawings, drawingOf(p, fmt.Sprintf("p%d", i+1)))
	}
	data.Around = r.around()
	data.Help = r.help()
	var out bytes.Buffer
	if err := page.Execute(&out, data); err != nil {
		return fmt.Errorf("the HTML report cannot be made: %w", err)
	}
	_, err := w.Write(out.Bytes())
	return err
}

func (d *pageData) headline() {
	switch {
	case d.Open > 0:
		d.Verdict = Open
		d.Headline = count(d.Open, "place is open", "places are open")
		d.Subline = "Data is in clear where the drawing is red. Each finding names the setting to change."
	case d.Errors > 0:
		d.Verdict = Open
		d.Headline = count(d.Errors, "error to fix", "errors to fix")
		d.Subline = "No leakage point of a pipeline is open, but the collector would refuse this configuration."
	case len(d.Pipelines) == 0:
		d.Verdict = Unproven
		d.Headline = "No pipeline to judge"
		d.Subline = "The configuration has no pipeline, so nothing can leak and nothing is shown to be sealed."
	case len(d.Accepted) > 0:
		d.Verdict = Accepted
		d.Headline = "Nothing open that the policy does not accept"
		d.Subline = count(len(d.Accepted), "finding is", "findings are") + " accepted by the policy or an exemption."
	case d.Warnings > 0:
		d.Verdict = Attention
		d.Headline = "No leakage point is open"
		d.Subline = count(d.Warnings, "warning deserves", "warnings deserve") + " a look."
	case d.unproven():
		d.Verdict = Closed
		d.Headline = "No leakage point is open"
		d.Subline = "Points with a question mark are decided by the system behind the exporter; this configuration cannot show them."
	default:
		d.Verdict = Closed
		d.Headline = "Every leakage point is closed"
		d.Subline = "Nothing that the policy names leaves in clear."
	}
}

func (d *pageData) unproven() bool {
	return slices.ContainsFunc(d.Pipelines, func(p Pipeline) bool {
		return slices.ContainsFunc(Points(), func(at Point) bool { return p.State(at) == Unproven })
	})
}

func drawingOf(p Pipeline, anchor string) pageDrawing {
	d := pageDrawing{
		Pipeline: p,
		Anchor:   anchor,
		Wide:     template.HTML(wide(p, anchor+"w")),   //nolint:gosec // every text is escaped by the canvas
		Narrow:   template.HTML(narrow(p, anchor+"n")), //nolint:gosec // every text is escaped by the canvas
	}
	for _, point := range Points() {
		at := pagePoint{Point: point, State: p.State(point), Why: p.Why(point), Findings: p.Findings(point)}
		if at.State == Open {
			d.Open++
		}
		d.Points = append(d.Points, at)
	}
	return d
}

// around returns the findings that stand at no point of any pipeline: own
// telemetry, other extensions, build, delivery.
func (r *Report) around() []Finding {
	drawn := make(map[Finding]struct{})
	for _, p := range r.Pipelines {
		for _, point := range Points() {
			for _, f := range p.Findings(point) {
				drawn[f] = struct{}{}
			}
		}
	}
	var rest []Finding
	for _, f := range slices.Concat(r.Findings, r.Accepted) {
		if _, ok := drawn[f]; !ok {
			rest = append(rest, f)
		}
	}
	return rest
}

func (r *Report) help() []rules.Rule {
	var found []rules.Rule
	for _, f := range slices.Concat(r.Findings, r.Accepted) {
		rule, known := lookupRule(f.ID)
		if known && !slices.ContainsFunc(found, func(other rules.Rule) bool { return other.ID == rule.ID }) {
			found = append(found, rule)
		}
	}
	slices.SortFunc(found, func(a, b rules.Rule) int { return strings.Compare(a.ID, b.ID) })
	return found
}
